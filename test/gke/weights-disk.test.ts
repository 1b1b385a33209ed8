import { MachineType } from '../../lib/catalog';
import { WeightsDisk } from '../../lib/gke';
import { synthesized } from './synthesized';

const disk = (diskType: 'pd-ssd' | 'hyperdisk-ml', source: string) => synthesized((stack, project) => new WeightsDisk(stack, 'disk', {
  project, name: 'weights', zone: 'us-central1-a', diskType, sizeGib: 64, source, machineType: MachineType.fromName('g2-standard-24'),
})).one('google_compute_disk');

test('Hyperdisk ML from an image is for many readers', () => {
  expect(disk('hyperdisk-ml', 'projects/p/global/images/weights')).toMatchObject({
    name: 'weights', zone: 'us-central1-a', type: 'hyperdisk-ml', size: 64, image: 'projects/p/global/images/weights', access_mode: 'READ_ONLY_MANY',
  });
});

test('a persistent disk from a snapshot has no such mode', () => {
  const made = disk('pd-ssd', 'projects/p/global/snapshots/weights');
  expect(made).toMatchObject({ type: 'pd-ssd', snapshot: 'projects/p/global/snapshots/weights' });
  expect(made).not.toHaveProperty('access_mode');
  expect(made).not.toHaveProperty('image');
});
