import { Construct } from 'constructs';
import { wholeNumber } from '../common/whole-number';
import { k8s } from '../pods/k8s';
import { requireNamespace } from '../pods/namespace';
import { defaultMetric, defaultTarget } from './autoscaling-target';
import { VllmMetric } from './vllm-metric';
import { VllmServer } from './vllm-server';
import { named, Refusal } from '../common/refusal';
import { requirePropsOf } from '../common/props';

/** Props of `VllmHpa`. */
export interface VllmHpaProps {
  /** The server that is scaled. */
  readonly server: VllmServer;
  /**
   * Number of servers at least, from 1 to `maxReplicas`.
   * @default - as many as one node holds
   */
  readonly minReplicas?: number;
  /**
   * Number of servers at most, up to what the node pools can hold.
   * @default - as many as the node pools can hold
   */
  readonly maxReplicas?: number;
  /**
   * Figure that the server is scaled by.
   * @default - VllmMetric.REQUESTS_WAITING; of a server with a goal VllmMetric.REQUESTS_RUNNING, unless a queue shows it first
   */
  readonly metric?: VllmMetric;
  /**
   * Average for each server that is aimed at (for each GPU where every GPU reports the metric), from 0.001 to what the metric can reach.
   * @default - the metric's; of a server with a goal what its plan says of requests that run or wait
   */
  readonly target?: number;
}

/** Kubernetes' own default, and Google's advice for inference. */
const LEAST_SCALE_DOWN_SECONDS = 300;
/** An autoscaler accepts windows and periods up to an hour and half an hour. */
const LONGEST_WINDOW_SECONDS = 3600;
const LONGEST_PERIOD_SECONDS = 1800;
/** A quantity holds thousandths. */
const LEAST_TARGET = 0.001;
const MOST_TARGET = 1e12;

/**
 * Scales a server by what it has to do. A new server answers only after its start, so the next one is not added before, and none is
 * taken away before two starts have passed.
 *
 * @throws when the release does not export the metric, the target cannot be reached or the node pools cannot hold the replicas
 * @see https://cloud.google.com/kubernetes-engine/docs/best-practices/machine-learning/inference/autoscaling
 */
export class VllmHpa extends Construct {
  /** Number of servers that it can ask for. */
  readonly maxReplicas: number;

  constructor(scope: Construct, id: string, props: VllmHpaProps) {
    super(scope, id);
    requirePropsOf(this, 'VllmHpaProps', props);
    const { server } = props;
    const metric = props.metric ?? defaultMetric(server);
    const minReplicas = props.minReplicas ?? server.plan.placement.serversPerNode;
    const maxReplicas = props.maxReplicas ?? server.maxReplicas;
    this.maxReplicas = maxReplicas;
    const target = props.target ?? defaultTarget(server, metric);
    try {
      requireNamespace(this, server.identity.namespace);
      checkReplicas(server, minReplicas, maxReplicas);
      metric.check(server.release);
      checkTarget(server, metric, target);
    } catch (error) {
      throw named(this, error);
    }
    server.markHasAutoscaler();
    const { apiVersion, kind, name } = server.toScalingTarget();
    const ready = server.plan.startup.readySeconds;
    new k8s.KubeHorizontalPodAutoscalerV2(this, 'Resource', {
      metadata: { name, labels: { ...server.labels } },
      spec: {
        scaleTargetRef: { apiVersion, kind, name },
        minReplicas,
        maxReplicas,
        metrics: [metricSpec(server, metric, target)],
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 0,
            selectPolicy: 'Max',
            policies: [{ type: 'Pods', value: server.plan.placement.serversPerNode, periodSeconds: Math.min(ready, LONGEST_PERIOD_SECONDS) }],
          },
          scaleDown: {
            stabilizationWindowSeconds: Math.min(Math.max(LEAST_SCALE_DOWN_SECONDS, 2 * ready), LONGEST_WINDOW_SECONDS),
            selectPolicy: 'Max',
            policies: [{ type: 'Pods', value: 1, periodSeconds: LEAST_SCALE_DOWN_SECONDS }],
          },
        },
      },
    });
  }
}

function checkReplicas(server: VllmServer, minReplicas: number, maxReplicas: number): void {
  for (const [name, value] of Object.entries({ minReplicas, maxReplicas })) {
    wholeNumber(name, value, 1);
  }
  if (minReplicas > maxReplicas) {
    throw new Refusal(`'minReplicas' (${minReplicas}) must be less than or equal to 'maxReplicas' (${maxReplicas})`);
  }
  const { serversPerNode, machineType } = server.plan.placement;
  if (maxReplicas > server.maxReplicas) {
    throw new Refusal(`'maxReplicas' (${maxReplicas}) are more than the node pools can hold: ${server.maxReplicas / serversPerNode} nodes of`
      + ` ${machineType.name} x ${serversPerNode} servers = ${server.maxReplicas}. Lower it, or raise the server's maxNodes to`
      + ` ${Math.ceil(maxReplicas / serversPerNode)}`);
  }
}

function checkTarget(server: VllmServer, metric: VllmMetric, target: number): void {
  const largest = metric.largest(server);
  const example = `use for example ${Math.min(metric.defaultTarget, largest)}`;
  if (typeof target !== 'number' || !(target >= LEAST_TARGET && target <= MOST_TARGET)) {
    throw new Refusal(`'target' (${target}) must be a number from ${LEAST_TARGET} to ${MOST_TARGET}; ${example}`);
  }
  if (target > largest) {
    throw new Refusal(`'target' (${target}) can never be reached by ${metric.vllmName ?? metric.adapterName}, which is at most ${largest}; ${example}`);
  }
}

function metricSpec(server: VllmServer, metric: VllmMetric, target: number): k8s.MetricSpecV2 {
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
