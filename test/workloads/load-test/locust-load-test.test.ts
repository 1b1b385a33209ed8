import { Duration } from 'cdk8s';
import { LocustLoadTest, LocustLoadTestProps } from '../../../lib';
import { emptyLeaves, objectsOf, refusalOf, Rendered, server, unit } from '../../serving/rendered';

type Given = Partial<Omit<LocustLoadTestProps, 'server'>>;

function rendered(props: Given = {}): { readonly test: LocustLoadTest; readonly objects: Rendered[] } {
  const scope = unit();
  const test = new LocustLoadTest(scope, 'load-test', { server: server(scope), ...props });
  return { test, objects: objectsOf(scope).filter(({ metadata }) => metadata.name.startsWith(test.name)) };
}

const NAME = 'vllm-openai-gcs-h100-load-test';
const of = (objects: Rendered[], kind: string, name: string) =>
  objects.find(object => object.kind === kind && object.metadata.name === name)!;
const podOf = (objects: Rendered[], name = NAME) => of(objects, 'Job', name).spec.template.spec;
const settingsOf = (objects: Rendered[]) => JSON.parse(of(objects, 'ConfigMap', `${NAME}-settings`).data['settings.json']);

test('without any wish: a test of 5 minutes with 8 users on 2 workers', () => {
  const { test: { name, identity, labels }, objects } = rendered();
  expect([name, identity.serviceAccountName, identity.grants]).toEqual([NAME, NAME, []]);
  expect(labels).toMatchObject({ 'app.kubernetes.io/name': 'locust-load-test', 'app.kubernetes.io/instance': NAME });
  expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name.replace(NAME, '~')}`).sort()).toEqual([
    'ConfigMap/~-programs', 'ConfigMap/~-settings', 'Job/~', 'Job/~-worker', 'NetworkPolicy/~', 'NetworkPolicy/~-worker', 'Service/~',
    'ServiceAccount/~', 'ServiceAccount/~-worker',
  ]);
  expect(objects.flatMap(object => emptyLeaves(object))).toEqual([]);
  expect(settingsOf(objects)).toMatchObject({
    name: NAME, target: 'http://vllm-openai-gcs-h100.vllm.svc.cluster.local:8000', acknowledgeExternalTarget: false, model: 'Qwen/Qwen3-8B',
    contextTokens: 8192, users: 8, workers: 2, spawnRate: 1, runSeconds: 300, thresholds: { errorRate: 0.01 }, uniquePrompts: true,
    promptTokens: { mean: 161, sigma: 1, min: 1, max: 1024 }, outputTokens: { mean: 338, sigma: 1, min: 1, max: 1024 },
  });
});

test('the leading Job judges once; the workers are as many as asked for, and do not judge', () => {
  const { objects } = rendered({ users: 150, workers: 3, runTime: Duration.minutes(10) });
  expect(of(objects, 'Job', NAME).spec).toMatchObject({
    backoffLimit: 0, ttlSecondsAfterFinished: 86_400, activeDeadlineSeconds: 600 + 120 + 600 + 60 + 300,
  });
  const workers = of(objects, 'Job', `${NAME}-worker`).spec;
  expect(workers).toMatchObject({ completionMode: 'Indexed', completions: 3, parallelism: 3, backoffLimit: 3 });
  expect(workers.podFailurePolicy.rules.map(({ action }: { action: string }) => action)).toEqual(['FailJob', 'Ignore']);
  expect(workers.activeDeadlineSeconds).toBeGreaterThan(of(objects, 'Job', NAME).spec.activeDeadlineSeconds);
  expect(podOf(objects, `${NAME}-worker`).containers[0]).toMatchObject({
    image: 'locustio/locust:2.47.0', command: ['python3', '/opt/cdk8s-vllm/main.py'],
    args: ['worker', '--settings=/settings/settings.json', `--master=${NAME}`],
  });
  expect(podOf(objects).containers[0].args).toEqual(['master', '--settings=/settings/settings.json']);
});

test('workers reach the server and the master, the master only the server, and nobody else reaches them', () => {
  const { objects } = rendered();
  const [master, worker] = ['', '-worker'].map(end => of(objects, 'NetworkPolicy', `${NAME}${end}`).spec);
  const labelsOf = (end: string) => ({ 'app.kubernetes.io/name': 'locust-load-test', 'app.kubernetes.io/instance': `${NAME}${end}` });
  const serverLabels = { 'app.kubernetes.io/name': 'vllm', 'app.kubernetes.io/instance': 'vllm-openai-gcs-h100' };
  const to = (labels: object, port: number) => ({ to: [{ podSelector: { matchLabels: labels } }], ports: [{ port, protocol: 'TCP' }] });
  expect(master.podSelector.matchLabels).toEqual(labelsOf(''));
  expect(master.ingress).toEqual([{
    from: [{ podSelector: { matchLabels: labelsOf('-worker') } }], ports: [{ port: 5557, protocol: 'TCP' }],
  }]);
  expect(master.egress.slice(2)).toEqual([to(serverLabels, 8000)]);
  expect(worker).not.toHaveProperty('ingress');
  expect(worker.egress.slice(2)).toEqual([to(serverLabels, 8000), to(labelsOf(''), 5557)]);
  expect(of(objects, 'Service', NAME).spec).toMatchObject({ clusterIP: 'None', selector: labelsOf('') });
  for (const end of ['', '-worker']) {
    const { labels } = of(objects, 'Job', `${NAME}${end}`).spec.template.metadata;
    expect(labels).toMatchObject({ ...labelsOf(end), 'client.cdk8s-vllm/vllm-openai-gcs-h100': 'true' });
  }
});

test('pods are restricted, and write to two directories', () => {
  const { objects } = rendered();
  for (const name of [NAME, `${NAME}-worker`]) {
    const pod = podOf(objects, name);
    expect(pod).toMatchObject({ automountServiceAccountToken: false, restartPolicy: 'Never', securityContext: { runAsNonRoot: true } });
    expect(pod.containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    const writable = pod.volumes.filter(({ emptyDir }: Rendered) => emptyDir)
      .map((volume: Rendered) => [volume.name, volume.emptyDir.sizeLimit]);
    expect(writable).toEqual(name === NAME ? [['tmp', '16Mi'], ['results', '64Mi']] : [['tmp', '16Mi']]);
  }
});

test('an open loop has a rate in place of users', () => {
  const settings = settingsOf(rendered({ requestsPerSecond: 25 }).objects);
  expect(settings).toMatchObject({ requestsPerSecond: 25, workers: 3 });
  expect(settings).not.toHaveProperty('users');
  expect(settings).not.toHaveProperty('spawnRate');
});

test('workers are as many as the users need, and never more than there are users', () => {
  expect(settingsOf(rendered({ users: 450 }).objects).workers).toBe(5);
  expect(settingsOf(rendered({ users: 1 }).objects).workers).toBe(1);
});

test('users all come within ten seconds, as far as the cap lets them', () => {
  expect([20, 1000, 2000].map(users => settingsOf(rendered({ users }).objects).spawnRate)).toEqual([2, 100, 100]);
});

test('a small context shortens prompts and answers', () => {
  const scope = unit();
  new LocustLoadTest(scope, 'load-test', { server: server(scope, { maxModelLen: 512, maxNumSeqs: 8 }) });
  const { promptTokens, outputTokens } = settingsOf(objectsOf(scope));
  expect([promptTokens, outputTokens]).toEqual([{ mean: 128, sigma: 1, min: 1, max: 256 }, { mean: 120, sigma: 1, min: 1, max: 240 }]);
});

test('own prompts are a file, one a line; those of a ConfigMap are mounted', () => {
  const { objects } = rendered({ prompts: ['What is a fox?', 'two\nlines "quoted"'] });
  expect(of(objects, 'ConfigMap', `${NAME}-settings`).data['prompts.txt']).toBe('"What is a fox?"\n"two\\nlines \\"quoted\\""\n');
  expect(podOf(objects, `${NAME}-worker`).containers[0].args).toContain('--prompts=/settings/prompts.txt');
  const mounted = podOf(rendered({ promptsConfigMap: 'my-prompts' }).objects, `${NAME}-worker`);
  expect(mounted.volumes).toContainEqual({
    name: 'prompts', configMap: { name: 'my-prompts', items: [{ key: 'prompts.txt', path: 'prompts.txt' }] },
  });
  expect(mounted.containers[0].args).toContain('--prompts=/prompts/prompts.txt');
});

test('a changed setting is a changed pod; a changed program is one Job and not two', () => {
  const annotationsOf = (props: Given, end = '') => of(rendered(props).objects, 'Job', `${NAME}${end}`).spec.template.metadata.annotations;
  for (const end of ['', '-worker']) {
    expect(annotationsOf({}, end)).toEqual(annotationsOf({}, end));
    expect(annotationsOf({ users: 9 }, end)['cdk8s-vllm/settings']).not.toBe(annotationsOf({}, end)['cdk8s-vllm/settings']);
  }
  expect(Object.keys(annotationsOf({}))).toEqual(['cdk8s-vllm/programs', 'cdk8s-vllm/settings']);
  expect(Object.keys(annotationsOf({}, '-worker'))).toEqual(['cdk8s-vllm/settings']);
});

test('with a bucket the page is written there by the master\'s own identity', () => {
  const { test: { identity }, objects } = rendered({ output: { bucket: 'my-reports' } });
  expect(identity.grants).toEqual([{ bucket: 'my-reports', folder: NAME, verb: 'write' }]);
  const { csi } = podOf(objects).volumes.find(({ name }: Rendered) => name === 'results');
  expect(csi).toMatchObject({ driver: 'gcsfuse.csi.storage.gke.io', volumeAttributes: { bucketName: 'my-reports' } });
  expect(csi.volumeAttributes.mountOptions.split(',')).toContain(`only-dir=${NAME}`);
  expect(of(objects, 'Job', NAME).spec.template.metadata.annotations).toMatchObject({ 'gke-gcsfuse/volumes': 'true' });
  const [master, worker] = [NAME, `${NAME}-worker`].map(name => of(objects, 'NetworkPolicy', name).spec.egress.length);
  expect(master).toBeGreaterThan(worker);
});

test('the page is for those who may forward a port, and behind a login', () => {
  const { objects } = rendered({ webUi: { loginSecretName: 'load-test-login' } });
  expect(podOf(objects).containers[0].args).toContain('--login=/login');
  expect(podOf(objects).volumes.find(({ name }: Rendered) => name === 'login').secret).toMatchObject({ secretName: 'load-test-login' });
  expect(podOf(objects, `${NAME}-worker`).volumes.map(({ name }: Rendered) => name)).not.toContain('login');
  expect(of(objects, 'NetworkPolicy', NAME).spec.ingress).toHaveLength(1);
  expect(settingsOf(objects).pageSeconds).toBe(3600);
});

test('a password in the place of its Secret\'s name is refused, and not repeated', () => {
  const refusal = refusalOf(() => rendered({ webUi: { loginSecretName: 'Correct_Horse!' } }));
  expect(refusal).toContain('LocustLoadTest \'load-test\': \'webUi.loginSecretName\' is no name of a Secret');
  expect(refusal).toContain('kubectl create secret generic NAME --type=kubernetes.io/basic-auth');
  expect(refusal).not.toMatch(/Correct|Horse/);
});

test('an image of one\'s own has the programs already', () => {
  const { objects } = rendered({ image: 'example.com/load-test@sha256:1' });
  expect(podOf(objects).containers[0].image).toBe('example.com/load-test@sha256:1');
  expect(of(objects, 'ConfigMap', `${NAME}-programs`)).toBeUndefined();
  expect(Object.keys(LocustLoadTest.programImage().programs)).toEqual(expect.arrayContaining(['contract.json', 'main.py', 'worker.py']));
});

test('another target is let through: inside the cluster by its namespace, outside by its port', () => {
  const egressOf = (props: Given) => of(rendered(props).objects, 'NetworkPolicy', `${NAME}-worker`).spec.egress.at(-1);
  expect(egressOf({ target: 'http://gateway.ingress.svc.cluster.local:80' })).toEqual({
    to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } }], ports: [{ port: 80, protocol: 'TCP' }],
  });
  expect(egressOf({ target: 'https://llm.example.com', acknowledgeExternalTarget: true })).toEqual({
    to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ port: 443, protocol: 'TCP' }],
  });
});

test.each<[string, Given, string]>([
  ['no users', { users: 0 }, '\'users\' (0) must be a whole number from 1 to 2000'],
  ['half a user', { users: 1.5 }, '\'users\' (1.5)'],
  ['more users than the cap', { users: 2001 }, '\'users\' (2001)'],
  ['more users than workers can play', { users: 500, workers: 3 }, '\'workers\' (3) are too few for 500 users: one sends for 100. Use at'],
  ['idle workers', { users: 2, workers: 3 }, '\'workers\' (3) are more than \'users\' (2)'],
  ['no workers', { workers: 0 }, '\'workers\' (0)'],
  ['too many workers', { workers: 21 }, '\'workers\' (21) must be a whole number from 1 to 20'],
  ['two kinds of load', { users: 8, requestsPerSecond: 2 }, 'give one of them'],
  ['no rate', { requestsPerSecond: 0 }, '\'requestsPerSecond\' (0) must be a number above 0 and at most 200'],
  ['a rate above the cap', { requestsPerSecond: 201 }, 'at most 200'],
  ['a ramp of a rate', { requestsPerSecond: 2, spawnRate: 1 }, 'leave it out'],
  ['a page with a rate', { requestsPerSecond: 2, webUi: { loginSecretName: 'x' } }, 'goes with users only'],
  ['a ramp of nothing', { spawnRate: 0 }, '\'spawnRate\' (0)'],
  ['more than an hour', { runTime: Duration.minutes(61) }, '\'runTime in seconds\' (3660) must be a whole number from 10 to 3600'],
  ['less than a measurement', { runTime: Duration.seconds(9) }, 'from 10 to 3600'],
  ['half a second', { runTime: Duration.millis(20_500) }, '(20.5)'],
  ['answers longer than the context', { outputTokens: { mean: 5000, max: 8000 } }, 'more than the server\'s context of 8192'],
  ['a mean above the largest', { promptTokens: { mean: 50, max: 40 } }, '\'promptTokens.mean\' (50) must be from min (1) to max (40)'],
  ['a spread that is none', { promptTokens: { mean: 50, sigma: -1 } }, '\'promptTokens.sigma\' (-1)'],
  ['no prompts', { prompts: [] }, '\'prompts\' (0) must be from 1 to 10000'],
  ['an empty prompt', { prompts: ['fox', ' '] }, 'none of them empty'],
  ['prompts that no ConfigMap holds', { prompts: ['x'.repeat(900_000)] }, 'more than the 900000 that a ConfigMap has room for'],
  ['prompts from two places', { prompts: ['fox'], promptsConfigMap: 'mine' }, 'give one of them'],
  ['a threshold of nothing', { thresholds: { ttftP95Seconds: 0 } }, '\'thresholds.ttftP95Seconds\' (0)'],
  ['a threshold beyond the time-out', { thresholds: { ttftP95Seconds: 120 } }, 'can never be missed'],
  ['a threshold that nobody knows', { thresholds: { ttftP95: 1 } as object }, 'there is no prop \'thresholds.ttftP95\'; there are ttftP95Seconds, '],
  ['a first token after the last', { thresholds: { ttftP95Seconds: 9, endToEndP95Seconds: 5 } }, 'no first token comes after the last'],
  ['all may fail', { thresholds: { errorRate: 1 } }, '\'thresholds.errorRate\' (1)'],
  ['a rate of errors in per cent', { thresholds: { errorRate: 5 } }, 'must be a number from 0 to 0.99, for example 0.01'],
  ['no speed', { thresholds: { minTokensPerSecond: -1 } }, '\'thresholds.minTokensPerSecond\' (-1)'],
  ['a target outside the cluster', { target: 'https://api.example.com' }, 'is outside the cluster'],
  ['a target that looks like one inside', { target: 'http://x.svc.cluster.local.example.com:80' }, 'is outside the cluster'],
  ['a target with a path', { target: 'http://x.vllm.svc.cluster.local:8000/v1' }, 'and nothing else'],
  ['a target with a password', { target: 'http://me:secret@x.vllm.svc.cluster.local' }, 'and nothing else'],
  ['a port that is none', { target: 'http://x.vllm.svc.cluster.local:99999' }, 'and nothing else'],
  ['a bucket that is none', { output: { bucket: 'gs://mine' } }, '\'bucket\' (gs://mine) is no bucket name'],
  ['a folder outside of the bucket', { output: { bucket: 'mine', path: '../x' } }, '\'output.path\' (../x)'],
  ['a folder of two mount options', { output: { bucket: 'mine', path: 'tests/a, b' } },
    '\'output.path\' (tests/a, b) is part of a mount option of Cloud Storage FUSE, which ends at a comma; use one without commas and'
    + ' spaces, for example tests/a-b'],
  ['a name that is no label', { name: 'Load' }, 'is no DNS label'],
])('refuses %s', (_, props, why) => {
  const refusal = refusalOf(() => rendered(props));
  expect(refusal).toContain('LocustLoadTest \'load-test\': ');
  expect(refusal).toContain(why);
});
