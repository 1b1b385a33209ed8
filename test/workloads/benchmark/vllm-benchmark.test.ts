import { PodVolume, VllmBenchmark, VllmBenchmarkProps, VllmRelease, VllmServerProps, WeightsStorage } from '../../../lib';
import { engineArguments } from '../../../lib/serving/engine-arguments';
import { objectsOf, refusalOf, server, unit } from '../../serving/rendered';

const disk = WeightsStorage.hyperdiskMl({ zones: ['us-central1-a'] });

function made(props: Partial<VllmBenchmarkProps> = {}, serverProps: Partial<VllmServerProps> = {}, storage?: typeof disk) {
  const own = unit();
  const measured = server(own, serverProps, storage);
  const scope = unit();
  const benchmark = new VllmBenchmark(scope, 'benchmark', { server: measured, bucket: 'my-results', ...props });
  const objects = objectsOf(scope);
  const { spec } = objects.find(({ kind }) => kind === 'Job')!;
  const { spec: serving } = objectsOf(own).find(({ kind }) => kind === 'Deployment')!.spec.template;
  return { benchmark, objects, spec, pod: spec.template.spec, container: spec.template.spec.containers[0], serving,
    served: serving.containers[0], measured };
}

const mib = (text: string) => Number.parseFloat(text) * (text.endsWith('Gi') ? 1024 : 1);
const cpu = (text: string) => text.endsWith('m') ? Number.parseFloat(text) / 1000 : Number(text);

test('it has the image, the nodes, the GPUs, the directories and the variables of a server', () => {
  const { pod, container, serving, served } = made({}, { capacity: 'spot', extraEnv: { OMP_NUM_THREADS: '4' }, image: 'registry.example.com/vllm:v1' });
  expect(container.image).toBe('registry.example.com/vllm:v1');
  expect(pod.nodeSelector).toEqual(serving.nodeSelector);
  expect(pod.tolerations).toEqual(serving.tolerations);
  expect(container.resources.limits['nvidia.com/gpu']).toBe(served.resources.limits['nvidia.com/gpu']);
  expect(container.env).toEqual([...served.env, { name: 'PYTHONDONTWRITEBYTECODE', value: '1' }]);
  const paths = (list: { mountPath: string }[]) => list.map(({ mountPath }) => mountPath);
  expect(paths(container.volumeMounts)).toEqual(expect.arrayContaining(paths(served.volumeMounts)));
  expect(container.volumeMounts[0]).toMatchObject({ name: 'weights', readOnly: true });
});

test('what a platform asks of the server\'s pods is asked of it, its account aside', () => {
  const asked = { nodeSelector: { 'example.com/pool': 'gpus' }, imagePullSecrets: ['registry'], serviceAccountName: 'serving' };
  const { pod } = made({}, { ...asked, secretEnv: { PLUGIN_TOKEN: { secretName: 'plugin', key: 'token' } } });
  expect(pod.nodeSelector['example.com/pool']).toBe('gpus');
  expect(pod.imagePullSecrets).toEqual([{ name: 'registry' }]);
  expect(pod.serviceAccountName).not.toBe('serving');
  expect(pod.containers[0].env).toContainEqual(expect.objectContaining({ name: 'PLUGIN_TOKEN' }));
  expect(made({ nodeSelector: { 'example.com/pool': 'others' } }, asked).pod.nodeSelector['example.com/pool']).toBe('others');
});

test('beside the sidecar for its results it takes no more of a node than a server', () => {
  for (const storage of [disk, undefined]) {
    const { container: { resources: { requests: own } }, served: { resources: { requests: whole } } } = made({}, {}, storage);
    const sidecar = storage === undefined ? [0, 0, 0] : [0.25, 512, 1024];
    expect(cpu(own.cpu) + sidecar[0]).toBeCloseTo(cpu(whole.cpu), 6);
    expect(mib(own.memory) + sidecar[1]).toBe(mib(whole.memory));
    expect(mib(own['ephemeral-storage']) + sidecar[2]).toBe(mib(whole['ephemeral-storage']));
  }
});

test('a disk of its own is made from the snapshot, and it stays in the disk\'s zone', () => {
  const { objects, pod, serving } = made({}, {}, disk);
  const [claim] = objects.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ metadata }) => metadata.name);
  expect(pod.volumes[0]).toMatchObject({ name: 'weights', persistentVolumeClaim: { claimName: claim } });
  expect(claim).toContain('benchmark');
  expect(pod.affinity.nodeAffinity).toEqual(serving.affinity.nodeAffinity);
});

test('its account may read the weights and write the results, and nothing else', () => {
  const { benchmark } = made({ output: 'benchmark/l4-gcs' });
  expect(benchmark.identity.grants).toEqual([
    { bucket: 'my-results', folder: 'benchmark/l4-gcs', verb: 'write' },
    { bucket: 'my-models', folder: expect.stringMatching(/^Qwen\/Qwen3-8B\//), verb: 'read' },
  ]);
});

test('what it measures is in its arguments', () => {
  const { container: { args }, measured } = made({ inputTokens: 100, outputTokens: 20, prompts: 5, batchSize: 2, iterations: 3 }, { maxModelLen: 4096, extraArgs: ['--seed=7'] });
  expect(args.slice(0, 2)).toEqual(['/model', '/results'].map((path, index) => index === 0 ? measured.args[0] : path));
  expect(args.slice(4)).toEqual(['--input-tokens=100', '--output-tokens=20', '--prompts=5', '--batch-size=2', '--iterations=3']);
  const engine = JSON.parse(args[2].slice('--engine-arguments='.length));
  expect(engine).toEqual(expect.arrayContaining(['--max-model-len=4096', '--seed=7', `--max-num-seqs=${measured.maxNumSeqs}`]));
  expect(engine.join(' ')).not.toMatch(/--port|--disable-access-log/);
  expect(JSON.parse(args[3].slice('--about='.length))).toMatchObject({ model: 'Qwen/Qwen3-8B', release: '0.33.0', accelerator: 'h100', tensorParallelSize: 1 });
});

test('a short context leaves half of it for the question', () => {
  expect(made({}, { maxModelLen: 512 }).container.args).toContain('--input-tokens=256');
});

test('of the arguments of a server the engine takes its own', () => {
  expect(engineArguments(VllmRelease.DEFAULT, ['/model', '--port=8000', '--host=::', '--seed=1', '--enforce-eager', '--tool-call-parser=hermes', '--no-enable-prefix-caching']))
    .toEqual(['--seed=1', '--enforce-eager', '--no-enable-prefix-caching']);
});

test('volumes and labels of the platform are its own', () => {
  const { spec } = made({ podLabels: { team: 'search' }, volumes: [PodVolume.secret({ name: 'own', secretName: 'own', mountPath: '/etc/own' })] });
  expect(spec.template.metadata.labels.team).toBe('search');
  expect(spec.template.spec.volumes.at(-1)).toMatchObject({ name: 'own' });
});

test.each<[string, Partial<VllmBenchmarkProps>, string]>([
  ['more tokens than the server takes', { inputTokens: 8000, outputTokens: 1000 }, '\'inputTokens\' (8000) and \'outputTokens\' (1000) are 9000 tokens, and the server takes 8192; take at most 7192 of input'],
  ['no question', { prompts: 0 }, '\'prompts\' (0) must be a whole number from 1 to 1000000'],
  ['a larger batch than the server runs', { batchSize: 2000 }, '\'batchSize\' (2000) must be a whole number from 1 to '],
  ['no time', { deadlineSeconds: 1 }, '\'deadlineSeconds\' (1) must be a whole number from 600 to 604800'],
  ['a folder that is none', { output: '/results' }, '\'output\' (/results) must be a path in the bucket'],
  ['a bucket that is none', { bucket: 'gs://results' }, 'is no bucket name'],
  ['a name that is none', { name: 'My Benchmark' }, '\'name\' (My Benchmark) is no DNS label'],
])('%s is refused', (_, props, message) => expect(refusalOf(() => made(props, { maxModelLen: 8192 }))).toContain(message));
