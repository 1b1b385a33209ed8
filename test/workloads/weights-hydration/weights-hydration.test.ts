import { Chart, Testing } from 'cdk8s';
import {
  Accelerator, IWeightsStorage, Model, VllmRelease, VllmServer, WeightsHydration, WeightsHydrationProps, WeightsStorage, WeightsVolume,
} from '../../../lib';
import { KustomizeUnit } from '../../../lib/kustomize/kustomize-unit';
import { Manifest } from '../../../lib/kustomize/manifests/manifest';
import { manifestDigestOf } from '../../../lib/serving/manifest-digest';
import { objectsOf, refusalOf } from '../../weights/render';

const HYPERDISK = WeightsStorage.hyperdiskMl({ zones: ['us-central1-b', 'us-central1-a'] });
const LABELS = {
  app: 'l4-hydration', 'app.kubernetes.io/name': 'weights-hydration', 'app.kubernetes.io/instance': 'l4-hydration',
  'app.kubernetes.io/component': 'weights', 'app.kubernetes.io/part-of': 'cdk8s-vllm',
};

interface Made {
  readonly hydration: WeightsHydration;
  readonly server: VllmServer;
  readonly objects: Manifest[];
  readonly find: (kind: string) => Manifest;
}

function hydrated(props: Partial<WeightsHydrationProps> = {}, storage: IWeightsStorage = HYPERDISK, name = 'l4', namespace = 'llm', model = Model.GEMMA_2_9B_IT): Made {
  const app = Testing.app();
  const serverUnit = new KustomizeUnit(app, 'server', { cell: 'l4', unit: 'server', namespace: 'llm' });
  const weights = new WeightsVolume(serverUnit, 'weights', { model, storage });
  const server = new VllmServer(serverUnit, 'server', { name, weights, accelerator: Accelerator.L4, tensorParallelSize: 2 });
  const unit = new KustomizeUnit(app, 'hydration', { cell: 'l4', unit: 'hydration', namespace });
  const hydration = new WeightsHydration(unit, 'hydration', { weights, server, bucket: 'my-models', ...props });
  const objects = objectsOf(unit);
  return { hydration, server, objects, find: kind => objects.find(object => object.kind === kind)! };
}

// Tests look into any part of it.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function specOf(made: Made, kind: string): any {
  return made.find(kind).spec;
}

test('a claim for one writable disk, as large as the server\'s, of the class that can be written', () => {
  const { objects, find } = hydrated();
  expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()).toEqual([
    'ConfigMap/l4-hydration-programs', 'Job/l4-hydration-11c9b309', 'NetworkPolicy/l4-hydration',
    'PersistentVolumeClaim/l4-11c9b309-hydration', 'ServiceAccount/l4-hydration',
  ]);
  expect(find('PersistentVolumeClaim')).toEqual({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'l4-11c9b309-hydration', namespace: 'llm', labels: LABELS },
    spec: {
      accessModes: ['ReadWriteOnce'], storageClassName: 'weights-hdml-hydration', volumeMode: 'Filesystem', resources: { requests: { storage: '100Gi' } },
    },
  });
});

test('the Job runs the program as nobody, on a node that attaches the disk, in the server\'s zones', () => {
  const made = hydrated();
  const { template, ...job } = specOf(made, 'Job');
  expect(job).toEqual({
    backoffLimit: 6,
    // 2 hours, and 18,483,411,968 bytes at 50 MiB/s
    activeDeadlineSeconds: 7200 + 353,
    ttlSecondsAfterFinished: 86400,
    podFailurePolicy: {
      rules: [
        { action: 'FailJob', onExitCodes: { containerName: 'weights-hydration', operator: 'In', values: [64, 65, 66, 73, 77] } },
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      ],
    },
  });
  expect(template.metadata.labels).toEqual(LABELS);
  const { containers: [container], ...pod } = template.spec;
  expect(pod).toMatchObject({
    serviceAccountName: 'l4-hydration', automountServiceAccountToken: false, restartPolicy: 'Never',
    securityContext: { runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001, fsGroupChangePolicy: 'OnRootMismatch' },
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{
            matchExpressions: [
              { key: 'cloud.google.com/machine-family', operator: 'In', values: ['c3', 'c3d'] },
              { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['us-central1-a', 'us-central1-b'] },
            ],
          }],
        },
      },
    },
    volumes: [
      { name: 'weights', persistentVolumeClaim: { claimName: 'l4-11c9b309-hydration' } },
      { name: 'programs', configMap: { name: 'l4-hydration-programs', defaultMode: 0o444 } },
    ],
  });
  expect(container).toMatchObject({
    name: 'weights-hydration',
    image: VllmRelease.DEFAULT.image,
    command: ['python3', '/opt/cdk8s-vllm/main.py'],
    args: [
      'google/gemma-2-9b-it', '11c9b309abf73637e4b6f9a3fa1e92e615547819', 'my-models',
      'google/gemma-2-9b-it/11c9b309abf73637e4b6f9a3fa1e92e615547819', '/weights',
    ],
    securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'weights', mountPath: '/weights' }, { name: 'programs', mountPath: '/opt/cdk8s-vllm', readOnly: true }],
  });
  expect(container.resources.requests).toEqual(container.resources.limits);
  expect(container.resources.limits).not.toHaveProperty(['nvidia.com/gpu']);
  expect(made.find('ConfigMap').data).toEqual(WeightsHydration.programImage().programs);
});

test('the program is told what the manifest has to be where the model has a lock', () => {
  const model = Model.of({ ...Model.GEMMA_2_9B_IT, files: [{ path: 'config.json', size: 2, sha256: 'a'.repeat(64) }] });
  const { args } = specOf(hydrated({}, HYPERDISK, 'l4', 'llm', model), 'Job').template.spec.containers[0];
  expect(args.slice(5)).toEqual([`--manifest-sha256=${manifestDigestOf(model)[0]}`]);
});

test('it lets nobody in, reaches Google\'s APIs, and may read the bucket', () => {
  const made = hydrated();
  expect(specOf(made, 'NetworkPolicy')).toMatchObject({
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'weights-hydration', 'app.kubernetes.io/instance': 'l4-hydration' } },
    policyTypes: ['Ingress', 'Egress'],
  });
  expect(specOf(made, 'NetworkPolicy')).not.toHaveProperty('ingress');
  expect(specOf(made, 'NetworkPolicy').egress).toHaveLength(5);
  expect(made.hydration.identity).toEqual({
    namespace: 'llm', serviceAccountName: 'l4-hydration', existing: false,
    grants: [{ bucket: 'my-models', folder: expect.stringMatching(/\/[0-9a-f]{40}$/), verb: 'read' }],
  });
});

test('a persistent disk is written by any of many machines, in its zone', () => {
  const made = hydrated({}, WeightsStorage.persistentDisk({ zone: 'us-central1-c', diskType: 'pd-balanced' }));
  expect(specOf(made, 'PersistentVolumeClaim')).toMatchObject({ storageClassName: 'weights-pd-balanced', resources: { requests: { storage: '500Gi' } } });
  const [{ matchExpressions }] = specOf(made, 'Job').template.spec.affinity.nodeAffinity
    .requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
  expect(matchExpressions).toEqual([
    { key: 'cloud.google.com/machine-family', operator: 'In', values: ['c2', 'c2d', 'c3', 'c3d', 'e2', 'n1', 'n2', 'n2d', 't2d'] },
    { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['us-central1-c'] },
  ]);
});

test('the longest name of a server still makes labels', () => {
  const { hydration } = hydrated({}, HYPERDISK, 'v'.repeat(53));
  for (const name of [hydration.name, hydration.jobName]) {
    expect(name.length).toBeLessThanOrEqual(63);
  }
});

test('another directory, and an image of one\'s own that has the programs', () => {
  const made = hydrated({ prefix: 'tuned/run-7', image: 'example.com/hydration:v1' });
  const { containers: [container], volumes } = specOf(made, 'Job').template.spec;
  expect(container.args[3]).toBe('tuned/run-7');
  expect(container.image).toBe('example.com/hydration:v1');
  expect([container.volumeMounts, volumes].map(list => list.length)).toEqual([1, 1]);
  expect(made.find('ConfigMap')).toBeUndefined();
});

test('the image of the programs is the server\'s release', () => {
  expect(WeightsHydration.programImage(VllmRelease.V0_28).base).toBe(VllmRelease.V0_28.image);
  expect(Object.keys(WeightsHydration.programImage().programs)).toEqual(expect.arrayContaining(['contract.json', 'main.py', 'weights_bucket.py']));
});

test('weights in a bucket are read as they are', () => {
  expect(refusalOf(() => hydrated({}, WeightsStorage.gcsFuse({ bucket: 'my-models' })))).toBe(
    'WeightsHydration \'hydration\': \'weights\' are on storage \'gcs\', which is no disk: servers read it as it is. Leave the hydration out,'
    + ' or take hyperdiskMl or persistentDisk');
});

test('another namespace than the server\'s is refused', () => {
  expect(refusalOf(() => hydrated({}, HYPERDISK, 'l4', 'other'))).toBe(
    'WeightsHydration \'hydration\': \'hydration/hydration\' is in namespace other, its server in llm; make both in one namespace');
});

test.each(['gs://my-models', '', 'My-Models'])('bucket \'%s\' is refused', (bucket) => {
  expect(refusalOf(() => hydrated({ bucket }))).toContain(`'bucket' (${bucket}) is no bucket name`);
});

test('a chart of one\'s own, without a namespace, is in the default one', () => {
  const chart = new Chart(Testing.app(), 'chart');
  const weights = new WeightsVolume(chart, 'weights', { model: Model.GEMMA_2_9B_IT, storage: HYPERDISK });
  const server = new VllmServer(chart, 'server', { weights, accelerator: Accelerator.L4, tensorParallelSize: 2 });
  const { name, claimName, snapshotName } = new WeightsHydration(chart, 'hydration', { weights, server, bucket: 'my-models' });
  expect([name, claimName, snapshotName])
    .toEqual(['vllm-openai-hdml-l4-hydration', 'vllm-openai-hdml-l4-11c9b309-hydration', 'vllm-openai-hdml-l4-11c9b309']);
  // the server's claim waits for exactly this snapshot
  const claims = objectsOf(chart).filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ spec }) => spec as { dataSource?: object });
  expect(claims.map(({ dataSource }) => dataSource)).toEqual([
    { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: snapshotName }, undefined,
  ]);
});
