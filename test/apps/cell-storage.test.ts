import { cellStorage, ImpossibleCell } from '../../apps/cell-storage';
import { Cell, StorageId } from '../../apps/matrix';
import { readSettings } from '../../apps/settings';
import { Accelerator, IWeightsStorage, Model } from '../../lib';

function storageOf(accelerator: Accelerator, storage: StorageId, region = 'us-central1'): IWeightsStorage | ImpossibleCell {
  const cell: Cell = { accelerator, storage, model: Model.QWEN3_8B, server: {} };
  return cellStorage(cell, { ...readSettings({}, '/nonexistent'), region, bucket: 'my-models' });
}

test('a bucket is the settings\' and in any zone', () => {
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
  for (const storage of ['gcs', 'hdml', 'pd'] as const) {
    const { reason } = storageOf(Accelerator.H200, storage, 'africa-south1') as ImpossibleCell;
    expect(reason).toMatch(/^no machine with NVIDIA H200 141GB is known in africa-south1; there are some in .*us-central1/);
  }
});
