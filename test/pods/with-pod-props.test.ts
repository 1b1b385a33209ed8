import { Testing } from 'cdk8s';
import {
  Accelerator, BatchInference, GradioChat, LocustLoadTest, Model, ModelEvaluation, PodProps, PodVolume, ServiceIdentity,
  VllmBenchmark, VllmCell, VllmServer,
  WeightsHydration, WeightsLoader, WeightsStorage, WeightsVolume,
} from '../../lib';
import * as api from '../../lib';
import { k8s } from '../../lib/pods/k8s';
import { objectsOf, refusalOf, Rendered, server, unit } from '../serving/rendered';

type Unit = ReturnType<typeof unit>;
interface Workload {
  readonly identity: ServiceIdentity;
}

const bucket = 'my-models';
const disk = WeightsStorage.hyperdiskMl({ zones: ['us-central1-a', 'us-central1-c'] });
const batchOf = (scope: Unit, props: PodProps): BatchInference => new BatchInference(scope, 'batch', {
  server: server(unit()), bucket, input: 'in/questions.jsonl', output: 'out', ...props,
});

/** Each workload with pods, alone in its unit. */
const WORKLOADS: { readonly [name: string]: (scope: Unit, props: PodProps) => Workload } = {
  server: (scope, props) => server(scope, props),
  'server on a disk': (scope, props) => server(scope, props, disk),
  chat: (scope, props) => new GradioChat(scope, 'chat', { server: server(unit()), ...props }),
  'load test': (scope, props) => new LocustLoadTest(scope, 'load-test', { server: server(unit()), output: { bucket }, ...props }),
  batch: batchOf,
  evaluation: (scope, props) =>
    new ModelEvaluation(scope, 'evaluation', { batch: batchOf(unit(), {}), labels: 'in/labels.jsonl', ...props }),
  loader: (scope, props) => new WeightsLoader(scope, 'loader', { weights: weightsIn(scope, WeightsStorage.gcsFuse({ bucket })), ...props }),
  benchmark: (scope, props) => new VllmBenchmark(scope, 'benchmark', { server: server(unit()), bucket, ...props }),
  hydration: (scope, props) => {
    const weights = weightsIn(unit(), disk);
    return new WeightsHydration(scope, 'hydration', {
      weights, server: new VllmServer(unit(), 'server', { weights, accelerator: Accelerator.H100 }), bucket, ...props,
    });
  },
};
const NAMES = Object.keys(WORKLOADS);

function weightsIn(scope: Unit, storage: ReturnType<typeof WeightsStorage.gcsFuse>): WeightsVolume {
  return new WeightsVolume(scope, 'weights', { model: Model.QWEN3_8B, storage });
}

function made(name: string, props: PodProps): { workload: Workload; objects: Rendered[]; templates: k8s.PodTemplateSpec[] } {
  const scope = unit();
  const workload = WORKLOADS[name](scope, props);
  const objects = objectsOf(scope);
  return { workload, objects, templates: objects.filter(({ kind }) => ['Deployment', 'Job'].includes(kind)).map(({ spec }) => spec.template) };
}

/** For each prop what is asked, where pods have it, and what they have there besides. */
const ASKED: { readonly [Prop in keyof Required<Omit<PodProps, 'volumes'>>]: [PodProps[Prop], string, unknown?] } = {
  nodeSelector: [{ 'cloud.google.com/gke-nodepool': 'serving' }, 'spec nodeSelector'],
  tolerations: [[{ key: 'dedicated', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }], 'spec tolerations'],
  imagePullSecrets: [['registry', 'mirror'], 'spec imagePullSecrets', [{ name: 'registry' }, { name: 'mirror' }]],
  podLabels: [{ team: 'search', 'app.kubernetes.io/version': 'v1' }, 'metadata labels'],
  podAnnotations: [{ 'example.com/owner': 'search' }, 'metadata annotations'],
  serviceAccountName: ['search', 'spec serviceAccountName'],
  secretEnv: [{ PLUGIN_LICENCE: { secretName: 'plugin', key: 'licence' } }, 'spec containers 0 env',
    [{ name: 'PLUGIN_LICENCE', valueFrom: { secretKeyRef: { name: 'plugin', key: 'licence' } } }]],
};
const PROPS = Object.keys(ASKED) as (keyof typeof ASKED)[];

/** Volumes have two places, and emptyDirs count as what the container may write: pod-volume.test.ts has them. */
const VOLUME = PodVolume.secret({ name: 'own', secretName: 'plugin', mountPath: '/etc/own' });

test.each(NAMES)('volumes go to the first container of every pod of the %s, and change nothing else', (name) => {
  const before = made(name, {}).templates;
  const after = made(name, { volumes: [VOLUME] }).templates;
  before.forEach(({ spec }) => {
    spec!.volumes!.push(VOLUME.volume);
    spec!.containers[0].volumeMounts!.push(VOLUME.mount);
  });
  expect(after).toEqual(JSON.parse(JSON.stringify(before)));
  expect(after.length).toBe(name === 'load test' ? 2 : 1);
});

/** The value at the place, and the pod without it. */
function taken(template: k8s.PodTemplateSpec, place: string): { value: unknown; rest: unknown } {
  const rest = structuredClone(template) as unknown as Record<string, unknown>;
  const names = place.split(' ');
  const owner = names.slice(0, -1).reduce((object, name) => object[name] as Record<string, unknown>, rest);
  const value = owner[names.at(-1)!];
  delete owner[names.at(-1)!];
  return { value, rest };
}

function joined(before: unknown, added: unknown): unknown {
  if (Array.isArray(added)) {
    return [...before as unknown[] ?? [], ...added as unknown[]];
  }
  return typeof added === 'object' ? { ...before as object, ...added } : added;
}

describe.each(PROPS)('%s', (prop) => {
  const [asked, place, added = asked] = ASKED[prop];
  test.each(NAMES)('goes to every pod of the %s, beside what it had, and changes nothing else', (name) => {
    const before = made(name, {}).templates.map(template => taken(template, place));
    const after = made(name, { [prop]: asked }).templates.map(template => taken(template, place));
    expect(after.length).toBe(name === 'load test' ? 2 : 1);
    expect(after).toEqual(before.map(({ value, rest }) => ({ value: joined(value, added), rest })));
  });
});

test.each(NAMES)('the %s takes an account that exists: it makes none, and its grants are for that one', (name) => {
  const accounts = (objects: Rendered[]) => objects.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name);
  const own = made(name, {});
  expect(accounts(own.objects)).toContain(own.workload.identity.serviceAccountName);
  expect(own.workload.identity.existing).toBe(false);
  const shared = made(name, { serviceAccountName: 'search' });
  expect(accounts(shared.objects)).toEqual([]);
  expect(shared.workload.identity).toEqual({ ...own.workload.identity, serviceAccountName: 'search', existing: true });
});

const KEY = 'sk-Proj_0123456789abcdefXYZ';
const bad = (toleration: object): PodProps => ({ tolerations: [toleration as k8s.Toleration] });
const EXAMPLE = '; write for example { key: \'dedicated\', operator: \'Equal\', value: \'serving\', effect: \'NoSchedule\' }';

describe.each(NAMES)('the %s refuses', (name) => {
  test.each<[string, PodProps, string]>([
    ['a label of a client', { podLabels: { 'client.cdk8s-vllm/other': 'true' } },
      '\'podLabels\' (client.cdk8s-vllm/other: true) would let the pods call a server that they are no client of; leave it out'],
    ['a label of Kubernetes', { podLabels: { 'batch.kubernetes.io/job-name': 'a' } },
      '\'podLabels\' (batch.kubernetes.io/job-name: a) is written by Kubernetes itself; leave it out'],
    ['the version of the programs', { podAnnotations: { 'cdk8s-vllm/other': 'a' } },
      '\'podAnnotations\' (cdk8s-vllm/other: a) is what a change of programs and settings is seen by; leave it out'],
    ['a sidecar', { podAnnotations: { 'gke-gcsfuse/other': 'true' } },
      '\'podAnnotations\' (gke-gcsfuse/other: true) is for the bucket\'s mount to say, from the plan of its sidecar; leave it out'],
    ['the account of everybody', { serviceAccountName: 'default' },
      '\'serviceAccountName\' (default) is the account of every pod that names none, which would all get what this one needs; use another one'],
    ['what is no account', { serviceAccountName: KEY }, '\'serviceAccountName\' is no name of a service account: lower case letters, digits, \'-\' and \'.\''],
    ['what is no pull secret', { imagePullSecrets: [KEY] },
      '\'imagePullSecrets\' is no name of a Secret: lower case letters, digits, \'-\' and \'.\'. It is the name of a Secret, not what is in it; make'
      + ' one with kubectl create secret docker-registry NAME --from-file=.dockerconfigjson=FILE'],
    ['what is no Secret', { secretEnv: { A: { secretName: KEY, key: 'a' } } },
      '\'secretEnv.A.secretName\' is no name of a Secret: lower case letters, digits, \'-\' and \'.\'. It is the name of a Secret, not what is in it;'
      + ' make one with kubectl create secret generic NAME --from-file=a=FILE'],
    ['a secret in the place of its name', { secretEnv: { A: KEY as never } }, '\'secretEnv.A\' (not shown, as it may be a secret) has to be a SecretKey'],
    ['a Secret without a key', { secretEnv: { A: { secretName: 'a' } as never } }, '\'secretEnv.A.key\' is missing; it has to be a string'],
    ['what is no key', { secretEnv: { A: { secretName: 'a', key: 'a b' } } },
      '\'secretEnv.A.key\' is no key of a Secret: 1 to 253 letters, digits, \'-\', \'_\' and \'.\''],
    ['what is no variable', { secretEnv: { 'A B': { secretName: 'a', key: 'a' } } },
      '\'secretEnv\' (A B) must be a name of letters, digits and \'_\', such as PLUGIN_LICENCE'],
    ['an effect that there is not', bad({ key: 'a', operator: 'Exists', effect: 'NoRun' }),
      `'tolerations[0]' ({"key":"a","operator":"Exists","effect":"NoRun"}) has to have the effect NoSchedule, PreferNoSchedule, NoExecute or none, which is all${EXAMPLE}`],
    ['an operator that there is not', bad({ key: 'a', operator: 'In' }),
      `'tolerations[0]' ({"key":"a","operator":"In"}) has to have the operator Exists or Equal${EXAMPLE}`],
    ['a toleration without a key', bad({ value: 'a' }),
      `'tolerations[0]' ({"value":"a"}) has no key, which only Exists can do without, and then bears every taint${EXAMPLE}`],
    ['a value that nobody looks at', bad({ key: 'a', operator: 'Exists', value: 'b' }),
      `'tolerations[0]' ({"key":"a","operator":"Exists","value":"b"}) has a value, which Exists does not look at${EXAMPLE}`],
    ['seconds without NoExecute', bad({ key: 'a', value: 'b', tolerationSeconds: 1 }),
      `'tolerations[0]' ({"key":"a","value":"b","tolerationSeconds":1}) has tolerationSeconds, which are for NoExecute alone${EXAMPLE}`],
    ['another field', bad({ key: 'a', value: 'b', effects: 'NoSchedule' }),
      `'tolerations[0]' ({"key":"a","value":"b","effects":"NoSchedule"}) has 'effects', and a toleration has key, operator, value, effect, tolerationSeconds${EXAMPLE}`],
    ['what is no toleration', { tolerations: ['dedicated' as k8s.Toleration] }, `'tolerations[0]' ("dedicated") is no toleration${EXAMPLE}`],
  ])('%s', (_, props, message) => {
    const refusal = refusalOf(() => made(name, props));
    expect(refusal).toContain(message);
    expect(refusal).toMatch(
      /^(VllmServer|VllmBenchmark|GradioChat|LocustLoadTest|BatchInference|ModelEvaluation|Weights(?:Loader|Hydration)) '/);
    expect(refusal).not.toContain('sk-Proj');
  });

  test('every label, annotation, variable and node label that it decides', () => {
    const [{ metadata, spec }] = made(name, {}).templates;
    const decided: [keyof PodProps, string[]][] = [
      ['podLabels', Object.keys(metadata!.labels!).filter(label => !label.startsWith('client.'))],
      ['podAnnotations', Object.keys(metadata!.annotations ?? {})],
      ['nodeSelector', Object.keys(spec!.nodeSelector ?? {})],
    ];
    for (const [prop, keys] of decided) {
      keys.forEach(key => expect(refusalOf(() => made(name, { [prop]: { [key]: 'other' } }))).toContain(`'${prop}' (${key}: other) is`));
    }
    spec!.containers[0].env?.forEach(variable => expect(refusalOf(() => made(name, { secretEnv: { [variable.name]: { secretName: 'a', key: 'a' } } })))
      .toContain(`'secretEnv' (${variable.name}) is set already; leave it out`));
  });
});

test.each<[string, PodProps, string]>([
  ['server', { nodeSelector: { 'cloud.google.com/gke-accelerator': 'nvidia-l4' } },
    '\'nodeSelector\' (cloud.google.com/gke-accelerator: nvidia-l4) is for \'accelerator\' to say, and is nvidia-h100-80gb; leave it out, and set \'accelerator\''],
  ['server', { nodeSelector: { 'cloud.google.com/gke-spot': 'true' } },
    '\'nodeSelector\' (cloud.google.com/gke-spot: true) is for \'capacity\' to say; leave it out, and set \'capacity\''],
  ['server', { nodeSelector: { 'topology.kubernetes.io/zone': 'us-central1-a' } },
    '\'nodeSelector\' (topology.kubernetes.io/zone: us-central1-a) is for \'zones\' to say; leave it out, and set \'zones\''],
  ['server', { podLabels: { app: 'search' } }, '\'podLabels\' (app: search) is decided already: app is vllm-openai-gcs-h100; leave it out'],
  ['server', { secretEnv: { VLLM_API_KEY: { secretName: 'a', key: 'a' } } },
    'secretEnv \'VLLM_API_KEY\' would be a key that chat, batch and load test know nothing of; set apiKeySecretName'],
  ['server', { secretEnv: { VLLM_SERVER_DEV_MODE: { secretName: 'a', key: 'a' } } },
    'secretEnv \'VLLM_SERVER_DEV_MODE\' opens administrative endpoints to whoever reaches the port; leave it out'],
  ['server', { secretEnv: { VLLM_NONSENSE: { secretName: 'a', key: 'a' } } }, 'vLLM 0.33.0 has no environment variable \'VLLM_NONSENSE\''],
  ['hydration', { nodeSelector: { 'topology.kubernetes.io/zone': 'us-central1-f' } },
    '\'nodeSelector\' (topology.kubernetes.io/zone: us-central1-f) is none of those that the pods can run on: us-central1-a, us-central1-c; take one'
    + ' of them, or leave it out'],
])('the %s refuses %j with the prop that decides it', (name, props, message) => {
  expect(refusalOf(() => made(name, props))).toContain(message);
});

test('a server goes on bearing the taint of GPU nodes, and naming them', () => {
  const [{ spec }] = made('server', { tolerations: [{ key: 'a', operator: 'Exists' }], nodeSelector: { b: 'c' } }).templates;
  expect(spec!.tolerations).toEqual([{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }, { key: 'a', operator: 'Exists' }]);
  expect(spec!.nodeSelector).toMatchObject({ 'cloud.google.com/gke-accelerator': 'nvidia-h100-80gb', b: 'c' });
});

test('no workload with programs is left out', () => {
  const classes = Object.values(api).filter(type => typeof type === 'function' && 'programImage' in type).map(({ name }) => name);
  expect(classes.length).toBeGreaterThan(5);
  expect([...new Set(NAMES.map(name => made(name, {}).workload.constructor.name))].sort()).toEqual([...classes, 'VllmServer'].sort());
});

test('a hydration can be kept to one of its zones', () => {
  const { templates: [{ spec }] } = made('hydration', { nodeSelector: { 'topology.kubernetes.io/zone': 'us-central1-a' } });
  expect(spec!.nodeSelector).toEqual({ 'topology.kubernetes.io/zone': 'us-central1-a' });
});

test('a cell hands them to every workload, and the server may have its own', () => {
  const app = Testing.app();
  new VllmCell(app, {
    accelerator: Accelerator.L4, storage: 'hdml', model: Model.QWEN3_8B, namespace: 'vllm', bucket, region: 'us-central1',
    pods: { podLabels: { team: 'search' }, nodeSelector: { pool: 'small' } }, server: { maxModelLen: 8192, nodeSelector: { pool: 'gpus' } },
  });
  const templates = app.charts.flatMap(chart => objectsOf(chart as Unit)).filter(({ kind }) => ['Deployment', 'Job'].includes(kind))
    .map(({ spec }) => spec.template as k8s.PodTemplateSpec);
  expect(templates.map(({ metadata }) => metadata!.labels!.team)).toEqual(Array(8).fill('search'));
  expect(templates.map(({ spec }) => spec!.nodeSelector!.pool).sort()).toEqual(['gpus', ...Array(7).fill('small')]);
});
