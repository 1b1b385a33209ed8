import { Construct } from 'constructs';
import { k8s } from '../pods/k8s';
import { requireNamespace } from '../pods/namespace';
import { Aim, scalingOf } from './scaling';
import { VllmHpaProps } from './vllm-hpa-props';
import { VllmServer } from './vllm-server';
import { refusing } from '../common/refusal';
import { requirePropsOf } from '../common/props';

/**
 * Scales a server by what it has to do. A new server answers only after its node, its image and its start, so the next one is not added
 * before (or after half an hour, the longest that an autoscaler waits), and none is taken away before two starts have passed.
 *
 * @throws when the release does not export a metric, a target cannot be reached, the node pools cannot hold the replicas, or the pace is
 * faster than a server starts
 * @see https://cloud.google.com/kubernetes-engine/docs/best-practices/machine-learning/inference/autoscaling
 */
export class VllmHpa extends Construct {
  /** Number of servers that it can ask for. */
  readonly maxReplicas: number;

  constructor(scope: Construct, id: string, props: VllmHpaProps) {
    super(scope, id);
    requirePropsOf(this, 'VllmHpaProps', props);
    const { server } = props;
    const { minReplicas, maxReplicas, aims, behavior } = refusing(this, () => {
      requireNamespace(this, server.identity.namespace);
      return scalingOf(props);
    });
    this.maxReplicas = maxReplicas;
    server.markHasAutoscaler();
    const { apiVersion, kind, name } = server.toScalingTarget();
    new k8s.KubeHorizontalPodAutoscalerV2(this, 'Resource', {
      metadata: { name, labels: { ...server.labels } },
      spec: {
        scaleTargetRef: { apiVersion, kind, name }, minReplicas, maxReplicas, metrics: aims.map(aim => metricSpec(server, aim)), behavior,
      },
    });
  }
}

function metricSpec(server: VllmServer, { metric, target }: Aim): k8s.MetricSpecV2 {
  const perServer = metric.perGpu ? target * server.plan.placement.gpus : target;
  // Quantities have no fractions below a thousandth.
  const averageValue = k8s.Quantity.fromString(Number.isInteger(perServer) ? `${perServer}` : `${Math.round(perServer * 1000)}m`);
  const spec = { metric: { name: metric.adapterName }, target: { type: 'AverageValue', averageValue } };
  if (metric.type === 'Pods') {
    return { type: 'Pods', pods: spec };
  }
  const selector = metric.selector ? { matchLabels: metric.selector(server) } : undefined;
  return { type: 'External', external: { ...spec, metric: { ...spec.metric, selector } } };
}
