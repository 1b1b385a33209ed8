import {
  Accelerator, KustomizeUnit, Model, VllmHpa, VllmHpaProps, VllmMetric, VllmScaledObject, VllmScaledObjectProps, WeightsStorage,
} from '../../../lib';
import { Program, Refusals, serverIn, serving, unitOf } from '../case';

function scaled(props: Omit<VllmHpaProps, 'server'>): Program {
  return (app) => {
    const server = serverIn(unitOf(app));
    new VllmHpa(unitOf(app, 'autoscaling'), 'hpa', { server, ...props });
  };
}

function scaledByKeda(props: Omit<VllmScaledObjectProps, 'server'>): Program {
  return (app) => {
    const server = serverIn(unitOf(app));
    new VllmScaledObject(unitOf(app, 'autoscaling'), 'scaled-object', { server, ...props });
  };
}

const { GPU_DUTY_CYCLE, KV_CACHE_USAGE, REQUESTS_WAITING } = VllmMetric;
const projectId = 'my-project';

export const LIFECYCLE: Refusals = {
  'minReplicas above maxReplicas': {
    'both given': scaled({ minReplicas: 4, maxReplicas: 2 }),
    'below what one node holds': (app) => {
      const server = serverIn(unitOf(app), { accelerator: Accelerator.H200, tensorParallelSize: 2 });
      new VllmHpa(unitOf(app, 'autoscaling'), 'hpa', { server, maxReplicas: 2 });
    },
    'above what the pools hold': scaled({ minReplicas: 6 }),
    'to nothing': scaled({ minReplicas: 0 }),
    'two autoscalers': (app) => {
      const server = serverIn(unitOf(app));
      const unit = unitOf(app, 'autoscaling');
      ['one', 'two'].forEach(id => new VllmHpa(unit, id, { server }));
    },
    'one autoscaler of each kind': (app) => {
      const server = serverIn(unitOf(app));
      const unit = unitOf(app, 'autoscaling');
      new VllmHpa(unit, 'hpa', { server });
      new VllmScaledObject(unit, 'scaled-object', { server, projectId });
    },
    'to nothing by KEDA': scaledByKeda({ minReplicas: 0, projectId }),
    'above what the pools hold by KEDA': scaledByKeda({ maxReplicas: 6, projectId }),
    'an autoscaler in another namespace': (app) => {
      const server = serverIn(unitOf(app));
      new VllmHpa(new KustomizeUnit(app, 'other', { cell: 'other', namespace: 'other' }), 'hpa', { server });
    },
  },
  'an autoscaler faster than a server starts': {
    'that adds': scaled({ scaleUpPeriodSeconds: 60 }),
    'that takes away': scaled({ scaleDownStabilizationSeconds: 60 }),
    'that takes away at once': scaled({ scaleDownStabilizationSeconds: 0 }),
    'of KEDA': scaledByKeda({ scaleUpPeriodSeconds: 15, projectId }),
    'with a longer window than there is': scaled({ scaleUpStabilizationSeconds: 7200 }),
    'more servers a step than there may be': scaled({ maxReplicas: 3, scaleUpServers: 4 }),
  },
  'metrics of an autoscaler': {
    none: scaled({ metrics: [] }),
    twice: scaled({ metric: KV_CACHE_USAGE, metrics: [{ metric: REQUESTS_WAITING }, { metric: KV_CACHE_USAGE, target: 0.5 }] }),
    'a target of none': scaled({ target: 5, metrics: [{ metric: REQUESTS_WAITING }] }),
    'one whose target cannot be reached': scaled({ metrics: [{ metric: REQUESTS_WAITING }, { metric: KV_CACHE_USAGE, target: 80 }] }),
    'one that the release lacks': scaled({ metrics: [{ metric: VllmMetric.gauge('vllm:gpu_cache_usage_perc', () => 1, 0.8) }] }),
    'by name': scaled({ metrics: [{ metric: 'vllm:num_requests_waiting' as unknown as VllmMetric }] }),
    'that KEDA cannot ask for': scaledByKeda({ metric: GPU_DUTY_CYCLE, projectId }),
  },
  'an autoscaler that reads no Prometheus': {
    'said nowhere': scaledByKeda({}),
    'said twice': scaledByKeda({ projectId, serverAddress: 'http://prometheus:9090' }),
    'of a project that is none': scaledByKeda({ projectId: 'My Project' }),
    'with a password': scaledByKeda({ serverAddress: 'http://me:secret@prometheus:9090' }),
    'that ends in a slash': scaledByKeda({ serverAddress: 'http://prometheus:9090/' }),
    'of a cluster that is none': scaledByKeda({ projectId, clusterName: 'a"} or up{job="x' }),
  },
  'a probe budget shorter than the load': {
    'of a small model': serving({ startupBudgetSeconds: 60 }),
    'of a large one, by a minute': serving(
      { accelerator: Accelerator.H200, startupBudgetSeconds: 400 }, Model.LLAMA_3_3_70B_INSTRUCT),
    'from a slow disk': serving(
      { startupBudgetSeconds: 150 }, undefined, () => WeightsStorage.persistentDisk({ zone: 'us-central1-a', diskType: 'pd-balanced' })),
    'of nothing': serving({ startupBudgetSeconds: 0 }),
  },
  'a grace period shorter than the drain': {
    'Kubernetes\' own 30 s': serving({ terminationGracePeriodSeconds: 30 }),
    'by a second': serving({ terminationGracePeriodSeconds: 139 }),
    'of a long answer': serving({ longestAnswerSeconds: 600, terminationGracePeriodSeconds: 600 }),
    'that a spot node does not give': serving({ capacity: 'spot', longestAnswerSeconds: 60 }),
    'at once': serving({ terminationGracePeriodSeconds: 0 }),
  },
  'a --shutdown-timeout that is neither 0 nor longer than the longest answer': {
    shorter: serving({ shutdownTimeoutSeconds: 30 }),
    'as long': serving({ longestAnswerSeconds: 60, shutdownTimeoutSeconds: 60 }),
    'on a spot node': serving({ capacity: 'spot', shutdownTimeoutSeconds: 5 }),
    'as an argument': serving({ extraArgs: ['--shutdown-timeout=30'] }),
  },
};
