import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  Accelerator, CELL_UNITS, CellUnit, ImpossibleCell, KustomizeApp, MetricsCollector, Model, Refusal, STORAGE_IDS, VllmCell, VllmCellProps,
  VllmHpa, VllmRelease, WeightsStorage,
} from '../../lib';
import { PROJECT } from '../house/sources';
import { temporaryFolders } from '../kustomize/folders';
import { refusalOf } from '../planning/pairs';

const temporaryFolder = temporaryFolders();

const PROPS: VllmCellProps = {
  accelerator: Accelerator.L4, storage: 'gcs', model: Model.GEMMA_2_9B_IT, server: { tensorParallelSize: 2 },
  namespace: 'vllm', bucket: 'vllm-models', region: 'us-central1',
};

function app(root = temporaryFolder()): KustomizeApp {
  return new KustomizeApp({ root });
}

function cell(props: Partial<VllmCellProps> = {}): VllmCell {
  return new VllmCell(app(), { ...PROPS, ...props });
}

/** The folders that a cell becomes, and what stands in one of them. */
function written(props: Partial<VllmCellProps> = {}): { readonly folders: string[]; readonly text: (file: string) => string } {
  const root = temporaryFolder();
  const scope = app(root);
  const { id } = new VllmCell(scope, { ...PROPS, ...props });
  scope.synth();
  const folder = join(root, 'dist/kustomize', id);
  return {
    folders: readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => name),
    text: file => readFileSync(join(folder, file), 'utf8'),
  };
}

test.each([['private', '199.36.153.8/30'], ['restricted', '199.36.153.4/30'], [undefined, '0.0.0.0/0']] as const)(
  'Google\'s APIs at addresses that are %s', (googleApis, cidr) => {
    const name = 'vllm-openai-gcs-l4';
    const { text } = written({ googleApis, units: ['batch'] });
    for (const file of [`server/networkpolicy-${name}.yaml`, `batch/networkpolicy-${name}-batch.yaml`, `batch/networkpolicy-${name}-evaluation.yaml`]) {
      const { spec } = parse(text(file)) as { spec: { egress: { to: { ipBlock?: { cidr: string } }[] }[] } };
      expect(spec.egress.at(-1)!.to.map(({ ipBlock }) => ipBlock?.cidr)).toEqual([cidr]);
    }
  });

test('the id is the folder, the server has the name that the guides give it', () => {
  const plain = cell();
  expect([plain.id, plain.server.name]).toEqual(['l4-gcs', 'vllm-openai-gcs-l4']);
  const other = cell({ variant: 'qwen', model: Model.QWEN3_8B });
  expect([other.id, other.server.name]).toEqual(['l4-gcs-qwen', 'vllm-openai-gcs-qwen-l4']);
  expect(VllmCell.idOf(PROPS)).toBe('l4-gcs');
});

test('a bucket has every unit but those of disks, a disk has all, and none has a benchmark unless it is asked for', () => {
  expect(written().folders).toEqual(['autoscaling', 'batch', 'chat', 'load-test', 'monitoring', 'server', 'weights']);
  expect(written({ storage: 'hdml' }).folders).toEqual([...CELL_UNITS.filter(name => name !== 'benchmark'), 'server'].sort());
  expect(written({ units: ['benchmark'] }).folders).toEqual(['benchmark', 'server']);
});

test('each unit can be the only one beside the server, apart from the snapshot, which is of a hydrated disk', () => {
  for (const unit of CELL_UNITS.filter(name => name !== 'snapshot')) {
    expect(written({ storage: 'pd', units: [unit] }).folders).toEqual([unit, 'server'].sort());
  }
  expect(written({ storage: 'pd', units: ['snapshot', 'hydration'] }).folders).toEqual(['hydration', 'server', 'snapshot']);
  expect(written({ units: [] }).folders).toEqual(['server']);
});

test('a cell applies what serves, and leaves what is done now and then to a person', () => {
  const { resources } = parse(written({ storage: 'hdml' }).text('kustomization.yaml')) as { resources: string[] };
  expect(resources).toEqual(['autoscaling', 'chat', 'monitoring', 'server']);
});

test('it says all that its plan and its parts say', () => {
  const made = cell({ storage: 'hdml', maxNodes: 7, release: VllmRelease.V0_28 });
  expect(made.plan).toBe(made.server.plan);
  expect(made.server.release).toBe(VllmRelease.V0_28);
  expect(made.hpa).toBeInstanceOf(VllmHpa);
  expect([made.maxNodes, made.maxReplicas]).toEqual([7, made.hpa!.maxReplicas]);
  expect(made.workloads.map(({ constructor: { name } }) => name)).toEqual([
    'VllmServer', 'GradioChat', 'LocustLoadTest', 'BatchInference', 'ModelEvaluation', 'WeightsLoader', 'WeightsHydration',
  ]);
  expect(made.identities).toEqual(made.workloads.map(({ identity }) => identity));
  expect(made.diskClasses.map(({ name }) => name)).toEqual(['weights-hdml-us-central1-a-us-central1-b', 'weights-hdml-hydration']);
  expect(made.diskType).toBe('hyperdisk-ml');
  expect(made.report()).toMatchObject({ id: 'l4-hdml', possible: true, server: 'vllm-openai-hdml-l4', release: '0.28.0' });
  expect(made.line()).toMatch(/^l4-hdml +google\/gemma-2-9b-it +2 x l4 +1 on g2-standard-24 /);
});

test('without an autoscaler there are as many servers as were asked for', () => {
  const made = cell({ units: [], server: { tensorParallelSize: 2, replicas: 3 }, maxNodes: 4 });
  expect([made.hpa, made.maxReplicas, made.maxNodes]).toEqual([undefined, 3, 4]);
});

test.each<[string, Partial<VllmCellProps>, string[]]>([
  ['a bucket', { units: [] }, ['gcsfuse.csi.storage.gke.io']],
  ['a disk alone', { storage: 'pd', units: ['chat'] }, ['pd.csi.storage.gke.io']],
  ['a disk with a batch, which reads a bucket', { storage: 'pd', units: ['batch'] }, ['pd.csi.storage.gke.io', 'gcsfuse.csi.storage.gke.io']],
  ['a disk with a load test, which writes to one', { storage: 'pd', units: ['load-test'] }, ['pd.csi.storage.gke.io', 'gcsfuse.csi.storage.gke.io']],
])('the drivers of %s', (_, props, drivers) => {
  expect(cell(props).csiDrivers).toEqual(drivers);
});

test.each(CELL_UNITS)('unit %s mounts by no driver that the cell does not name', (unit) => {
  const units: CellUnit[] = unit === 'snapshot' ? ['hydration', 'snapshot'] : [unit];
  const root = temporaryFolder();
  const scope = app(root);
  const { csiDrivers } = new VllmCell(scope, { ...PROPS, storage: 'pd', units });
  scope.synth();
  const folder = join(root, 'dist/kustomize');
  const texts = (readdirSync(folder, { recursive: true }) as string[]).filter(file => file.endsWith('.yaml')).map(file => readFileSync(join(folder, file), 'utf8'));
  const mounted = texts.flatMap(text => [...text.matchAll(/driver: "?([\w.-]+\.csi\.storage\.gke\.io)/g)].map(([, driver]) => driver));
  expect(mounted.filter(driver => !csiDrivers.includes(driver))).toEqual([]);
  expect(mounted.length > 0).toBe(['batch', 'load-test', 'benchmark'].includes(unit!));
});

test('a storage of one\'s own making', () => {
  const storage = WeightsStorage.hyperdiskMl({ zones: ['us-central1-c'], throughputMib: 1200 });
  const made = cell({ storage });
  expect([made.id, made.storage, made.plan.placement.zones]).toEqual(['l4-hdml', storage, ['us-central1-c']]);
});

test('a cell whose accelerator and storage never meet is said to be impossible, or refused', () => {
  const props = { ...PROPS, accelerator: Accelerator.T4, storage: 'hdml' } as const;
  const reason = 'no machine with NVIDIA T4 attaches a hyperdisk-ml disk; they take pd-standard, pd-balanced, pd-ssd, pd-extreme';
  const result = VllmCell.of(app(), props);
  expect(result).toBeInstanceOf(ImpossibleCell);
  expect(result).toMatchObject({ id: 't4-hdml', reason });
  expect(refusalOf(() => cell(props))).toBe(`VllmCell 't4-hdml': ${reason}`);
});

test('a cell that can be comes from either', () => {
  for (const storage of STORAGE_IDS) {
    const one = VllmCell.of(app(), { ...PROPS, storage });
    expect(one).toBeInstanceOf(VllmCell);
    expect(one.report()).toEqual(cell({ storage }).report());
  }
});

test('a model that does not fit is no impossible cell: it is refused by its server', () => {
  const props = { ...PROPS, model: Model.DEEPSEEK_R1 };
  expect(() => VllmCell.of(app(), props)).toThrow(Refusal);
  expect(refusalOf(() => VllmCell.of(app(), props))).toMatch(/^VllmServer 'l4-gcs': deepseek-ai\/DeepSeek-R1 .*does not fit/);
});

test.each<[Partial<VllmCellProps>, string]>([
  [{ units: ['hydration'] }, '\'units\' (hydration): it fills a disk, and storage gcs is none; leave it out'],
  [{ storage: 'pd', units: ['snapshot'] }, '\'units\' (snapshot): it is of what unit hydration makes; name hydration as well'],
  [{ units: ['chat', 'server' as CellUnit] }, `'units' (server): there is no such unit; there are ${CELL_UNITS.join(', ')}`],
  [{ storage: 'nfs' as 'pd' }, '\'storage\' (nfs) is unknown; there are gcs, hdml, pd'],
  [{ region: 'us-central1-a' }, '\'region\' (us-central1-a) is no region; for example us-central1'],
])('%j is refused', (props, message) => {
  const { storage = 'gcs' } = props;
  expect(refusalOf(() => cell(props))).toBe(`VllmCell 'l4-${storage as string}': ${message}`);
});

test('two cells of one accelerator and storage need a variant', () => {
  const scope = app();
  new VllmCell(scope, PROPS);
  expect(() => new VllmCell(scope, { ...PROPS, model: Model.QWEN3_8B })).toThrow('There is already a Construct with name \'l4-gcs\'');
  expect(new VllmCell(scope, { ...PROPS, model: Model.QWEN3_8B, variant: 'qwen' }).id).toBe('l4-gcs-qwen');
});

test('it makes what is committed', () => {
  const { text } = written();
  const file = 'server/deployment-vllm-openai-gcs-l4.yaml';
  const committed = readFileSync(join(PROJECT, 'dist/kustomize/l4-gcs', file), 'utf8');
  expect(text(file)).toBe(committed.replace(/^.*priorityClassName.*\n/m, ''));
});

test('its collector is the one that is asked for', () => {
  const kinds = (collector?: MetricsCollector) => written({ units: ['monitoring'], collector }).text('monitoring/kustomization.yaml');
  expect(kinds()).toContain('podmonitoring-vllm-openai-gcs-l4.yaml');
  expect(kinds(MetricsCollector.prometheusOperator())).toContain('servicemonitor-vllm-openai-gcs-l4.yaml');
});

test('what Google\'s collectors do not bring scales nothing', () => {
  const cellOf = (units?: readonly CellUnit[]) => cell({ units, collector: MetricsCollector.prometheusOperator() });
  expect(refusalOf(() => cellOf())).toMatch(
    /'units' \(autoscaling\): it reads what Google's collectors bring, .* scale by a VllmScaledObject/);
  expect(() => cellOf(['monitoring'])).not.toThrow();
});
