import { ApiObject } from 'cdk8s';
import { Accelerator, KustomizeApp, MachineType, Model, STORAGE_IDS, VllmCell, VllmCellProps, WeightsStorage } from '../../lib';
import { manifestOf } from '../../lib/kustomize/manifests/manifest';

const LABEL = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const LONG_MODEL = Model.of({ ...Model.GEMMA_2_9B_IT, id: `${'o'.repeat(90)}/${'m'.repeat(90)}.w4a16_${'x'.repeat(60)}`, revision: 'a'.repeat(40) });

function cell(props: Partial<VllmCellProps>): VllmCell {
  return new VllmCell(new KustomizeApp({ root: '/nowhere' }), {
    accelerator: Accelerator.L4, storage: 'gcs', model: LONG_MODEL, server: { tensorParallelSize: 2 }, namespace: 'vllm', bucket: 'my-models',
    region: 'us-central1', ...props,
  });
}

/** Values of all labels and selectors, wherever they stand. */
function labelsIn(value: unknown): string[] {
  return typeof value !== 'object' || value === null ? [] : Object.entries(value).flatMap(([key, child]) =>
    ['labels', 'matchLabels', 'selector'].includes(key) && typeof child === 'object'
      ? Object.values(child as object).filter(found => typeof found === 'string')
      : labelsIn(child));
}

function faults(made: VllmCell): string[] {
  const objects = made.node.findAll().filter(ApiObject.isApiObject).map(manifestOf);
  expect(objects.length).toBeGreaterThan(30);
  const names = objects.filter(({ kind }) => kind !== 'ConfigMap').map(({ metadata }) => metadata.name);
  return [made.id, ...names].filter(name => !LABEL.test(name)).concat(labelsIn(objects).filter(value => !LABEL_VALUE.test(value)));
}

const VARIANTS = [undefined, ...[1, 20, 30, 40, 50, 60, 90].map(length => 'v'.repeat(length)), 'Llama-4-Maverick-17B-128E-Instruct-quantized.w4a16', '4'];

test.each(STORAGE_IDS)('the names of a cell with storage %s are legal, however long model and variant are', (storage) => {
  expect(VARIANTS.flatMap(variant => faults(cell({ storage, variant })))).toEqual([]);
});

test.each(['L40S_48GB', 'an-accelerator-of-which-somebody-gave-the-whole-name-that-it-has-in-the-shop'])('a server on accelerator %s', (id) => {
  const accelerator = Accelerator.of({ ...Accelerator.L4, id });
  const machineType = MachineType.of({ ...MachineType.fromName('g2-standard-24'), accelerator });
  const storage = WeightsStorage.gcsFuse({ bucket: 'my-models' });
  expect(faults(cell({ accelerator, storage, server: { tensorParallelSize: 2, machineType } }))).toEqual([]);
});

test('two long variants that differ at the end alone are two cells', () => {
  const [one, other] = ['a', 'b'].map(last => cell({ variant: `${'v'.repeat(80)}${last}` }));
  expect([one.id, one.server.name]).not.toEqual(expect.arrayContaining([other.id]));
  expect(one.server.name).not.toBe(other.server.name);
});
