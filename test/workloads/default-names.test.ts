import { BatchInference, GradioChat, LocustLoadTest, Model, ModelEvaluation, WeightsHydration, WeightsLoader, WeightsStorage, WeightsVolume } from '../../lib';
import { objectsOf, server, unit } from '../serving/rendered';

const LABEL = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const COMMIT = '11c9b309abf73637e4b6f9a3fa1e92e615547819';

/** Names of all objects that a server has around it. */
function namesAround(name: string): string[] {
  const scope = unit();
  const disk = WeightsStorage.hyperdiskMl({ zones: ['us-central1-a'] });
  const model = Model.of({ ...Model.QWEN3_8B, revision: COMMIT });
  const made = server(scope, { name }, disk, model);
  const weights = scope.node.findChild('weights') as WeightsVolume;
  const batch = new BatchInference(scope, 'batch', { server: made, bucket: 'my-data', input: 'in/in.jsonl', output: 'out' });
  new ModelEvaluation(scope, 'evaluation', { batch, labels: 'in/labels.jsonl', output: 'figures' });
  new GradioChat(scope, 'chat', { server: made });
  new LocustLoadTest(scope, 'load-test', { server: made });
  new WeightsHydration(scope, 'hydration', { weights: weights, server: made, bucket: 'my-models' });
  return objectsOf(scope).filter(({ kind }) => kind !== 'ConfigMap').map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

test.each([1, 12, 35, 36, 41, 42, 46, 47, 52, 53])('what belongs to a server whose name has %i letters has names that are legal, and differ', (length) => {
  const names = namesAround('s'.repeat(length));
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter(name => !LABEL.test(name.split(' ')[1]))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

test('two servers whose names differ at the end alone have no name in common', () => {
  const [one, other] = ['a', 'b'].map(last => namesAround(`${'s'.repeat(52)}${last}`));
  expect(one.filter(name => other.includes(name))).toEqual([]);
});

test.each([
  ['google/gemma-2-9b-it', 'gemma-2-9b-it-loader'],
  ['RedHatAI/Llama-4-Maverick-17B-128E-Instruct-quantized.w4a16', /^llama-4-maverick-17b-128e-instruct-q-[0-9a-f]{8}-loader$/],
  [`org/${'m'.repeat(45)}`, `${'m'.repeat(45)}-loader`], [`org/${'m'.repeat(46)}`, /^m{36}-[0-9a-f]{8}-loader$/],
  [`org/${'m'.repeat(96)}`, /^m{36}-[0-9a-f]{8}-loader$/], ['org/42', 'model-42-loader'], ['org/._-', 'model-loader'], ['org/4x-', 'x-loader'],
  [`org/${'a-'.repeat(40)}`, /^[a-]+[a-z]-[0-9a-f]{8}-loader$/],
])('the loader of %s has a legal name', (id, name) => {
  const scope = unit();
  const weights = new WeightsVolume(scope, 'weights', {
    model: Model.of({ ...Model.QWEN3_8B, id, revision: COMMIT }), storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }),
  });
  const loader = new WeightsLoader(scope, 'loader', { weights });
  expect(loader.name).toMatch(typeof name === 'string' ? new RegExp(`^${name}$`) : name);
  expect(objectsOf(scope).filter(({ metadata }) => !LABEL.test(metadata.name))).toEqual([]);
});
