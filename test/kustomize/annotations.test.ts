import { Accelerator, KustomizeApp, KustomizeUnit, Model, VllmCell, VllmCluster } from '../../lib';
import { k8s } from '../../lib/pods/k8s';
import { parseAllDocuments } from 'yaml';
import { refusalOf } from '../refusal-of';
import { contentOf, temporaryFolders } from './folders';

const temporaryFolder = temporaryFolders();
const OWNER = { 'example.com/owner': 'search' };

/** The objects and the overlays of programs that an app writes, by file. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON of many kinds; a wrong path fails the test
function written(make: (app: KustomizeApp) => void): [string, Record<string, any>][] {
  const root = temporaryFolder();
  const app = new KustomizeApp({ root });
  make(app);
  app.synth();
  return Object.entries(contentOf(root)).filter(([file]) => file.endsWith('.yaml') && !file.includes('/programs/') && !/\/kustomize\/[^/]*\/(?:[^/]*\/)?kustomization/.test(`/${file}`))
    .flatMap(([file, text]) => parseAllDocuments(text).map((document): ReturnType<typeof written>[number] => [file, document.toJS()]));
}

function cellIn(app: KustomizeApp, annotations?: Record<string, string>, labels?: Record<string, string>): void {
  const cell = new VllmCell(app, {
    accelerator: Accelerator.L4, storage: 'hdml', model: Model.QWEN3_8B, namespace: 'vllm', bucket: 'my-models', region: 'us-central1',
    server: { maxModelLen: 8192 }, annotations, labels,
  });
  new VllmCluster(app, { namespace: 'vllm', cells: [cell], annotations, labels });
}

test('annotations and labels of a cell and of a cluster are on every object, also on programs that are kept once', () => {
  const files = written(app => cellIn(app, OWNER, { team: 'search' }));
  const overlays = files.filter(([, { kind }]) => kind === 'Kustomization');
  const objects = files.filter(([, { kind }]) => kind !== 'Kustomization');
  expect(overlays.length).toBeGreaterThan(5);
  expect(objects.length).toBeGreaterThan(50);
  overlays.forEach(([, { commonAnnotations }]) => expect(commonAnnotations).toEqual(OWNER));
  objects.forEach(([, { metadata }]) => expect(metadata).toMatchObject({ annotations: OWNER, labels: { team: 'search' } }));
});

test('without them nothing is said', () => {
  const files = written(app => cellIn(app));
  expect(files.filter(([, object]) => JSON.stringify(object).includes('commonAnnotations'))).toEqual([]);
});

test('what an object says itself stays', () => {
  const [[, object]] = written((app) => {
    const unit = new KustomizeUnit(app, 'unit', { cell: 'own', namespace: 'vllm', annotations: { ...OWNER, stage: 'test' } });
    new k8s.KubeConfigMap(unit, 'own', { metadata: { name: 'own', annotations: { 'example.com/owner': 'me' } } });
  });
  expect(object.metadata.annotations).toEqual({ 'example.com/owner': 'me', stage: 'test' });
});

test.each<[string, Record<string, string>, RegExp]>([
  ['that is no key', { 'the owner': 'me' }, /metadata\.annotations\["the owner"\] is no annotation key/],
  ['with a number', { 'example.com/owner': 1 as unknown as string }, /'annotations\.example\.com\/owner' \(1\) has to be a string/],
])('an annotation %s is refused', (_, annotations, message) => {
  expect(refusalOf(() => written(app => cellIn(app, annotations)))).toMatch(message);
});
