import { Construct } from 'constructs';
import { ServiceIdentity } from '../common/identity';
import { imageFor } from '../common/image-registry';
import { guaranteed, oneMayLeave, preferApart, preferSpread, restrictedContainer, restrictedPod, scratch, servicePort, tcp } from '../pods';
import { k8s } from '../pods/k8s';

const NAME = 'custom-metrics-stackdriver-adapter';
const NAMESPACE = 'custom-metrics';
/** GoogleCloudPlatform/k8s-stackdriver custom-metrics-stackdriver-adapter/deploy/production@673c7dd872 */
const IMAGE = 'gcr.io/gke-release/custom-metrics-stackdriver-adapter:v0.16.9-gke.0';
const PORT = 4443;
const TMP = scratch('tmp', '/tmp', '64Mi');
const LABELS = { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/part-of': 'cdk8s-vllm' };

/**
 * The Custom Metrics Stackdriver Adapter, which lets autoscalers read Cloud Monitoring. One a cluster.
 *
 * @see https://cloud.google.com/stackdriver/docs/managed-prometheus/hpa
 */
export class MetricsAdapter extends Construct {
  /** Identity of the adapter's pods, which the cloud layer has to grant its role. */
  readonly identity = new ServiceIdentity({ namespace: NAMESPACE, serviceAccountName: NAME, grants: [{ role: 'roles/monitoring.viewer' }] });

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const metadata = { name: NAME, namespace: NAMESPACE, labels: LABELS };
    new k8s.KubeNamespace(this, 'Namespace', {
      metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' } },
    });
    new k8s.KubeServiceAccount(this, 'Identity', { metadata });
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
        template: { metadata: { labels: LABELS }, spec: podSpec(imageFor(this, IMAGE)) },
      },
    });
    this.allowReading();
    this.register();
  }

  private allowReading(): void {
    const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }];
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
}

function podSpec(image: string): k8s.PodSpec {
  // It is an API server, which answers both to anyone: k8s.io/apiserver pkg/server/options/authorization.go
  const probe = (path: string) => ({ httpGet: { path, port: k8s.IntOrString.fromString('https'), scheme: 'HTTPS' }, timeoutSeconds: 5 });
  return {
    ...restrictedPod(),
    serviceAccountName: NAME,
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
