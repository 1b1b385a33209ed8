import { MachineType, Model } from '../../lib/catalog';
import { HyperdiskMlOptions, WeightsStorage } from '../../lib/weights';
import { refusalOf } from './render';

const MIB = 2 ** 20;

function storage(options: Partial<HyperdiskMlOptions> = {}) {
  return WeightsStorage.hyperdiskMl({ zones: ['us-central1-b', 'us-central1-a'], ...options });
}

test('a class of disks in every zone', () => {
  expect(storage().diskClass).toEqual({
    name: 'weights-hdml-us-central1-a-us-central1-b',
    zones: ['us-central1-a', 'us-central1-b'],
    parameters: { type: 'hyperdisk-ml', 'provisioned-throughput-on-create': '2400Mi', 'enable-multi-zone-provisioning': 'true' },
  });
  expect(storage()).toMatchObject({ id: 'hdml', diskType: 'hyperdisk-ml', zones: ['us-central1-a', 'us-central1-b'] });
});

test('the order of the zones and repetitions make no other class, another throughput does', () => {
  expect(storage({ zones: ['us-central1-a', 'us-central1-b', 'us-central1-a'] }).diskClass).toEqual(storage().diskClass);
  expect(storage({ throughputMib: 2400 }).diskClass).toEqual(storage().diskClass);
  expect(storage({ throughputMib: 10000 }).diskClass).toMatchObject({
    name: 'weights-hdml-10000-us-central1-a-us-central1-b', parameters: { 'provisioned-throughput-on-create': '10000Mi' },
  });
});

test('the disk that is written is one disk, in the zone of the pod that writes it, and of one class for all', () => {
  const disk = { diskClass: storage({ throughputMib: 10000 }).hydrationDisk!(Model.GEMMA_2_9B_IT).diskClass, sizeBytes: 100 * 2 ** 30 };
  expect(storage().hydrationDisk!(Model.GEMMA_2_9B_IT)).toEqual(disk);
  expect(disk.diskClass).toEqual({
    name: 'weights-hdml-hydration', zones: [], parameters: { type: 'hyperdisk-ml', 'provisioned-throughput-on-create': '2400Mi' },
  });
});

test('the caller\'s list of zones is left as it is', () => {
  const zones = ['us-central1-b', 'us-central1-a'];
  storage({ zones });
  expect(zones).toEqual(['us-central1-b', 'us-central1-a']);
});

test('a server reads what its machine can, or what is provisioned', () => {
  expect(storage().bytesPerSecond(Model.GEMMA_2_9B_IT)).toBe(800 * MIB);
  expect(storage({ throughputMib: 400 }).bytesPerSecond(Model.GEMMA_2_9B_IT)).toBe(400 * MIB);
  expect(storage().cacheBytes(Model.GEMMA_2_9B_IT)).toBe(0);
  expect(storage().sidecar).toBeUndefined();
});

test('machines that take the disk exist, and some that do not', () => {
  const takers = MachineType.all().filter(machine => machine.attaches(storage().diskType!)).map(machine => machine.accelerator.id);
  expect(new Set(takers)).toEqual(new Set(['l4', 'rtx-pro-6000', 'a100', 'a100-80gb', 'h100', 'b200']));
});

test.each([399, 0, -1, 160001, 2400.5, Number.NaN])('a throughput of %s MiB/s is refused', (throughputMib) => {
  expect(refusalOf(() => storage({ throughputMib }))).toBe(`WeightsStorage.hyperdiskMl: 'throughputMib' (${throughputMib}) must be a whole number`
    + ' from 400 to 160000 for a disk of 100 GiB');
});

test('no zone is refused', () => {
  expect(refusalOf(() => storage({ zones: [] })))
    .toBe('WeightsStorage.hyperdiskMl: \'zones\' is empty; name the zones that the servers run in, for example us-central1-a');
});

test.each(['us-central1', '', 'us-central1-a,us-central1-b', 'US-CENTRAL1-A'])('zone \'%s\' is refused', (zone) => {
  expect(refusalOf(() => storage({ zones: ['us-central1-a', zone] })))
    .toBe(`WeightsStorage.hyperdiskMl: 'zones' (${zone}) must be zones, for example us-central1-a`);
});
