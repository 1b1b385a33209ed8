import { Accelerator, KustomizeUnit, Model, VllmHpa, VllmHpaProps, WeightsStorage } from '../../../lib';
import { Program, Refusals, serverIn, serving, unitOf } from '../case';

function scaled(props: Omit<VllmHpaProps, 'server'>): Program {
  return (app) => {
    const server = serverIn(unitOf(app));
    new VllmHpa(unitOf(app, 'autoscaling'), 'hpa', { server, ...props });
  };
}

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
    'an autoscaler in another namespace': (app) => {
      const server = serverIn(unitOf(app));
      new VllmHpa(new KustomizeUnit(app, 'other', { cell: 'other', namespace: 'other' }), 'hpa', { server });
    },
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
