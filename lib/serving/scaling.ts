import { Refusal } from '../common/refusal';
import { wholeNumber } from '../common/whole-number';
import { k8s } from '../pods/k8s';
import { defaultMetric, defaultTarget } from './autoscaling-target';
import { VllmHpaProps } from './vllm-hpa-props';
import { VllmMetric } from './vllm-metric';
import { VllmServer } from './vllm-server';

/** Kubernetes' own default, and Google's advice for inference. */
const LEAST_SCALE_DOWN_SECONDS = 300;
/**
 * Windows and periods of an autoscaler end at an hour and half an hour.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
 */
const LONGEST_WINDOW_SECONDS = 3600;
const LONGEST_PERIOD_SECONDS = 1800;
/** A quantity holds thousandths. */
const LEAST_TARGET = 0.001;
const MOST_TARGET = 1e12;

/** A figure that is followed, and what it is meant to be on average. */
export interface Aim {
  readonly metric: VllmMetric;
  readonly target: number;
}

/** How many servers an autoscaler may ask for, by which figures, and how fast: the same whoever does it. */
export interface Scaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly aims: readonly Aim[];
  readonly behavior: k8s.HorizontalPodAutoscalerBehaviorV2;
}

/** @throws on bounds, targets and paces that cannot be met */
export function scalingOf(props: VllmHpaProps): Scaling {
  const { server } = props;
  const minReplicas = props.minReplicas ?? server.plan.placement.serversPerNode;
  const maxReplicas = props.maxReplicas ?? server.maxReplicas;
  checkReplicas(server, minReplicas, maxReplicas);
  const behavior = { scaleUp: scaleUp(props, maxReplicas), scaleDown: scaleDown(props, maxReplicas) };
  return { minReplicas, maxReplicas, aims: aimsOf(props), behavior };
}

function checkReplicas(server: VllmServer, minReplicas: number, maxReplicas: number): void {
  if (minReplicas === 0) {
    throw new Refusal('\'minReplicas\' (0) leaves no server that could report a waiting request, so nothing would ever ask for the first one'
      + ' again; take 1, or delete the server while nobody needs it');
  }
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

function aimsOf({ server, metric, target, metrics }: VllmHpaProps): Aim[] {
  if (metrics?.length === 0) {
    throw new Refusal('\'metrics\' is empty; leave it out, or name a metric');
  }
  if (metric === undefined && metrics !== undefined && target !== undefined) {
    throw new Refusal(`'target' (${target}) is without its 'metric', and there are 'metrics'; write it into one of these, or set 'metric'`);
  }
  const single = metric === undefined && metrics !== undefined ? [] : [{ place: '', metric: metric ?? defaultMetric(server), target }];
  const aims = [...single, ...(metrics ?? []).map((one, index) => ({ ...one, place: `metrics[${index}].` }))].map(({ place, ...aim }) => {
    aim.metric.check(server.release);
    return { metric: aim.metric, target: requireTarget(server, aim.metric, aim.target ?? defaultTarget(server, aim.metric), place) };
  });
  checkTwice(aims);
  return aims;
}

function requireTarget(server: VllmServer, metric: VllmMetric, target: number, place: string): number {
  const largest = metric.largest(server);
  const example = `use for example ${Math.min(metric.defaultTarget, largest)}`;
  if (typeof target !== 'number' || !(target >= LEAST_TARGET && target <= MOST_TARGET)) {
    throw new Refusal(`'${place}target' (${target}) must be a number from ${LEAST_TARGET} to ${MOST_TARGET}; ${example}`);
  }
  if (target > largest) {
    throw new Refusal(`'${place}target' (${target}) can never be reached by ${metric.vllmName ?? metric.adapterName}, which is at most ${largest};`
      + ` ${example}`);
  }
  return target;
}

/** An external metric may come twice, with another selector. */
function checkTwice(aims: readonly Aim[]): void {
  const names = aims.filter(({ metric }) => metric.type === 'Pods').map(({ metric }) => metric.vllmName ?? metric.adapterName);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new Refusal(`'metrics' has ${twice} twice, and only its lower target would ever count; name it once`);
  }
}

/** The default counts on a new node that pulls the image: until then the load of those before is not shared. */
function scaleUp(props: VllmHpaProps, maxReplicas: number): k8s.HpaScalingRulesV2 {
  const { server: { plan: { startup, placement } } } = props;
  return rules(props.scaleUpStabilizationSeconds ?? 0, {
    type: 'Pods',
    value: wholeNumber('scaleUpServers', props.scaleUpServers ?? Math.min(placement.serversPerNode, maxReplicas), 1, maxReplicas),
    periodSeconds: notBeforeStart('scaleUpPeriodSeconds', props.scaleUpPeriodSeconds ?? Math.min(startup.newNodeSeconds, LONGEST_PERIOD_SECONDS),
      LONGEST_PERIOD_SECONDS, props.server, 'servers would be added while those before them are still loading'),
  }, 'scaleUpStabilizationSeconds');
}

function scaleDown(props: VllmHpaProps, maxReplicas: number): k8s.HpaScalingRulesV2 {
  const window = Math.min(Math.max(LEAST_SCALE_DOWN_SECONDS, 2 * props.server.plan.startup.readySeconds), LONGEST_WINDOW_SECONDS);
  const stabilization = notBeforeStart('scaleDownStabilizationSeconds', props.scaleDownStabilizationSeconds ?? window, LONGEST_WINDOW_SECONDS,
    props.server, 'a server would be taken away for a pause that is over before it could be back');
  return rules(stabilization, {
    type: 'Pods',
    value: wholeNumber('scaleDownServers', props.scaleDownServers ?? 1, 1, maxReplicas),
    periodSeconds: wholeNumber('scaleDownPeriodSeconds', props.scaleDownPeriodSeconds ?? LEAST_SCALE_DOWN_SECONDS, 1, LONGEST_PERIOD_SECONDS),
  }, 'scaleDownStabilizationSeconds');
}

function rules(stabilizationSeconds: number, policy: k8s.HpaScalingPolicyV2, prop: string): k8s.HpaScalingRulesV2 {
  const stabilizationWindowSeconds = wholeNumber(prop, stabilizationSeconds, 0, LONGEST_WINDOW_SECONDS);
  return { stabilizationWindowSeconds, selectPolicy: 'Max', policies: [policy] };
}

function notBeforeStart(prop: string, seconds: number, most: number, server: VllmServer, why: string): number {
  const { readySeconds } = server.plan.startup;
  const least = Math.min(readySeconds, most);
  if (wholeNumber(prop, seconds, 0, most) < least) {
    throw new Refusal(`'${prop}' (${seconds}) is shorter than the start of a server, ${readySeconds} s: ${why}; take at least ${least}`);
  }
  return seconds;
}
