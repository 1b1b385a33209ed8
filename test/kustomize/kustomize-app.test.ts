import { ApiObject, Testing } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { parse } from 'yaml';
import { addSyntheticCell } from '../../bench/synthetic-cell';
import { KustomizeApp } from '../../lib/kustomize/kustomize-app';
import { KustomizeUnit } from '../../lib/kustomize/kustomize-unit';
import { fileNameOf, Manifest } from '../../lib/kustomize/manifests/manifest';
import { contentOf, stampsOf, temporaryFolders } from './folders';

const temporaryFolder = temporaryFolders();

function addConfig(scope: Construct, id: string, name: string, data: Record<string, string> = { a: '1' }): k8s.KubeConfigMap {
  return new k8s.KubeConfigMap(scope, id, { metadata: { name }, data });
}

function smallApp(root: string, content = '1'): KustomizeApp {
  const app = new KustomizeApp({ root });
  addConfig(new KustomizeUnit(app, 'one-server', { cell: 'one', unit: 'server', namespace: 'vllm' }), 'config', 'server', { content });
  addConfig(new KustomizeUnit(app, 'one-chat', { cell: 'one', unit: 'chat', namespace: 'vllm', labels: { app: 'chat' } }), 'config', 'chat');
  addConfig(new KustomizeUnit(app, 'one-load', { cell: 'one', unit: 'load-test', namespace: 'vllm', applyWithCell: false }), 'config', 'load');
  const cluster = new KustomizeUnit(app, 'cluster', { cell: 'cluster', namespace: 'vllm' });
  new k8s.KubeNamespace(cluster, 'namespace', { metadata: { name: 'vllm' } });
  app.addFolder('dist/report', new Map([['cells.json', `{"content": ${content}}\n`], ['pages/index.html', '<html>']]));
  return app;
}

test('one folder a unit, one object a file, and a cell that applies its units', () => {
  const root = temporaryFolder();
  smallApp(root).synth();
  expect(contentOf(`${root}/dist`)).toMatchSnapshot();
});

test('a run without a change writes nothing', () => {
  const root = temporaryFolder();
  smallApp(root).synth();
  const before = stampsOf(root);
  smallApp(root).synth();
  expect(stampsOf(root)).toEqual(before);
});

test('only the folder that changes is replaced', () => {
  const root = temporaryFolder();
  smallApp(root).synth();
  const report = stampsOf(`${root}/dist/report`);
  const app = smallApp(root);
  addConfig(new KustomizeUnit(app, 'two', { cell: 'two', unit: 'server', namespace: 'vllm' }), 'config', 'two');
  app.synth();
  expect(stampsOf(`${root}/dist/report`)).toEqual(report);
  expect(Object.keys(contentOf(`${root}/dist/kustomize`))).toContain('two/server/configmap-two.yaml');
});

test('files of objects that are gone go', () => {
  const root = temporaryFolder();
  const app = smallApp(root);
  addConfig(new KustomizeUnit(app, 'two', { cell: 'two', unit: 'server', namespace: 'vllm' }), 'config', 'two');
  app.synth();
  smallApp(root).synth();
  expect(Object.keys(contentOf(`${root}/dist/kustomize`)).filter(name => name.startsWith('two'))).toEqual([]);
});

test('construct ids and nesting do not change a byte', () => {
  const [flat, nested] = [temporaryFolder(), temporaryFolder()];
  smallApp(flat).synth();
  const app = new KustomizeApp({ root: nested });
  const cluster = new KustomizeUnit(app, 'zzz', { cell: 'cluster', namespace: 'vllm' });
  const scope = new Construct(new Construct(cluster, 'deep'), 'deeper');
  addConfig(new KustomizeUnit(scope, 'x', { cell: 'one', unit: 'chat', namespace: 'vllm', labels: { app: 'chat' } }), 'other', 'chat');
  const server = new KustomizeUnit(cluster, 'a', { cell: 'one', unit: 'server', namespace: 'vllm' });
  addConfig(new Construct(server, 'inner'), 'x', 'server', { content: '1' });
  addConfig(new KustomizeUnit(app, 'b', { cell: 'one', unit: 'load-test', namespace: 'vllm', applyWithCell: false }), 'y', 'load');
  new k8s.KubeNamespace(scope, 'namespace', { metadata: { name: 'vllm' } });
  app.synth();
  expect(contentOf(`${nested}/dist/kustomize`)).toEqual(contentOf(`${flat}/dist/kustomize`));
});

test('the output folder is the prop, else CDK8S_OUTDIR, else dist/kustomize below the root', () => {
  const root = temporaryFolder();
  expect(new KustomizeApp({ root }).outdir).toBe(`${root}/dist/kustomize`);
  process.env.CDK8S_OUTDIR = `${root}/from-cli`;
  try {
    expect(new KustomizeApp({ root }).outdir).toBe(`${root}/from-cli`);
    expect(new KustomizeApp({ root, outdir: 'own' }).outdir).toBe(`${root}/own`);
  } finally {
    delete process.env.CDK8S_OUTDIR;
  }
});

test('a unit is an ordinary chart in an ordinary app', () => {
  const unit = new KustomizeUnit(Testing.app(), 'one', { cell: 'one', unit: 'server', namespace: 'vllm' });
  addConfig(unit, 'config', 'server');
  expect(Testing.synth(unit)).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'server', namespace: 'vllm' }, data: { a: '1' } }]);
});

test('the manifests are those that cdk8s renders, only without a namespace on cluster-wide kinds', () => {
  const root = temporaryFolder();
  const app = new KustomizeApp({ root });
  addSyntheticCell(app, 0);
  app.synth();
  const cell = contentOf(`${root}/dist/kustomize/cell-0000`);
  const charts = app.node.children.filter(child => KustomizeUnit.isUnit(child));
  const expected = charts.flatMap(chart => (chart.toJson() as Manifest[]).map(manifest => [`${chart.unit}/${fileNameOf(manifest)}`, manifest]));
  const written = Object.entries(cell).filter(([name]) => /\/(?!kustomization)/.test(name)).map(([name, text]) => [name, parse(text)]);
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(expected));
  expect(written).toHaveLength(25);
});

test('takes names that are unusual but right', () => {
  const root = temporaryFolder();
  const app = new KustomizeApp({ root });
  const unit = new KustomizeUnit(app, 'cluster', { cell: 'cluster', namespace: 'vllm' });
  new k8s.KubeClusterRole(unit, 'role', { metadata: { name: 'system:vllm:reader' } });
  new ApiObject(unit, 'api', { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: 'v1beta1.custom.metrics.k8s.io' } });
  new ApiObject(unit, 'old', { apiVersion: 'autoscaling/v2', kind: 'X', metadata: { name: 'same', namespace: 'b' } });
  new ApiObject(new KustomizeUnit(app, 'other', { cell: 'other', namespace: 'a' }), 'new', { apiVersion: 'autoscaling/v2', kind: 'X', metadata: { name: 'same' } });
  addConfig(new KustomizeUnit(app, 'fine', { cell: 'fine', namespace: 'vllm' }), 'config', 'hf', { text: 'hf_hub_download_of_a_long_name hf_short' });
  app.synth();
  expect(Object.keys(contentOf(`${root}/dist/kustomize/cluster`))).toEqual([
    'apiservice-v1beta1.custom.metrics.k8s.io.yaml', 'clusterrole-system-vllm-reader.yaml', 'kustomization.yaml', 'x-same.yaml',
  ]);
});
