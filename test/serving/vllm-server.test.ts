import { Testing } from 'cdk8s';
import { HorizontalPodAutoscaler, Metric, MetricTarget } from 'cdk8s-plus-28';
import {
  Accelerator, KustomizeUnit, MachineType, Model, PodVolume, VllmRelease, VllmServer, VllmServerProps, WeightsStorage, WeightsVolume,
} from '../../lib';
import { emptyLeaves, objectOf, objectsOf, refusalOf, Rendered, server, unit } from './rendered';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** A change of a program is seen in its own test. */
function withoutPrograms(objects: Rendered[]): Rendered[] {
  const text = JSON.stringify(objects.filter(({ kind }) => kind !== 'ConfigMap'));
  return JSON.parse(text.replace(/("cdk8s-vllm\/programs":)"[0-9a-f]{16}"/g, '$1"…"')) as Rendered[];
}

test('defaults', () => {
  const scope = unit();
  server(scope);
  expect(withoutPrograms(objectsOf(scope))).toMatchSnapshot();
});

/** A new prop breaks this at compile time until it is covered; an image of one's own takes the place of the digest. */
function allProps(scope: KustomizeUnit): Required<Omit<VllmServerProps, 'image' | 'reservation'>> {
  return {
    weights: new WeightsVolume(scope, 'weights', {
      model: Model.QWEN3_8B, storage: WeightsStorage.hyperdiskMl({ zones: ['us-central1-a', 'us-central1-c'] }),
    }),
    accelerator: Accelerator.H100,
    release: VllmRelease.V0_28,
    machineType: MachineType.fromName('a3-highgpu-4g'),
    zones: ['us-central1-c'],
    tensorParallelSize: 1,
    pipelineParallelSize: 2,
    gpuMemoryUtilization: 0.9,
    maxModelLen: 16384,
    maxNumSeqs: 128,
    maxNumBatchedTokens: 4096,
    dtype: 'bfloat16',
    kvCacheDtype: 'fp8',
    quantization: 'fp8',
    enforceEager: true,
    lora: { maxLoras: 4, maxRank: 32, adapters: { sql: 'adapters/sql', law: 'adapters/law' } },
    speculative: { method: 'draft_model', numTokens: 3, draftModel: Model.QWEN3_0_6B, draftFolder: 'draft' },
    apiServerCount: 2,
    optimizeFor: 'latency',
    timeToFirstTokenSeconds: 2,
    interTokenLatencyMs: 100,
    inputTokens: 512,
    outputTokens: 128,
    clients: 8,
    // either clients or a rate
    requestsPerSecond: undefined as unknown as number,
    startupBudgetSeconds: 1200,
    longestAnswerSeconds: 5,
    shutdownTimeoutSeconds: 0,
    terminationGracePeriodSeconds: 15,
    capacity: 'spot',
    name: 'my-server',
    servedModelName: 'qwen',
    replicas: 6,
    maxNodes: 4,
    spareGpus: 5,
    priorityClassName: 'high',
    apiKeySecretName: 'server-key',
    ingressFrom: [{ namespaceSelector: { matchLabels: { team: 'search' } } }, { ipBlock: { cidr: '10.0.0.0/8' } }],
    imageDigest: DIGEST,
    requireDigest: true,
    livenessFailureThreshold: 30,
    extraArgs: ['--enable-prefix-caching', '--seed=7'],
    extraEnv: { OMP_NUM_THREADS: '4' },
    nodeSelector: { 'cloud.google.com/gke-nodepool': 'serving' },
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'serving', effect: 'NoSchedule' }],
    imagePullSecrets: ['registry'],
    podLabels: { team: 'search' },
    podAnnotations: { 'example.com/owner': 'search' },
    serviceAccountName: 'search',
    secretEnv: { PLUGIN_LICENCE: { secretName: 'plugin', key: 'licence' } },
    volumes: [PodVolume.configMap({ name: 'parser', configMapName: 'parser', mountPath: '/etc/parser' })],
  };
}

test('all the props', () => {
  const scope = unit('models');
  const made = new VllmServer(scope, 'server', allProps(scope));
  expect(withoutPrograms(objectsOf(scope))).toMatchSnapshot();
  expect(made.url).toBe('http://my-server.models.svc.cluster.local:8000');
  expect(made.servedModelName).toBe('qwen');
  expect(made.adapterNames).toEqual(['sql', 'law']);
  expect(made.release.image).toBe(`docker.io/vllm/vllm-openai:v0.28.0@${DIGEST}`);
  expect([made.replicas, made.maxReplicas]).toEqual([6, 8]);
});

describe.each([
  ['one GPU', Accelerator.H100, 1], ['two GPUs', Accelerator.L4, 2], ['four GPUs', Accelerator.A100, 4], ['eight GPUs', Accelerator.H200, 8],
] as const)('with %s', (_, accelerator, tensorParallelSize) => {
  let objects: Rendered[];
  beforeAll(() => {
    const scope = unit();
    server(scope, { accelerator, tensorParallelSize });
    objects = objectsOf(scope);
  });

  test('the GPUs are those of the tensor parallel size, as request and as limit', () => {
    const [container] = objects.find(({ kind }) => kind === 'Deployment')!.spec.template.spec.containers;
    expect(Number(container.resources.limits['nvidia.com/gpu'])).toBe(tensorParallelSize);
    expect(container.resources.requests).toEqual(container.resources.limits);
    expect(container.args).toContain(`--tensor-parallel-size=${tensorParallelSize}`);
  });

  test('nothing is lost on the way', () => {
    expect(emptyLeaves(objects)).toEqual([]);
    expect(emptyLeaves({ limits: { 'nvidia.com/gpu': null } })).toEqual(['/limits/nvidia.com/gpu']);
  });

  test('the Service, the budget and the policies select the pods, and the Deployment its own', () => {
    const spec = (kind: string) => objects.find(object => object.kind === kind)!.spec;
    const { labels } = spec('Deployment').template.metadata;
    const selectors = [
      spec('Service').selector, spec('PodDisruptionBudget').selector.matchLabels, spec('NetworkPolicy').podSelector.matchLabels,
      spec('Deployment').selector.matchLabels,
    ];
    for (const selector of selectors) {
      expect(Object.keys(selector).length).toBeGreaterThan(0);
      expect(labels).toMatchObject(selector);
    }
  });
});

test('the name tells storage and accelerator, and everything that belongs to the server begins with it', () => {
  const scope = unit();
  expect(server(scope, {}, WeightsStorage.persistentDisk({ zone: 'us-central1-a' })).name).toBe('vllm-openai-pd-h100');
  const names = objectsOf(scope).map(({ metadata }) => metadata.name);
  expect(names.filter(name => !name.startsWith('vllm-openai-pd-h100'))).toEqual([]);
});

test('an update replaces servers one by one, unless spare GPUs hold another one', () => {
  const strategies = ([undefined, 4, 5, 8] as const).map((spareGpus) => {
    const scope = unit();
    server(scope, { accelerator: Accelerator.A100, tensorParallelSize: 4, replicas: 4, spareGpus });
    return objectOf(scope, 'Deployment').spec.strategy;
  });
  const rolling = (maxSurge: number, maxUnavailable: number) => ({ type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } });
  expect(strategies).toEqual([rolling(0, 1), rolling(1, 0), rolling(1, 0), rolling(2, 0)]);
});

test('a machine with more GPUs than a server needs is filled with replicas', () => {
  const scope = unit();
  const made = server(scope, { accelerator: Accelerator.H200, tensorParallelSize: 2 });
  expect([made.plan.placement.serversPerNode, made.replicas, made.maxReplicas]).toEqual([4, 4, 20]);
});

test('without a tensor parallel size it is the smallest that fits', () => {
  const sizes = [Accelerator.H100, Accelerator.A100_80GB, Accelerator.A100].map((accelerator) => {
    const scope = unit();
    return server(scope, { accelerator }, undefined, Model.QWEN3_32B).plan.memory.tensorParallelSize;
  });
  expect(sizes).toEqual([1, 1, 2]);
});

test('the budget lets one server leave, and never waits for one that is broken', () => {
  const scope = unit();
  server(scope);
  expect(objectOf(scope, 'PodDisruptionBudget').spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
});

test('a bucket is granted to the server\'s own service account, a disk needs no grant', () => {
  const [withBucket, withDisk] = [unit(), unit()];
  expect(server(withBucket).identity).toEqual({
    namespace: 'vllm', serviceAccountName: 'vllm-openai-gcs-h100', existing: false,
    grants: [{ bucket: 'my-models', folder: expect.stringMatching(/^Qwen\/Qwen3-8B\/[0-9a-f]{40}$/), verb: 'read' }],
  });
  expect(server(withDisk, {}, WeightsStorage.persistentDisk({ zone: 'us-central1-a' })).identity.grants).toEqual([]);
  expect(objectOf(withBucket, 'ServiceAccount')).toMatchObject({ metadata: { name: 'vllm-openai-gcs-h100' }, automountServiceAccountToken: false });
});

test('without a namespace the server is in default', () => {
  const scope = Testing.chart();
  const weights = new WeightsVolume(scope, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
  expect(new VllmServer(scope, 'server', { weights, accelerator: Accelerator.H100 }).identity.namespace).toBe('default');
});

test('two servers read the same weights, each through a claim of its own', () => {
  const scope = unit();
  const storage = WeightsStorage.hyperdiskMl({ zones: ['us-central1-a'] });
  const weights = new WeightsVolume(scope, 'weights', { model: Model.QWEN3_8B, storage });
  new VllmServer(scope, 'h100', { weights, accelerator: Accelerator.H100 });
  new VllmServer(scope, 'a100', { weights, accelerator: Accelerator.A100 });
  const objects = objectsOf(scope);
  const claims = objects.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ metadata }) => metadata.name);
  const mounted = objects.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.template.spec.volumes[0].persistentVolumeClaim.claimName);
  expect(new Set(claims).size).toBe(2);
  expect(mounted).toEqual(claims);
});

test('a changed program is a new version of the pod', () => {
  const scope = unit();
  server(scope);
  const { data } = objectOf(scope, 'ConfigMap');
  expect(Object.keys(data)).toEqual(['drain.py', 'exits.json', 'exits.py', 'weights.json', 'weights_check.py', 'weights_names.py']);
  expect(objectOf(scope, 'Deployment').spec.template.metadata.annotations['cdk8s-vllm/programs']).toMatch(/^[0-9a-f]{16}$/);
});

test('the key reaches vLLM by its environment from a Secret, and addresses are let in with a key only', () => {
  const scope = unit();
  const keyed = server(scope, { apiKeySecretName: 'server-key', ingressFrom: [{ ipBlock: { cidr: '10.1.0.0/16' } }] });
  const [container] = objectOf(scope, 'Deployment').spec.template.spec.containers;
  expect(container.env).toContainEqual({ name: 'VLLM_API_KEY', valueFrom: { secretKeyRef: { name: 'server-key', key: 'api-key' } } });
  expect(JSON.stringify(container.args)).not.toContain('key');
  expect(objectOf(scope, 'NetworkPolicy').spec.ingress[0].from).toContainEqual({ ipBlock: { cidr: '10.1.0.0/16' } });
  expect(keyed.apiKeySecretName).toBe('server-key');
  expect(refusalOf(() => server(unit(), { apiKeySecretName: 'server-key', ingressFrom: [{ ipBlock: { cidr: '10.999.0.0/16' } }] }))).toMatch(
    /'ingressFrom' \(10\.999\.0\.0\/16\) is no range of addresses/);
  expect(refusalOf(() => server(unit(), { ingressFrom: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }))).toMatch(
    /'ingressFrom' lets 0\.0\.0\.0\/0 in, and the server asks nobody for a key; set apiKeySecretName/);
  expect(refusalOf(() => server(unit(), { apiKeySecretName: 'sk-VeryLongKey' }))).toMatch(/'apiKeySecretName'.*create secret generic/);
  expect(refusalOf(() => server(unit(), { extraEnv: { VLLM_API_KEY: 'x' } }))).toMatch(/would put the key into a manifest/);
});

test('an autoscaler of cdk8s-plus takes it, and it leaves the replicas to it', () => {
  const scope = unit();
  const metrics = [Metric.pods({ name: 'vllm:num_requests_running', target: MetricTarget.averageValue(5) })];
  new HorizontalPodAutoscaler(scope, 'autoscaler', { metadata: { name: 'own' }, target: server(scope), maxReplicas: 3, metrics });
  expect(objectOf(scope, 'HorizontalPodAutoscaler').spec.scaleTargetRef).toEqual({
    apiVersion: 'apps/v1', kind: 'Deployment', name: objectOf(scope, 'Deployment').metadata.name,
  });
  expect(objectOf(scope, 'Deployment').spec.replicas).toBeUndefined();
});

test('weights of another namespace are refused', () => {
  const app = Testing.app();
  const [here, there] = ['here', 'there'].map(namespace => new KustomizeUnit(app, namespace, { cell: namespace, namespace }));
  const weights = new WeightsVolume(there, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
  expect(refusalOf(() => new VllmServer(here, 'server', { weights, accelerator: Accelerator.H100 }))).toBe(
    'VllmServer \'server\': \'there/weights\' is in namespace there, its server in here; make both in one namespace');
});
