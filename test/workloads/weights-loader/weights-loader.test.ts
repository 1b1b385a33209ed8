import { IWeightsStorage, Model, WeightsLoader, WeightsLoaderProps, WeightsStorage, WeightsVolume } from '../../../lib';
import { Manifest } from '../../../lib/kustomize/manifests/manifest';
import { objectsOf, refusalOf, unit } from '../../weights/render';

const COMMIT = '11c9b309abf73637e4b6f9a3fa1e92e615547819';
const GEMMA = Model.of({ ...Model.GEMMA_2_9B_IT, revision: COMMIT, gated: true });
const OPEN = Model.of({ ...Model.QWEN3_8B, revision: COMMIT, gated: false });
const GCS = WeightsStorage.gcsFuse({ bucket: 'my-models' });
const DISK = WeightsStorage.persistentDisk({ zone: 'us-central1-a' });

interface Given extends Partial<Omit<WeightsLoaderProps, 'weights'>> {
  readonly model?: Model;
  readonly storage?: IWeightsStorage;
}

function rendered({ model = GEMMA, storage = GCS, ...props }: Given = {}): { loader: WeightsLoader; objects: Manifest[] } {
  const chart = unit();
  const weights = new WeightsVolume(chart, 'weights', { model, storage });
  const loader = new WeightsLoader(chart, 'loader', { weights, ...props });
  return { loader, objects: objectsOf(chart) };
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function podOf(objects: Manifest[]): any {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  return (objects.find(({ kind }) => kind === 'Job') as any).spec.template.spec;
}

test('what it makes', () => {
  const { loader, objects } = rendered();
  expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()).toEqual([
    'ConfigMap/gemma-2-9b-it-loader-programs', 'Job/gemma-2-9b-it-loader-11c9b309', 'NetworkPolicy/gemma-2-9b-it-loader',
    'ServiceAccount/gemma-2-9b-it-loader',
  ]);
  expect(loader.identity).toMatchObject({
    namespace: 'llm', serviceAccountName: 'gemma-2-9b-it-loader', grants: [{ bucket: 'my-models', folder: `google/gemma-2-9b-it/${COMMIT}`, verb: 'write' }],
  });
});

test('the program gets the model, its commit and where servers look for it', () => {
  const [container] = podOf(rendered().objects).containers;
  expect(container.command).toEqual(['python3', '/opt/cdk8s-vllm/main.py']);
  expect(container.args).toEqual([
    'load', 'google/gemma-2-9b-it', COMMIT, 'my-models', `google/gemma-2-9b-it/${COMMIT}`,
    '--token-file=/var/run/secrets/hugging-face/token', '--token-secret=hugging-face-token',
  ]);
  expect(container.image).toBe('docker.io/vllm/vllm-openai:v0.33.0');
});

test('the token is a file, and only a gated model waits for it', () => {
  const tokenOf = (given: Given) => podOf(rendered(given).objects).volumes.find(({ name }: { name: string }) => name === 'hub-token')?.secret;
  expect(tokenOf({})).toEqual({
    secretName: 'hugging-face-token', optional: false, items: [{ key: 'token', path: 'token' }], defaultMode: 0o440,
  });
  expect(tokenOf({ model: OPEN, tokenSecretName: 'my-token' })).toMatchObject({ secretName: 'my-token', optional: true });
  expect(tokenOf({ source: 'adopt' })).toBeUndefined();
  expect(JSON.stringify(podOf(rendered().objects).containers[0].env)).not.toMatch(/TOKEN/i);
});

test('it is nobody on a node without GPUs, and writes to no disk', () => {
  const pod = podOf(rendered().objects);
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } });
  expect(pod.containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
  expect(pod).toMatchObject({ automountServiceAccountToken: false, restartPolicy: 'Never' });
  expect([pod.tolerations, pod.nodeSelector, pod.containers[0].resources.limits['nvidia.com/gpu']]).toEqual([undefined, undefined, undefined]);
  expect(pod.volumes.filter((volume: object) => 'emptyDir' in volume)).toEqual([]);
});

test('it reaches name servers, the metadata server and the internet by HTTPS, and nothing reaches it', () => {
  const { spec } = rendered().objects.find(({ kind }) => kind === 'NetworkPolicy') as unknown as { spec: { [key: string]: unknown } };
  expect(spec.podSelector).toEqual({ matchLabels: { 'app.kubernetes.io/name': 'weights-loader', 'app.kubernetes.io/instance': 'gemma-2-9b-it-loader' } });
  expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
  expect(spec.ingress).toBeUndefined();
  expect((spec.egress as { ports: { port: number }[] }[]).flatMap(({ ports }) => ports.map(({ port }) => port)).sort((a, b) => a - b))
    .toEqual([53, 53, 53, 53, 80, 443, 988]);
});

test('the Job tries again only where that may help', () => {
  const { spec } = rendered().objects.find(({ kind }) => kind === 'Job') as unknown as { spec: { [key: string]: unknown } };
  expect(spec.podFailurePolicy).toMatchObject({
    rules: [
      { action: 'FailJob', onExitCodes: { containerName: 'weights-loader', values: [64, 65, 66, 77, 78] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
    ],
  });
  expect(spec).toMatchObject({ backoffLimit: 6, ttlSecondsAfterFinished: 86400 });
  expect(spec.activeDeadlineSeconds).toBe(7200 + Math.ceil(GEMMA.weightsBytes / 20e6));
});

test('the files of a model lock come along', () => {
  const files = [{ path: 'config.json', size: 2, sha256: 'a'.repeat(64) }];
  const { objects } = rendered({ model: Model.of({ ...OPEN, files }) });
  const map = objects.find(({ metadata }) => metadata.name === 'qwen3-8b-loader-files') as unknown as { data: { [key: string]: string } };
  expect(JSON.parse(map.data['files.json'])).toEqual(files);
  const { containers: [container], volumes } = podOf(objects);
  expect(container.args).toContain('--files=/etc/cdk8s-vllm/files.json');
  expect(volumes).toContainEqual({ name: 'model-lock', configMap: { name: 'qwen3-8b-loader-files', defaultMode: 0o444 } });
});

test('adopt takes what is in the bucket, under any revision that has a name', () => {
  const tuned = Model.of({ ...OPEN, id: 'our/tuned', revision: 'run-7' });
  const given = { model: tuned, source: 'adopt' as const };
  expect(podOf(rendered(given).objects).containers[0].args).toEqual(['adopt', 'our/tuned', 'run-7', 'my-models', 'our/tuned/run-7']);
  expect(podOf(rendered({ ...given, adoptFrom: 'runs/7/output' }).objects).containers[0].args).toContain('--from=runs/7/output');
  const locked = Model.of({ ...tuned, files: [{ path: 'config.json', size: 2, sha256: 'a'.repeat(64) }] });
  expect(podOf(rendered({ ...given, model: locked }).objects).containers[0].args).toContainEqual(expect.stringMatching(/^--files=/));
  expect(rendered(given).loader.jobName).toBe('tuned-loader-run-7');
});

test('a disk is filled from a bucket that is named, and an own image has its programs', () => {
  const { loader, objects } = rendered({ storage: DISK, bucket: 'my-models', name: 'weights-loader', image: 'registry.example/loader:1' });
  expect(loader.bucket).toBe('my-models');
  expect(objects.map(({ kind }) => kind)).not.toContain('ConfigMap');
  expect(podOf(objects).containers[0].image).toBe('registry.example/loader:1');
  expect(WeightsLoader.programImage().buildFiles().Dockerfile).toContain(`COPY --chmod=0444 ${Object.keys(WeightsLoader.programImage().programs).join(' ')} /opt/`);
});

const UNPINNED = Model.of({ ...OPEN, revision: undefined });
test.each<[string, Given, string]>([
  ['no revision', { model: UNPINNED }, 'Qwen/Qwen3-8B is not pinned to a commit (revision not given)'],
  ['a branch', { model: Model.of({ ...OPEN, revision: 'main' }) }, 'npx cdk8s-vllm lock Qwen/Qwen3-8B'],
  ['no revision to adopt', { model: UNPINNED, source: 'adopt' }, 'what is adopted is kept under one of its own'],
  ['a revision that is a path', { model: Model.of({ ...OPEN, revision: '../x' }), source: 'adopt' }, '\'weights.model.revision\' (../x) must be a name of at most 63 letters'],
  ['no bucket', { storage: DISK }, '\'bucket\' is missing: weights on storage \'pd\''],
  ['another bucket', { bucket: 'other-models' }, '\'bucket\' (other-models) is not the one that the weights are read from (my-models)'],
  ['no bucket name', { storage: DISK, bucket: 'gs://my-models' }, '\'bucket\' (gs://my-models) is no bucket name'],
  ['a directory without adopt', { adoptFrom: 'runs/7' }, '\'adoptFrom\' (runs/7) is for source \'adopt\''],
  ['a URL as directory', { source: 'adopt', adoptFrom: 'gs://my-models/runs' }, '\'adoptFrom\' (gs://my-models/runs) must be a folder of the bucket without gs://'],
  ['the parent of a directory', { source: 'adopt', adoptFrom: '../other' }, '\'adoptFrom\' (../other) must be a folder of the bucket'],
  ['a name', { name: 'Loader_1' }, '\'name\' (Loader_1) is no DNS label of at most 52 characters'],
  ['a token instead of its Secret', { tokenSecretName: 'hf_abcdefgh' }, '\'tokenSecretName\' is no name of a Secret'],
])('%s is refused', (_, given, message) => {
  const refusal = refusalOf(() => rendered(given));
  expect(refusal).toMatch(/^WeightsLoader 'loader': /);
  expect(refusal).toContain(message);
  expect(refusal).not.toContain('hf_');
});
