import { existsSync } from 'node:fs';
import { JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { KustomizeApp, KustomizeUnit, Refusal } from '../../lib';
import { SharedFiles, shareFiles } from '../../lib/common/shared-files';
import { objectsIn } from '../rig/unit-folder';
import { contentOf, temporaryFolders } from './folders';

const temporaryFolder = temporaryFolders();
const DATA = { 'main.py': 'print("ä")\n', 'contract.json': '{}\n' };
const PROGRAM: SharedFiles = { folder: 'greeter', data: DATA, beside: { Dockerfile: 'FROM a:1\n' } };

interface Given {
  readonly files?: SharedFiles;
  readonly name?: string;
  readonly unit?: string;
  readonly metadata?: object;
  readonly patch?: JsonPatch;
}

function add(app: KustomizeApp, cell: string, { files = PROGRAM, name = `${cell}-greeter-programs`, unit, metadata, patch }: Given = {}): void {
  const scope = new KustomizeUnit(app, `${cell}-${unit}`, { cell, unit, namespace: cell });
  const labels = { app: `${cell}-greeter` };
  const configMap = new k8s.KubeConfigMap(scope, 'programs', { metadata: { name, labels, ...metadata }, data: files.data });
  configMap.addJsonPatch(...patch ? [patch] : []);
  shareFiles(configMap, files);
  new k8s.KubeServiceAccount(scope, 'account', { metadata: { name: 'it' } });
}

function written(build: (app: KustomizeApp) => void): { readonly root: string; readonly files: Record<string, string> } {
  const root = temporaryFolder();
  const app = new KustomizeApp({ root });
  build(app);
  app.synth();
  return { root: `${root}/dist/kustomize`, files: contentOf(`${root}/dist/kustomize`) };
}

test('two cells keep their program once, each as a ConfigMap of its own', () => {
  const { root, files } = written(app => ['one', 'two'].forEach(cell => add(app, cell, { unit: 'greeter' })));
  expect(Object.keys(files).filter(name => name.startsWith('programs/'))).toEqual([
    'programs/greeter/Dockerfile', 'programs/greeter/contract.json', 'programs/greeter/kustomization.yaml', 'programs/greeter/main.py',
  ]);
  expect(Object.values(files).filter(text => text.includes('print("ä")'))).toHaveLength(1);
  for (const cell of ['one', 'two']) {
    expect(objectsIn(`${root}/${cell}/greeter`)).toContainEqual({
      apiVersion: 'v1', kind: 'ConfigMap', data: DATA,
      metadata: { name: `${cell}-greeter-programs`, namespace: cell, labels: { app: `${cell}-greeter` } },
    });
  }
});

test('a cell without units reaches the program as well', () => {
  const { root } = written(app => add(app, 'one'));
  expect(objectsIn(`${root}/one`)).toContainEqual(expect.objectContaining({ kind: 'ConfigMap', data: DATA }));
});

test('the same program on another image has a folder of its own, and so has another program of that name', () => {
  const { root, files } = written((app) => {
    add(app, 'one');
    add(app, 'two', { files: { ...PROGRAM, beside: { Dockerfile: 'FROM a:2\n' } } });
    add(app, 'three', { files: { ...PROGRAM, data: { 'main.py': 'exit()\n' } } });
    add(app, 'four', { files: { ...PROGRAM, beside: { Dockerfile: 'FROM a:2\n' } } });
  });
  const folders = new Set(Object.keys(files).filter(name => name.startsWith('programs/')).map(name => name.split('/')[1]));
  expect([...folders].sort()).toEqual(['greeter', expect.stringMatching(/^greeter-[0-9a-f]{8}$/), expect.stringMatching(/^greeter-[0-9a-f]{8}$/)]);
  expect(objectsIn(`${root}/three`)).toContainEqual(expect.objectContaining({ data: { 'main.py': 'exit()\n' } }));
});

test.each<[string, Given]>([
  ['with annotations', { metadata: { annotations: { note: 'mine' } } }],
  ['of a name that no prefix makes', { name: 'greeter' }],
  ['with a patched program', { patch: JsonPatch.replace('/data/main.py', 'exit()\n') }],
  ['with a file more', { patch: JsonPatch.add('/data/own.py', 'exit()\n') }],
  ['that cannot be changed', { patch: JsonPatch.add('/immutable', true) }],
])('a ConfigMap %s stays a file of its own', (_, given) => {
  const { root, files } = written(app => add(app, 'one', given));
  expect(existsSync(`${root}/programs`)).toBe(false);
  expect(Object.keys(files).filter(name => name.startsWith('one/configmap-'))).toHaveLength(1);
});

test('a program that one unit patches is written in full there, and shared by the others', () => {
  const { root } = written((app) => {
    add(app, 'one');
    add(app, 'two', { patch: JsonPatch.replace('/data/main.py', 'exit()\n') });
    add(app, 'three');
  });
  const mains = ['one', 'two', 'three'].map(cell => objectsIn(`${root}/${cell}`).map(object => (object.data as typeof DATA | undefined)?.['main.py']));
  expect(mains).toEqual(['print("ä")\n', 'exit()\n', 'print("ä")\n'].map(main => expect.arrayContaining([main])));
});

test('the last ConfigMap that fits is found to the byte, whoever had the program before', () => {
  const sized = (filler: number): SharedFiles => ({ ...PROGRAM, data: { 'main.py': `<ä>${'x'.repeat(filler)}` } });
  const refusal = (...cells: string[]) => (filler: number) => () => {
    const files = sized(filler);
    written(app => cells.forEach(cell => add(app, cell, { files })));
  };
  const empty = Buffer.byteLength(JSON.stringify({
    apiVersion: 'v1', kind: 'ConfigMap', data: sized(0).data,
    metadata: { name: 'cell-b-greeter-programs', namespace: 'cell-b', labels: { app: 'cell-b-greeter' } },
  })) + 2 * 5;
  const most = 262_144 - empty;
  expect(refusal('b', 'cell-b')(most)).not.toThrow();
  expect(refusal('b', 'cell-b')(most + 1)).toThrow('262145 bytes as JSON');
  expect(refusal('cell-b')(most + 1)).toThrow('262145 bytes as JSON');
});

test('what is shared is checked as everything else is', () => {
  const data = { 'main.py': `TOKEN = "hf_${'AbCdEfGhIjKlMnOp'.repeat(2)}"\n` };
  expect(() => written(app => add(app, 'one', { files: { ...PROGRAM, data } }))).toThrow('holds what looks like a secret token');
});

test('no cell can be called as the folder of the programs', () => {
  const app = new KustomizeApp({ root: temporaryFolder() });
  expect(() => new KustomizeUnit(app, 'programs', { cell: 'programs', namespace: 'vllm' })).toThrow(Refusal);
});
