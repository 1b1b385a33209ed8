import { Testing } from 'cdk8s';
import { Accelerator, Model } from '../../lib/catalog';
import { Placement } from '../../lib/planning';
import { toGoogleApis } from '../../lib/pods';
import { GcsFuseOptions, WeightsStorage } from '../../lib/weights';
import { bound, refusalOf } from './render';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

function storage(options: Partial<GcsFuseOptions> = {}) {
  return WeightsStorage.gcsFuse({ bucket: 'my-models', ...options });
}

/** `5120Mi` of an annotation, in MiB. */
function mib(annotation: string | undefined): number {
  expect(annotation).toMatch(/^\d+Mi$/);
  return Number.parseInt(annotation!, 10);
}

function cacheMib(mountOptions: string): number {
  return Number(/file-cache:max-size-mb:(\d+)/.exec(mountOptions)![1]);
}

describe('Gemma 2 9B', () => {
  // 18,483,411,968 bytes and 5 % are 18,508.6 MiB
  const cache = 18509;
  const revision = '11c9b309abf73637e4b6f9a3fa1e92e615547819';

  test('cached on local SSD', () => {
    const { binding, objects } = bound(storage(), Model.GEMMA_2_9B_IT, 'local-ssd');
    expect(objects).toEqual([]);
    expect(binding).toEqual({
      volume: {
        name: 'weights',
        csi: {
          driver: 'gcsfuse.csi.storage.gke.io',
          readOnly: true,
          volumeAttributes: {
            bucketName: 'my-models',
            mountOptions: `implicit-dirs,only-dir=google/gemma-2-9b-it/${revision},metadata-cache:ttl-secs:-1,`
              + 'metadata-cache:stat-cache-max-size-mb:-1,metadata-cache:negative-ttl-secs:0,'
              + `file-cache:max-size-mb:${cache},file-cache:cache-file-for-range-read:true,file-cache:enable-parallel-downloads:true,`
              + 'file-cache:download-chunk-size-mb:25,read_ahead_kb=1024',
            skipCSIBucketAccessCheck: 'true',
          },
        },
      },
      volumes: [],
      podAnnotations: {
        'gke-gcsfuse/volumes': 'true',
        'gke-gcsfuse/cpu-request': '1000m',
        'gke-gcsfuse/cpu-limit': '0',
        'gke-gcsfuse/memory-request': '2048Mi',
        'gke-gcsfuse/memory-limit': '2048Mi',
        'gke-gcsfuse/ephemeral-storage-request': `${cache + 5120}Mi`,
        'gke-gcsfuse/ephemeral-storage-limit': `${cache + 5120}Mi`,
      },
      egress: toGoogleApis(Testing.chart()),
    });
  });

  test('cached in memory: the sidecar pays for the volume that holds it', () => {
    const { binding } = bound(storage(), Model.GEMMA_2_9B_IT, 'memory');
    expect(binding.volumes).toEqual([{ name: 'gke-gcsfuse-cache', emptyDir: { medium: 'Memory', sizeLimit: { value: `${cache}Mi` } } }]);
    expect(binding.podAnnotations).toMatchObject({
      'gke-gcsfuse/memory-request': `${cache + 2048}Mi`, 'gke-gcsfuse/memory-limit': `${cache + 2048}Mi`,
      'gke-gcsfuse/ephemeral-storage-request': '5120Mi', 'gke-gcsfuse/ephemeral-storage-limit': '5120Mi',
    });
  });

  test('a model without a pinned commit is read from its branch', () => {
    const model = Model.of({ ...Model.GEMMA_2_9B_IT, revision: undefined });
    expect(bound(storage(), model, 'memory').binding.volume.csi!.volumeAttributes!.mountOptions).toContain(',only-dir=google/gemma-2-9b-it/main,');
  });
});

test.each(['a,b', 'a b', 'a\tb'])('revision \'%s\' cannot be part of a mount option', (revision) => {
  const model = Model.of({ ...Model.GEMMA_2_9B_IT, revision });
  expect(refusalOf(() => bound(storage(), model, 'memory'))).toBe('WeightsStorage.gcsFuse: \'id\' and \'revision\' of the model'
    + ` (google/gemma-2-9b-it/${revision}) is part of a mount option of Cloud Storage FUSE, which ends at a comma; use one without commas and`
    + ' spaces, for example google/gemma-2-9b-it/a-b');
});

describe.each(Model.all().map(model => [model.id, model] as const))('%s', (_, model) => {
  test.each(['local-ssd', 'memory'] as const)('limits exceed what is cached in %s, and agree with what the plan counts', (medium) => {
    const gcs = storage();
    const { volume, volumes, podAnnotations } = bound(gcs, model, medium).binding;
    const cache = cacheMib(volume.csi!.volumeAttributes!.mountOptions);
    expect(cache * MIB).toBe(gcs.cacheBytes(model));
    expect(cache * MIB).toBeGreaterThan(model.weightsBytes);
    for (const resource of ['memory', 'ephemeral-storage']) {
      expect(podAnnotations[`gke-gcsfuse/${resource}-limit`]).toBe(podAnnotations[`gke-gcsfuse/${resource}-request`]);
    }
    const [memory, disk] = ['memory', 'ephemeral-storage'].map(resource => mib(podAnnotations[`gke-gcsfuse/${resource}-limit`]));
    expect(medium === 'memory' ? memory : disk).toBeGreaterThan(cache);
    expect(volumes.map(({ emptyDir }) => emptyDir!.sizeLimit!.value)).toEqual(medium === 'memory' ? [`${cache}Mi`] : []);
    // what a placement subtracts for it
    expect(memory * MIB).toBe(gcs.sidecar!.memoryBytes + (medium === 'memory' ? cache * MIB : 0));
    expect(disk * MIB).toBe(gcs.sidecar!.ephemeralStorageBytes + (medium === 'local-ssd' ? cache * MIB : 0));
    expect(podAnnotations['gke-gcsfuse/cpu-request']).toBe(`${gcs.sidecar!.cpuMillis}m`);
  });
});

describe('amounts of one\'s own', () => {
  test('a smaller cache', () => {
    const gcs = storage({ fileCacheBytes: 1000.5 * MIB });
    expect(gcs.cacheBytes(Model.GEMMA_2_9B_IT)).toBe(1001 * MIB);
    const { binding } = bound(gcs, Model.GEMMA_2_9B_IT, 'memory');
    expect(cacheMib(binding.volume.csi!.volumeAttributes!.mountOptions)).toBe(1001);
    expect(binding.podAnnotations['gke-gcsfuse/memory-limit']).toBe('3049Mi');
  });

  test('ephemeral storage: annotated as given, and never less in the placement', () => {
    const gcs = storage({ sidecarEphemeralStorageBytes: 100 * GIB });
    const { binding } = bound(gcs, Model.GEMMA_2_9B_IT, 'local-ssd');
    expect(binding.podAnnotations['gke-gcsfuse/ephemeral-storage-limit']).toBe('102400Mi');
    const counted = gcs.sidecar!.ephemeralStorageBytes + gcs.cacheBytes(Model.GEMMA_2_9B_IT);
    expect(counted).toBeGreaterThanOrEqual(100 * GIB);
    // a node that could not hold it is refused
    const asked = (sidecarEphemeralStorageBytes: number) => Placement.of({
      accelerator: Accelerator.L4, gpus: 2, sidecar: storage({ sidecarEphemeralStorageBytes }).sidecar,
    });
    expect(asked(80 * GIB).machineType.name).toBe('g2-standard-24');
    expect(() => asked(500 * GIB)).toThrow('Placement: machine type g2-standard-24 leaves each of 1 servers ');
  });

  test('a limit that the cache exceeds is refused', () => {
    const message = (sidecarEphemeralStorageBytes: number) =>
      refusalOf(() => bound(storage({ sidecarEphemeralStorageBytes }), Model.GEMMA_2_9B_IT, 'local-ssd'));
    expect(message(5 * GIB)).toBe('WeightsStorage.gcsFuse: the file cache of 18509 MiB is not below the sidecar\'s ephemeral storage of 5120 MiB,'
      + ' which would evict the pod. Leave sidecarEphemeralStorageBytes out, or use at least 24776802304');
    expect(message(18509 * MIB)).toContain('is not below the sidecar\'s ephemeral storage of 18509 MiB');
    expect(() => bound(storage({ sidecarEphemeralStorageBytes: 24776802304 }), Model.GEMMA_2_9B_IT, 'local-ssd')).not.toThrow();
    // in memory the cache is no matter of the disk
    expect(() => bound(storage({ sidecarEphemeralStorageBytes: 5 * GIB }), Model.GEMMA_2_9B_IT, 'memory')).not.toThrow();
  });

  test.each([0, -5 * MIB, 100, Number.NaN])('a file cache of %s bytes is refused', (fileCacheBytes) => {
    expect(refusalOf(() => storage({ fileCacheBytes }))).toBe(`WeightsStorage.gcsFuse: 'fileCacheBytes' (${fileCacheBytes}) must be at least 1 MiB`);
  });

  test.each([0, -1, Number.NaN])('ephemeral storage of %s bytes is refused', (sidecarEphemeralStorageBytes) => {
    expect(refusalOf(() => storage({ sidecarEphemeralStorageBytes })))
      .toBe(`WeightsStorage.gcsFuse: 'sidecarEphemeralStorageBytes' (${sidecarEphemeralStorageBytes}) must be at least 1 MiB`);
  });
});

test.each(['gs://my-models', 'My-Models', 'ab', 'a'.repeat(64), '-models', 'models-', 'goog-models', 'my-google-models', 'my..models', '', 'my models'])(
  'bucket \'%s\' is refused', (bucket) => {
    expect(refusalOf(() => storage({ bucket }))).toBe(`WeightsStorage.gcsFuse: 'bucket' (${bucket}) is no bucket name: 3 to 63 lower case letters,`
      + ' digits, \'-\', \'_\' and \'.\', without gs:// and without \'google\'');
  });

test.each(['abc', 'my-models', 'my_models.v2', 'a'.repeat(63), '0models9'])('bucket \'%s\' is taken', (bucket) => {
  expect(storage({ bucket }).bucket).toBe(bucket);
});

test('it is no disk, and bound to no zone', () => {
  expect(storage()).toMatchObject({ id: 'gcs' });
  expect([storage().diskType, storage().diskClass, storage().zones]).toEqual([undefined, undefined, undefined]);
  expect(storage().bytesPerSecond(Model.GEMMA_2_9B_IT)).toBe(Math.floor(2 ** 30 / 2.8));
});
