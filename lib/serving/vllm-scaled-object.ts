import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { ServiceIdentity } from '../common/identity';
import { Refusal, refusing } from '../common/refusal';
import { requirePropsOf } from '../common/props';
import { requireNamespace } from '../pods/namespace';
import { Aim, scalingOf } from './scaling';
import { Scope } from './signals';
import { VllmScaledObjectProps } from './vllm-scaled-object-props';

const API_VERSION = 'keda.sh/v1alpha1';
/** As KEDA's chart makes it. https://github.com/kedacore/charts/blob/main/keda/values.yaml */
const OPERATOR = { namespace: 'keda', serviceAccountName: 'keda-operator' };

/**
 * Scales a server by KEDA, which reads Prometheus itself: the same bounds, targets and pace as those of `VllmHpa`, without a metrics
 * adapter. KEDA and the adapter cannot be in one cluster, as both serve the external metrics.
 *
 * @throws on all that `VllmHpa` refuses, on no Prometheus or two, and on metrics that are none of vLLM's
 * @see https://keda.sh/docs/2.18/scalers/prometheus/
 */
export class VllmScaledObject extends Construct {
  /** Number of servers that it can ask for. */
  readonly maxReplicas: number;
  /** KEDA's account, which the cloud layer has to grant its role; undefined with a Prometheus of your own. */
  readonly identity?: ServiceIdentity;

  constructor(scope: Construct, id: string, private readonly props: VllmScaledObjectProps) {
    super(scope, id);
    requirePropsOf(this, 'VllmScaledObjectProps', props);
    const { server, projectId } = props;
    const { minReplicas, maxReplicas, triggers, behavior } = refusing(this, () => {
      requireNamespace(this, server.identity.namespace);
      const scaling = scalingOf(props);
      const serverAddress = this.serverAddress();
      return { ...scaling, triggers: scaling.aims.map(aim => this.trigger(aim, serverAddress)) };
    });
    this.maxReplicas = maxReplicas;
    server.markHasAutoscaler();
    const { apiVersion, kind, name } = server.toScalingTarget();
    const metadata = { name, labels: { ...server.labels } };
    new ApiObject(this, 'Resource', {
      apiVersion: API_VERSION, kind: 'ScaledObject', metadata,
      spec: {
        scaleTargetRef: { apiVersion, kind, name },
        minReplicaCount: minReplicas, maxReplicaCount: maxReplicas,
        advanced: { horizontalPodAutoscalerConfig: { behavior } },
        triggers,
      },
    });
    if (projectId !== undefined) {
      this.identity = new ServiceIdentity({ ...OPERATOR, grants: [{ role: 'roles/monitoring.viewer' }], existing: true });
      new ApiObject(this, 'Authentication', {
        apiVersion: API_VERSION, kind: 'TriggerAuthentication', metadata, spec: { podIdentity: { provider: 'gcp' } },
      });
    }
  }

  private serverAddress(): string {
    const { projectId, serverAddress } = this.props;
    if ((projectId === undefined) === (serverAddress === undefined)) {
      throw new Refusal('it has to be said which Prometheus is asked; set either projectId, for Managed Service for Prometheus, or serverAddress');
    }
    if (projectId !== undefined) {
      // https://cloud.google.com/resource-manager/docs/creating-managing-projects
      if (!/^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(projectId)) {
        throw new Refusal(`'projectId' (${projectId}) is no id of a project: 6 to 30 lower case letters, digits and '-', starting with a letter`);
      }
      return `https://monitoring.googleapis.com/v1/projects/${projectId}/location/global/prometheus`;
    }
    // KEDA adds /api/v1/query. What is no address is not repeated: it may have a password in it.
    if (!/^https?:\/\/[^\s/@?#]+(?:\/[^\s@?#]*[^\s@?#/])?$/.test(serverAddress!)) {
      throw new Refusal('\'serverAddress\' is no address of a Prometheus: http:// or https://, a host, and a path if it has one, without a user,'
        + ' a query or a / at the end; for example http://prometheus.monitoring:9090');
    }
    return serverAddress!;
  }

  private trigger({ metric, target }: Aim, serverAddress: string): object {
    const { server, projectId, clusterName } = this.props;
    if (metric.vllmName === undefined) {
      throw new Refusal(`'metric' ${metric.adapterName} is read by the metrics adapter, and KEDA asks Prometheus for what the server itself reports;`
        + ' take one of vLLM\'s, for example VllmMetric.REQUESTS_WAITING, or VllmHpa');
    }
    const matchers = [`namespace="${server.namespace}"`, ...(clusterName === undefined ? [] : [`cluster="${requireLabel(clusterName)}"`])];
    return {
      type: 'prometheus',
      metricType: 'AverageValue',
      metadata: {
        serverAddress,
        // The sum, which the autoscaler divides by the number of servers.
        query: `sum(${Scope.of(server.name).series(metric.vllmName, ...matchers)})`,
        threshold: `${target}`,
        // Without it a Prometheus that has lost the server counts as an empty queue, and servers would be taken away.
        ignoreNullValues: 'false',
      },
      ...(projectId === undefined ? {} : { authenticationRef: { name: server.name } }),
    };
  }
}

/** @see https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters#Cluster */
function requireLabel(clusterName: string): string {
  if (!/^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(clusterName)) {
    throw new Refusal(`'clusterName' (${clusterName}) is no name of a cluster: up to 40 lower case letters, digits and '-', starting with a letter`);
  }
  return clusterName;
}
