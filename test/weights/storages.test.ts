import { Accelerator, IWeightsStorage, STORAGE_IDS, StorageId } from '../../lib';
import { storageFor } from '../../lib/weights/storages';
import { NoStorage } from '../../lib/weights/weights-binding';
import { bound, refusalOf } from './render';
import { Model } from '../../lib/catalog';

function storageOf(accelerator: Accelerator, storage: StorageId, region = 'us-central1'): IWeightsStorage | NoStorage {
  return storageFor(storage, { accelerator, region, bucket: 'my-models' });
}

test('each storage is made under its own id, by one driver at least, which mounts what it binds', () => {
  for (const id of STORAGE_IDS) {
    const storage = storageOf(Accelerator.L4, id) as IWeightsStorage;
    expect(storage.id).toBe(id);
    expect(storage.csiDrivers.length).toBeGreaterThan(0);
    const { csi } = bound(storage, Model.QWEN3_8B, 'memory').binding.volume;
    expect([undefined, ...storage.csiDrivers]).toContain(csi?.driver);
  }
  expect(STORAGE_IDS).toEqual(['gcs', 'hdml', 'pd']);
});

test('a bucket is the cell\'s and in any zone', () => {
  expect(storageOf(Accelerator.L4, 'gcs')).toMatchObject({ id: 'gcs', bucket: 'my-models' });
  expect((storageOf(Accelerator.L4, 'gcs') as IWeightsStorage).zones).toBeUndefined();
});

test('disks are made where the region has the machine: Hyperdisk ML in two zones at most, a persistent disk in one', () => {
  expect(storageOf(Accelerator.L4, 'hdml')).toMatchObject({ id: 'hdml', zones: ['us-central1-a', 'us-central1-b'] });
  expect(storageOf(Accelerator.L4, 'pd', 'europe-west4')).toMatchObject({ id: 'pd', zones: ['europe-west4-a'] });
});

test('where no zone is known, one is tried', () => {
  expect(storageOf(Accelerator.RTX_PRO_6000, 'hdml')).toMatchObject({ zones: ['us-central1-b'] });
});

test.each([
  [Accelerator.T4, 'hdml', undefined, 'no machine with NVIDIA T4 attaches a hyperdisk-ml disk; they take pd-standard, pd-balanced, pd-ssd, pd-extreme'],
  [Accelerator.H200, 'pd', undefined, 'no machine with NVIDIA H200 141GB attaches a pd-ssd disk; they take hyperdisk-balanced'],
] as const)('%s cannot have %s', (accelerator, storage, region, reason) => {
  expect(storageOf(accelerator, storage, region)).toMatchObject({ reason });
});

test('a region without the machine is none for any storage, and the reason names those that have it', () => {
  for (const storage of STORAGE_IDS) {
    const { reason } = storageOf(Accelerator.H200, storage, 'africa-south1') as NoStorage;
    expect(reason).toMatch(/^no machine with NVIDIA H200 141GB is known in africa-south1; there are some in .*us-central1/);
  }
});

test.each(['nfs', '', 'constructor'])('storage \'%s\' is unknown', (id) => {
  expect(refusalOf(() => storageOf(Accelerator.L4, id as StorageId))).toBe(`'storage' (${id}) is unknown; there are gcs, hdml, pd`);
});

test('a zone is no region', () => {
  expect(refusalOf(() => storageOf(Accelerator.L4, 'gcs', 'us-central1-a'))).toBe('\'region\' (us-central1-a) is no region; for example us-central1');
});
