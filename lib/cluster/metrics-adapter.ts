import { Construct } from 'constructs';
import { ServiceIdentity } from '../common/identity';
import { imageFor } from '../common/image-registry';
import { requireServiceAccountName } from '../common/names';
import { requirePropsOf } from '../common/props';
import { refusing } from '../common/refusal';
import {
  guaranteed, oneMayLeave, PodProps, preferApart, preferSpread, restrictedContainer, restrictedPod, scratch, servicePort, tcp, withPodProps,
} from '../pods';
import { k8s } from '../pods/k8s';

const NAME = 'custom-metrics-stackdriver-adapter';
const NAMESPACE = 'custom-metrics';
/** GoogleCloudPlatform/k8s-stackdriver custom-metrics-stackdriver-adapter/deploy/production@673c7dd872 */
const IMAGE = 'gcr.io/gke-release/custom-metrics-stackdriver-adapter:v0.16.9-gke.0';
const PORT = 4443;
const TMP = scratch('tmp', '/tmp', '64Mi');
const LABELS = { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/part-of': 'cdk8s-vllm' };

/** Props of `MetricsAdapter`. */
export interface MetricsAdapterProps extends PodProps {
  /**
   * Image of the adapter, such as a copy in a registry of your own.
   * @default - Google's own
   */
  readonly image?: string;
}

/**
 * The Custom Metrics Stackdriver Adapter, which lets autoscalers read Cloud Monitoring. One a cluster, and none beside KEDA: only one of
 * them can serve the external metrics.
 *
 * @throws on everything of its pods that it decides itself
 * @see https://cloud.google.com/stackdriver/docs/managed-prometheus/hpa
 */
export class MetricsAdapter extends Construct {
  /** Identity of the adapter's pods, which the cloud layer has to grant its role. */
  readonly identity: ServiceIdentity;

  constructor(scope: Construct, id: string, props: MetricsAdapterProps = {}) {
    super(scope, id);
    requirePropsOf(this, 'MetricsAdapterProps', props);
    this.identity = refusing(this, () => identityOf(props));
    const metadata = { name: NAME, namespace: NAMESPACE, labels: LABELS };
    new k8s.KubeNamespace(this, 'Namespace', {
      metadata: {
        // Those of the adapter as well, so that a selector leaves it out as a whole: Google's adapter has a namespace of this name.
        name: NAMESPACE, labels: { ...LABELS, 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' },
      },
    });
    if (!this.identity.existing) {
      new k8s.KubeServiceAccount(this, 'Identity', { metadata });
    }
    new k8s.KubeService(this, 'Service', {
      metadata,
      spec: {
        type: 'ClusterIP', selector: LABELS,
        ports: [servicePort('https', 443)],
      },
    });
    new k8s.KubePodDisruptionBudget(this, 'Budget', { metadata, spec: oneMayLeave(LABELS) });
    new k8s.KubeNetworkPolicy(this, 'NetworkPolicy', {
      metadata,
      spec: {
        podSelector: { matchLabels: LABELS },
        policyTypes: ['Ingress', 'Egress'],
        // The API server calls from an address that is not known in advance, the adapter calls the API server and Google's APIs.
        ingress: [{ ports: [tcp(PORT)] }],
        egress: [{}],
      },
    });
    new k8s.KubeDeployment(this, 'Resource', {
      metadata,
      spec: {
        // Without it no autoscaler sees anything: one stays while the other's node is upgraded.
        replicas: 2,
        revisionHistoryLimit: 3,
        selector: { matchLabels: LABELS },
        template: refusing(this, () => withPodProps({
          metadata: { labels: LABELS }, spec: this.podSpec(props.image ?? imageFor(this, IMAGE)),
        }, props)),
      },
    });
    this.allowReading();
    this.register();
  }

  private allowReading(): void {
    const subjects = [{ kind: 'ServiceAccount', name: this.identity.serviceAccountName, namespace: NAMESPACE }];
    const role = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name });
    new k8s.KubeClusterRoleBinding(this, 'AuthDelegator', {
      metadata: { name: 'custom-metrics:system:auth-delegator', labels: LABELS }, roleRef: role('system:auth-delegator'), subjects,
    });
    new k8s.KubeRoleBinding(this, 'AuthReader', {
      metadata: { name: 'custom-metrics-auth-reader', namespace: 'kube-system', labels: LABELS },
      roleRef: { ...role('extension-apiserver-authentication-reader'), kind: 'Role' }, subjects,
    });
    const reader = 'custom-metrics-resource-reader';
    new k8s.KubeClusterRole(this, 'ResourceReader', {
      metadata: { name: reader, labels: LABELS },
      rules: [{ apiGroups: [''], resources: ['pods', 'nodes', 'nodes/stats'], verbs: ['get', 'list', 'watch'] }],
    });
    new k8s.KubeClusterRoleBinding(this, 'ResourceReaderBinding', { metadata: { name: reader, labels: LABELS }, roleRef: role(reader), subjects });
    const external = 'external-metrics-reader';
    new k8s.KubeClusterRole(this, 'ExternalReader', {
      metadata: { name: external, labels: LABELS },
      rules: [{ apiGroups: ['external.metrics.k8s.io'], resources: ['*'], verbs: ['list', 'get', 'watch'] }],
    });
    new k8s.KubeClusterRoleBinding(this, 'ExternalReaderBinding', {
      metadata: { name: external, labels: LABELS }, roleRef: role(external),
      subjects: [{ kind: 'ServiceAccount', name: 'horizontal-pod-autoscaler', namespace: 'kube-system' }],
    });
  }

  private register(): void {
    const versions: [string, string, number][] = [
      ['custom.metrics.k8s.io', 'v1beta1', 100], ['custom.metrics.k8s.io', 'v1beta2', 200], ['external.metrics.k8s.io', 'v1beta1', 100],
    ];
    for (const [group, version, versionPriority] of versions) {
      new k8s.KubeApiService(this, `${version}.${group}`, {
        metadata: { name: `${version}.${group}`, labels: LABELS },
        spec: {
          group, version, groupPriorityMinimum: 100, versionPriority, insecureSkipTlsVerify: true,
          service: { name: NAME, namespace: NAMESPACE },
        },
      });
    }
  }

  private podSpec(image: string): k8s.PodSpec {
    // It is an API server, which answers both to anyone: k8s.io/apiserver pkg/server/options/authorization.go
    const probe = (path: string) => ({ httpGet: { path, port: k8s.IntOrString.fromString('https'), scheme: 'HTTPS' }, timeoutSeconds: 5 });
    return {
      ...restrictedPod(),
      serviceAccountName: this.identity.serviceAccountName,
      // It asks the API server.
      automountServiceAccountToken: true,
      affinity: { podAntiAffinity: preferApart(LABELS) },
      topologySpreadConstraints: [preferSpread(LABELS, 'topology.kubernetes.io/zone')],
      containers: [{
        name: 'adapter',
        image,
        imagePullPolicy: 'Always',
        command: ['/adapter'],
        args: ['--use-new-resource-model=true', '--fallback-for-container-metrics=true', `--secure-port=${PORT}`, '--cert-dir=/tmp'],
        ports: [{ name: 'https', containerPort: PORT, protocol: 'TCP' }],
        resources: guaranteed({ cpu: '250m', memory: '400Mi', ephemeralStorage: '256Mi' }),
        readinessProbe: { ...probe('/readyz'), periodSeconds: 10, failureThreshold: 3 },
        livenessProbe: { ...probe('/livez'), periodSeconds: 20, failureThreshold: 6, initialDelaySeconds: 30 },
        securityContext: restrictedContainer(),
        volumeMounts: [TMP.mount],
      }],
      volumes: [TMP.volume],
    };
  }
}

function identityOf({ serviceAccountName: existing }: MetricsAdapterProps): ServiceIdentity {
  return new ServiceIdentity({
    namespace: NAMESPACE,
    serviceAccountName: existing === undefined ? NAME : requireServiceAccountName('serviceAccountName', existing),
    grants: [{ role: 'roles/monitoring.viewer' }],
    existing: existing !== undefined,
  });
}
