import { PriorityClass, VllmHpa, VllmMonitoring, VllmServerProps, WeightsStorage } from '../../lib';
import { temporaryFolders } from '../kustomize/folders';
import { Program, serverIn, serving, unitOf } from './case';
import { fillOutput, refusalOf } from './untouched';

const temporaryFolder = temporaryFolders();

/** What plain JavaScript, a computation gone wrong or a setting that was never parsed can hand over. */
const BAD: [string, unknown][] = [
  ['NaN', NaN], ['infinite', Infinity], ['negative', -1], ['fractional', 1.5], ['huge', 1e300], ['the largest', Number.MAX_SAFE_INTEGER],
  ['an empty string', ''], ['a numeral', '2'], ['a word', 'two'], ['an object', {}], ['a list', [2]], ['a boolean', true],
];

function ofServer(prop: keyof VllmServerProps): (value: unknown) => Program {
  return value => serving({ [prop]: value });
}

/** With a goal, so that a load is for something. */
function ofGoal(prop: keyof VllmServerProps): (value: unknown) => Program {
  return value => serving({ optimizeFor: 'throughput', [prop]: value });
}

function ofHpa(prop: string): (value: unknown) => Program {
  return value => (app) => {
    const server = serverIn(unitOf(app));
    new VllmHpa(unitOf(app, 'autoscaling'), 'hpa', { server, [prop]: value });
  };
}

function ofBucket(prop: string): (value: unknown) => Program {
  return value => serving({}, undefined, () => WeightsStorage.gcsFuse({ bucket: 'my-models', [prop]: value }));
}

const SERVER_PROPS = [
  'tensorParallelSize', 'pipelineParallelSize', 'gpuMemoryUtilization', 'maxModelLen', 'maxNumSeqs', 'maxNumBatchedTokens',
  'startupBudgetSeconds', 'longestAnswerSeconds', 'shutdownTimeoutSeconds', 'terminationGracePeriodSeconds', 'replicas', 'maxNodes', 'spareGpus',
  'apiServerCount',
] as const;

const HPA_PROPS = [
  'minReplicas', 'maxReplicas', 'target', 'scaleUpStabilizationSeconds', 'scaleUpPeriodSeconds', 'scaleUpServers',
  'scaleDownStabilizationSeconds', 'scaleDownPeriodSeconds', 'scaleDownServers',
] as const;

const GOAL_PROPS = ['timeToFirstTokenSeconds', 'interTokenLatencyMs', 'inputTokens', 'outputTokens', 'clients', 'requestsPerSecond'] as const;

const NUMBERS: { readonly [prop: string]: (value: unknown) => Program } = {
  ...Object.fromEntries(SERVER_PROPS.map(prop => [`VllmServer ${prop}`, ofServer(prop)])),
  ...Object.fromEntries(GOAL_PROPS.map(prop => [`VllmServer ${prop}`, ofGoal(prop)])),
  ...Object.fromEntries(HPA_PROPS.map(prop => [`VllmHpa ${prop}`, ofHpa(prop)])),
  ...Object.fromEntries(['fileCacheBytes', 'sidecarEphemeralStorageBytes'].map(prop => [`gcsFuse ${prop}`, ofBucket(prop)])),
  'hyperdiskMl throughputMib': value => serving({}, undefined, () =>
    WeightsStorage.hyperdiskMl({ zones: ['us-central1-a'], throughputMib: value as number })),
  'VllmMonitoring timeToFirstTokenSeconds': value => (app) => {
    const server = serverIn(unitOf(app));
    new VllmMonitoring(unitOf(app, 'monitoring'), 'monitoring', { server, timeToFirstTokenSeconds: value as number });
  },
  'PriorityClass value': value => app => new PriorityClass(unitOf(app), 'priority', { name: 'high', value: value as number, description: 'x' }),
};

/** Right as they are: half a request in the queue, parts of seconds, milliseconds and requests a second, a priority below all others. */
const RIGHT = [
  ...['timeToFirstTokenSeconds', 'interTokenLatencyMs', 'requestsPerSecond'].map(prop => `VllmServer ${prop}: fractional`),
  'VllmHpa target: fractional', 'VllmMonitoring timeToFirstTokenSeconds: fractional', 'PriorityClass value: negative',
];

test.each(Object.entries(NUMBERS))('%s is a number that can be, or nothing is made', (prop, programOf) => {
  const root = temporaryFolder();
  fillOutput(root);
  const wrong = BAD.filter(([what]) => !RIGHT.includes(`${prop}: ${what}`));
  const messages = wrong.map(([what, value]) => `${what}: ${refusalOf(root, programOf(value)).split('\n')[0]}`);
  expect(messages.join('\n')).toMatchSnapshot();
  // A manifest's own check would find some of them as well, but says less.
  expect(messages.filter(message => message.includes('KustomizeApp: '))).toEqual([]);
});
