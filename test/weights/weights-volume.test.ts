import { Model } from '../../lib/catalog';
import { WeightsStorage, WeightsVolume } from '../../lib/weights';
import { bound, unit } from './render';

const STORAGES = [
  WeightsStorage.gcsFuse({ bucket: 'my-models' }),
  WeightsStorage.hyperdiskMl({ zones: ['us-central1-a'] }),
  WeightsStorage.persistentDisk({ zone: 'us-central1-a' }),
];

function volumeOf(model: Model): WeightsVolume {
  return new WeightsVolume(unit(), 'weights', { model, storage: STORAGES[0] });
}

test('is mounted read-only', () => {
  expect(volumeOf(Model.GEMMA_2_9B_IT).mount).toEqual({ name: 'weights', mountPath: '/weights', readOnly: true });
});

test.each(STORAGES.map(storage => [storage.id, storage] as const))('%s binds the volume that is mounted, and it is read-only too', (_, storage) => {
  const { volume } = bound(storage, Model.GEMMA_2_9B_IT).binding;
  expect(volume.name).toBe(volumeOf(Model.GEMMA_2_9B_IT).mount.name);
  expect((volume.csi ?? volume.persistentVolumeClaim)!.readOnly).toBe(true);
});

test('insists on the commit, or on the branch', () => {
  expect(volumeOf(Model.GEMMA_2_9B_IT).revision).toBe('11c9b309abf73637e4b6f9a3fa1e92e615547819');
  expect(volumeOf(Model.GEMMA_2_27B_IT).revision).toBe('main');
});

test('the check is of this model and revision', () => {
  expect(volumeOf(Model.GEMMA_2_9B_IT).checkArguments).toEqual(['/weights', 'google/gemma-2-9b-it', '11c9b309abf73637e4b6f9a3fa1e92e615547819']);
});

test('ids are those of the object names', () => {
  expect(STORAGES.map(({ id }) => id)).toEqual(['gcs', 'hdml', 'pd']);
});
