import { ApiObject, Chart, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { k8s } from 'cdk8s-plus-28';
import { KustomizeApp } from '../../lib/kustomize/kustomize-app';
import { KustomizeUnit } from '../../lib/kustomize/kustomize-unit';
import { refusalOf } from '../refusal-of';
import { contentOf, stampsOf, temporaryFolders } from './folders';

const temporaryFolder = temporaryFolders();
const LABELS = { app: 'server' };
const TOKEN = `hf_${'AbCdEfGhIjKlMnOp'.repeat(2)}`;

function unitIn(app: KustomizeApp, unit = 'server', cell = 'l4-gcs'): KustomizeUnit {
  return new KustomizeUnit(app, `${cell}-${unit}`, { cell, unit, namespace: 'vllm' });
}

function config(unit: Chart, name: string, data: Record<string, string> = { a: '1' }, id = name): k8s.KubeConfigMap {
  return new k8s.KubeConfigMap(unit, id, { metadata: { name }, data });
}

function deployment(
  app: KustomizeApp, container: Partial<k8s.Container>, more: Partial<k8s.PodSpec> = {}, selected: Record<string, string> = LABELS,
): void {
  new k8s.KubeDeployment(unitIn(app), 'deployment', {
    metadata: { name: 'server' },
    spec: {
      selector: { matchLabels: selected },
      template: { metadata: { labels: LABELS }, spec: { containers: [{ name: 'main', image: 'a/b:v1', ...container }], ...more } },
    },
  });
}

function labelled(app: KustomizeApp, labels: Record<string, string>): void {
  new k8s.KubeConfigMap(unitIn(app), 'config', { metadata: { name: 'a', labels } });
}

function object(app: KustomizeApp, kind: string, name: string): void {
  new ApiObject(unitIn(app), 'object', { apiVersion: 'v1', kind, metadata: { name } });
}

const REFUSALS: Record<string, (app: KustomizeApp) => void> = {
  'no unit at all': () => {},
  'a unit without objects': app => unitIn(app),
  'a chart that is no unit': app => config(new Chart(app, 'plain', { namespace: 'vllm' }), 'a'),
  'a cell that is no DNS label': app => unitIn(app, 'server', 'L4 GCS'),
  'a cell that leads out': app => unitIn(app, 'server', '../../etc'),
  'a unit that is no DNS label': app => unitIn(app, 'load_test'),
  'a namespace that is no DNS label': app => new KustomizeUnit(app, 'x', { cell: 'a', namespace: 'My.Namespace' }),
  'an empty namespace': app => new KustomizeUnit(app, 'x', { cell: 'a', namespace: '' }),
  'two units in one folder': app => [1, 2].forEach(id => config(new KustomizeUnit(app, `${id}`, { cell: 'a', unit: 'b', namespace: 'vllm' }), 'c')),
  'objects in a cell that has units': (app) => {
    config(unitIn(app), 'a');
    config(new KustomizeUnit(app, 'cell', { cell: 'l4-gcs', namespace: 'vllm' }), 'b');
  },
  'units in a cell that has objects': (app) => {
    config(new KustomizeUnit(app, 'cell', { cell: 'l4-gcs', namespace: 'vllm' }), 'b');
    config(unitIn(app), 'a');
  },
  'an object without a name': app => new k8s.KubeConfigMap(unitIn(app), 'config', { data: {} }),
  'a duplicate in one unit': (app) => {
    const unit = unitIn(app);
    config(unit, 'a', {}, 'first');
    config(unit, 'a', {}, 'second');
  },
  'a duplicate in two units of a cell': app => ['server', 'chat'].forEach(unit => config(unitIn(app, unit), 'a')),
  'a duplicate in another API version': app => ['autoscaling/v1', 'autoscaling/v2'].forEach((apiVersion, id) =>
    new ApiObject(unitIn(app, `unit-${id}`), 'hpa', { apiVersion, kind: 'HorizontalPodAutoscaler', metadata: { name: 'a' } })),
  'two objects with one file name': (app) => {
    const unit = unitIn(app);
    ['a:b', 'a-b'].forEach(name => new k8s.KubeRole(unit, name, { metadata: { name } }));
  },
  'a name with capitals and spaces': app => config(unitIn(app), 'My Config'),
  'a name that leads out': app => config(unitIn(app), '../../x\n---', {}, 'config'),
  'a name of 254 characters': app => config(unitIn(app), 'a'.repeat(254)),
  'an empty name': app => config(unitIn(app), '', {}, 'config'),
  'a Service that starts with a digit': app => object(app, 'Service', '4-server'),
  'a Service with a dot': app => object(app, 'Service', 'server.v1'),
  'a Namespace with a dot': app => object(app, 'Namespace', 'vllm.prod'),
  'a Role with a slash': app => object(app, 'Role', 'a/b'),
  'a GPU limit that a patch loses': (app) => {
    const patched = new kplus.Deployment(unitIn(app), 'deployment', {
      metadata: { name: 'server' },
      containers: [{ image: 'a/b:v1', resources: { memory: { limit: Size.gibibytes(1) } } }],
    });
    ApiObject.of(patched).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu', 2));
  },
  'a null that a patch sets': app => config(unitIn(app), 'a').addJsonPatch(JsonPatch.add('/data/b', null)),
  'an image without tag': app => deployment(app, { image: 'registry:5000/vllm/vllm-openai' }),
  'an image at latest': app => deployment(app, { image: 'vllm/vllm-openai:latest' }),
  'an image with half a digest': app => deployment(app, { image: 'vllm/vllm-openai@sha256:abc' }),
  'no image': app => deployment(app, { image: undefined }),
  'an unpinned init container': app => deployment(app, {}, { initContainers: [{ name: 'init', image: 'busybox' }] }),
  'an unpinned image in a CronJob': app => new k8s.KubeCronJob(unitIn(app), 'cron', {
    metadata: { name: 'cron' },
    spec: { schedule: '@daily', jobTemplate: { spec: { template: { spec: { containers: [{ name: 'main', image: 'a:latest' }] } } } } },
  }),
  'a mount without its volume': app => deployment(app, { volumeMounts: [{ name: 'weights', mountPath: '/weights' }] }, { volumes: [{ name: 'shm', emptyDir: {} }] }),
  'a mount in a pod without volumes': app => deployment(app, { volumeMounts: [{ name: 'weights', mountPath: '/weights' }] }),
  'a selector that misses its pods': app => deployment(app, {}, {}, { app: 'other' }),
  'an empty selector': app => deployment(app, {}, {}, {}),
  'a Secret with data': app => new k8s.KubeSecret(unitIn(app), 'secret', { metadata: { name: 'a' }, data: { token: 'eA==' } }),
  'a Secret with stringData': app => new k8s.KubeSecret(unitIn(app), 'secret', { metadata: { name: 'a' }, stringData: { token: 'x' } }),
  'a Hugging Face token in an environment value': app => deployment(app, { env: [{ name: 'HF_TOKEN', value: TOKEN }] }),
  'a token in an argument': app => deployment(app, { args: [`--api-key=${TOKEN}`] }),
  'a token in a mounted program': app => config(unitIn(app), 'a', { 'app.py': `x = 1\ntoken = "${TOKEN}"\n` }),
  'a private key': app => config(unitIn(app), 'a', { key: '-----BEGIN RSA PRIVATE KEY-----\nabc\n' }),
  'a label value with a slash': app => labelled(app, { model: 'google/gemma-2-9b-it' }),
  'a label value of 64 characters': app => labelled(app, { model: 'x'.repeat(64) }),
  'a label value that is a number': app => labelled(app, { version: 1 as unknown as string }),
  'a label key with a space': app => labelled(app, { 'my label': 'a' }),
  'a label key with two slashes': app => labelled(app, { 'a/b/c': 'a' }),
  'an object that kubectl cannot apply': app => config(unitIn(app), 'a', { text: `${'x'.repeat(99)}\n`.repeat(2600) }),
  'an object that only escapes make too large': app => config(unitIn(app), 'a', { text: '<&>'.repeat(20_000) }),
  'a control character': app => config(unitIn(app), 'a', { 'app.py': 'print("\x1b[0m")\n' }),
  'a check of a construct that fails': app => unitIn(app).node.addValidation({ validate: () => ['the target is 1.5, above 1'] }),
  'a companion folder inside the output': app => app.addFolder('dist/kustomize/report', new Map()),
  'a companion folder around the output': app => app.addFolder('dist', new Map()),
  'a file inside the output': app => app.addFile('dist/kustomize/main.json', ''),
  'a companion file that leads out': app => app.addFolder('dist/report', new Map([['../x', '']])),
  'a companion file with an absolute path': app => app.addFolder('dist/report', new Map([['/etc/passwd', '']])),
};

test.each(Object.entries(REFUSALS))('refuses %s, and the output stays as it was', (_, build) => {
  const root = temporaryFolder();
  const good = new KustomizeApp({ root });
  config(unitIn(good), 'good');
  good.synth();
  const before = [contentOf(root), stampsOf(root)];
  expect(messageOf(root, build)).toMatchSnapshot();
  expect([contentOf(root), stampsOf(root)]).toEqual(before);
});

function messageOf(root: string, build: (app: KustomizeApp) => void): string {
  const app = new KustomizeApp({ root });
  return refusalOf(() => (build(app), app.synth())).replaceAll(root, '<root>').replace(/(.)\1{99,}/g, '$1…');
}
