import { Model } from '../../lib/catalog';
import { PersistentDiskOptions, WeightsStorage } from '../../lib/weights';
import { refusalOf } from './render';

const MIB = 2 ** 20;

function storage(options: Partial<PersistentDiskOptions> = {}) {
  return WeightsStorage.persistentDisk({ zone: 'us-central1-a', ...options });
}

test('a disk in one zone, its class in that of its first pod', () => {
  expect(storage()).toMatchObject({
    id: 'pd', diskType: 'pd-ssd', zones: ['us-central1-a'],
    diskClass: { name: 'weights-pd-ssd', zones: [], parameters: { type: 'pd-ssd' } },
  });
  expect(storage({ diskType: 'pd-balanced' }).diskClass).toEqual({ name: 'weights-pd-balanced', zones: [], parameters: { type: 'pd-balanced' } });
});

test('the disk that is written is of the same class', () => {
  expect(storage().hydrationDisk!(Model.GEMMA_2_9B_IT)).toEqual({ diskClass: storage().diskClass, sizeBytes: 500 * 2 ** 30 });
});

test('it reads as fast as its size allows, up to what the machine does', () => {
  // 500 GiB x 0.48 MiB/s = 240 MiB/s; x 0.28 = 140
  expect(storage().bytesPerSecond(Model.GEMMA_2_9B_IT)).toBe(240 * MIB);
  expect(storage({ diskType: 'pd-balanced' }).bytesPerSecond(Model.GEMMA_2_9B_IT)).toBeCloseTo(140 * MIB, -1);
  // DeepSeek V3: 641.3 GiB x 1.2 = 770 GiB, x 0.28 = 215.6
  expect(storage({ diskType: 'pd-balanced' }).bytesPerSecond(Model.DEEPSEEK_V3)).toBeCloseTo(215.6 * MIB, -1);
  expect(storage().bytesPerSecond(Model.DEEPSEEK_V3)).toBe(240 * MIB);
  expect([storage().cacheBytes(Model.GEMMA_2_9B_IT), storage().sidecar, storage().bucket]).toEqual([0, undefined, undefined]);
});

test.each(['us-central1', '', 'us-central1-a,us-central1-b', 'us-central1-a us-central1-b', 'A'])('zone \'%s\' is refused', (zone) => {
  expect(refusalOf(() => storage({ zone }))).toBe(`WeightsStorage.persistentDisk: 'zone' (${zone}) is not one zone; a persistent disk is in exactly`
    + ' one, for example us-central1-a. For several zones take hyperdiskMl or gcsFuse');
});

test.each(['pd-standard', 'hyperdisk-ml', '', 'constructor'])('disk type \'%s\' is refused', (diskType) => {
  expect(refusalOf(() => storage({ diskType }))).toBe(`WeightsStorage.persistentDisk: 'diskType' (${diskType}) must be pd-balanced or pd-ssd`);
});
