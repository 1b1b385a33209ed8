import { App, Chart, Duration } from 'cdk8s';
import * as api from '../../lib';
import known from '../../lib/common/prop-kinds.json';
import { Kind, onlyProps, PropKinds, PropsName, requireProps } from '../../lib/common/props';
import { refusalOf } from '../refusal-of';
import { AnyClass, constructsOf, NO_SUCH_PROP } from './constructs-of';

const chart = (): Chart => new Chart(new App(), 'chart', { namespace: 'vllm' });

test.each(constructsOf(api))('%s refuses a prop that it does not have', (_, type) => {
  expect(refusalOf(() => new type(chart(), 'it', { nonsense: 1 }))).toMatch(NO_SUCH_PROP);
});

const values = api as unknown as { [name: string]: AnyClass };
test.each<[string, () => unknown]>([
  ...['Accelerator', 'MachineType', 'MemoryPlan', 'Model', 'Placement', 'ShutdownPlan', 'StartupPlan', 'ThroughputPlan', 'TokenPrice', 'VllmMetric'].map(
    (name): [string, () => unknown] => [name, () => values[name].of!({ nonsense: 1 })]),
  ...['KustomizeApp', 'ServiceIdentity'].map((name): [string, () => unknown] => [name, () => new values[name]({ nonsense: 1 })]),
  ...['VllmCell', 'VllmCluster'].map((name): [string, () => unknown] => [name, () => new values[name](new App(), { nonsense: 1 })]),
  ['ServerPlan', () => new values.ServerPlan(api.Model.GEMMA_2_9B_IT, api.WeightsStorage.gcsFuse({ bucket: 'my-models' }), { nonsense: 1 })],
])('%s refuses a prop that it does not have', (name, make) => {
  expect(refusalOf(make)).toMatch(NO_SUCH_PROP);
  expect(refusalOf(make)).toMatch(new RegExp(`^${name}[.:]`));
});

function messageOf(call: () => unknown): string {
  try {
    call();
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
}

/** A value of the kind. */
function example(kind: Kind): unknown {
  if (typeof kind === 'string') {
    return { string: 'a', number: 1, boolean: true, function: () => 1, any: 1 }[kind];
  }
  if ('words' in kind) {
    return kind.words[0];
  }
  if ('items' in kind) {
    return [example(kind.items[0])];
  }
  if ('record' in kind) {
    return { a: example(kind.record[0]) };
  }
  if ('class' in kind) {
    return new { [kind.class]: class {} }[kind.class]();
  }
  return rightProps(kind.props);
}

function rightProps(name: string): object {
  const kinds = (known.props as unknown as { [name: string]: PropKinds })[name];
  return Object.fromEntries(Object.entries(kinds).map(([prop, { kinds: [first] }]) => [prop, example(first)]));
}

const names = Object.keys(known.props) as PropsName[];

test.each(names)('%s are accepted with each prop of its kind, and refused with any of another, by name', (name) => {
  const right = rightProps(name);
  const kinds = known.props[name] as unknown as PropKinds;
  expect(() => requireProps(name, right)).not.toThrow();
  for (const [prop, { optional, kinds: some }] of Object.entries(kinds)) {
    const wrong = some.includes('function') ? 1 : () => 1;
    expect(messageOf(() => requireProps(name, { ...right, [prop]: wrong }, 'It')))
      .toMatch(some.includes('any') ? 'accepted' : new RegExp(`^It: '${prop}' .* has to be `));
    expect(messageOf(() => requireProps(name, { ...right, [prop]: undefined })))
      .toMatch(optional ? 'accepted' : new RegExp(`^'${prop}' is missing; it has to be `));
  }
});

describe('says what is wrong, what it got, and the nearest that is right', () => {
  const weights = { model: api.Model.GEMMA_2_9B_IT, storage: api.WeightsStorage.gcsFuse({ bucket: 'my-models' }) };
  const cell = {
    accelerator: api.Accelerator.L4, model: api.Model.GEMMA_2_9B_IT, storage: 'gcs', namespace: 'vllm', bucket: 'my-models', region: 'us-central1',
  };
  test.each<[PropsName, unknown, string]>([
    ['WeightsVolumeProps', { ...weights, model: 'google/gemma-2-9b-it' },
      '\'model\' ("google/gemma-2-9b-it") has to be a Model; take Model.GEMMA_2_9B_IT'],
    ['WeightsVolumeProps', { ...weights, model: 'my-org/mine' }, '\'model\' ("my-org/mine") has to be a Model; take Model.fromId("my-org/mine")'],
    ['WeightsVolumeProps', { ...weights, storage: 'gcs' }, '\'storage\' ("gcs") has to be an IWeightsStorage'],
    ['PlacementProps', { accelerator: 'l4', gpus: 1 }, '\'accelerator\' ("l4") has to be an Accelerator; take Accelerator.L4'],
    ['PlacementProps', { accelerator: api.Accelerator.L4, gpus: 1, machineType: 'g2-standard-24' },
      '\'machineType\' ("g2-standard-24") has to be a MachineType; take MachineType.fromName("g2-standard-24")'],
    ['PlacementProps', { accelerator: api.Accelerator.L4, gpus: 1, zones: 'us-central1-a' },
      '\'zones\' ("us-central1-a") has to be a list, each a string; write ["us-central1-a"]'],
    ['PlacementProps', { accelerator: api.Accelerator.L4, gpus: 1, zones: ['us-central1-a', 5] }, '\'zones[1]\' (5) has to be a string'],
    ['PlacementProps', undefined, 'the props are undefined; PlacementProps has to be an object with accelerator, gpus'],
    ['GcsFuseOptions', { bucket: process.env.CDK8S_VLLM_NOT_SET }, '\'bucket\' is missing; it has to be a string'],
    ['GcsFuseOptions', { bucket: null }, '\'bucket\' (null) has to be a string'],
    ['VllmCellProps', { ...cell, server: { maxModelLength: 8192 } }, 'there is no prop \'server.maxModelLength\'; did you mean \'server.maxModelLen\''],
    ['VllmCellProps', { ...cell, server: { extraEnv: { A: 1 } } }, '\'server.extraEnv.A\' (1) has to be a string'],
    ['VllmCellProps', { ...cell, accelerator: api.Model.GEMMA_2_9B_IT },
      '\'accelerator\' (Model) has to be an Accelerator; take Accelerator.T4, Accelerator.L4, Accelerator.A100'],
    ['LoadTestPage', { login: 'x', loginSecretName: 'a' }, 'there is no prop \'login\'; there are loginSecretName'],
  ])('%s %p', (name, props, message) => expect(refusalOf(() => requireProps(name, props))).toBe(message));
});

test('takes objects of another copy of this package, or of cdk8s', () => {
  const L4 = Object.assign(Object.create({ constructor: { name: 'Accelerator' } }), api.Accelerator.L4);
  expect(() => requireProps('PlacementProps', { accelerator: L4, gpus: 1 })).not.toThrow();
  expect(() => requireProps('LocustLoadTestProps', { server: rightProps('IVllmServer'), runTime: Duration.minutes(1) })).not.toThrow();
});

test('leaves out what an interface does not have', () => {
  expect(onlyProps('ServingNamespaceProps', { name: 'a', other: 1 })).toEqual({ name: 'a' });
});
