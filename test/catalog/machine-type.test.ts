import { Accelerator } from '../../lib/catalog/accelerator';
import { MachineType } from '../../lib/catalog/machine-type';

const machines = MachineType.all();

test('every accelerator has machine types, ascending by GPUs, then by vCPUs', () => {
  for (const accelerator of Accelerator.all()) {
    const sizes = MachineType.forAccelerator(accelerator).map(machine => machine.gpus * 1000 + machine.vcpus);
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  }
  expect(MachineType.forAccelerator(Accelerator.L4).map(machine => machine.name)).toEqual([
    'g2-standard-4', 'g2-standard-8', 'g2-standard-12', 'g2-standard-16', 'g2-standard-32', 'g2-standard-24', 'g2-standard-48', 'g2-standard-96',
  ]);
});

test('a name and a number of GPUs mean one machine', () => {
  const keys = machines.map(machine => `${machine.name} ${machine.gpus}`);
  expect(new Set(keys).size).toBe(keys.length);
  expect(MachineType.fromName('g2-standard-24')).toMatchObject({ gpus: 2, vcpus: 24, memoryBytes: 96 * 2 ** 30, accelerator: Accelerator.L4 });
  expect(MachineType.fromName('n1-standard-8', 2)).toMatchObject({ gpus: 2, vcpus: 8, accelerator: Accelerator.T4 });
});

test('a name that does not decide is refused with what would', () => {
  expect(() => MachineType.fromName('n1-standard-8'))
    .toThrow('Machine type \'n1-standard-8\' takes 1, 2, 4 NVIDIA T4: say how many, for example MachineType.fromName(\'n1-standard-8\', 1).');
  expect(() => MachineType.fromName('a3-highgpu-8g', 4)).toThrow('Machine type \'a3-highgpu-8g\' has 8 NVIDIA H100 80GB, not 4.');
  expect(() => MachineType.fromName('e2-standard-4')).toThrow(/^Unknown machine type 'e2-standard-4'\. Known: n1-standard-4, .*a4-highgpu-8g\./);
});

test('disks follow the machine series', () => {
  expect(MachineType.fromName('n1-standard-8', 1).attaches('hyperdisk-ml')).toBe(false);
  expect(MachineType.fromName('g2-standard-24').attaches('hyperdisk-ml')).toBe(true);
  expect(MachineType.fromName('g2-standard-24').attaches('hyperdisk-balanced')).toBe(false);
  expect(MachineType.fromName('g4-standard-48').attaches('pd-ssd')).toBe(false);
  expect(MachineType.fromName('a3-ultragpu-8g').diskTypes).toEqual(['hyperdisk-balanced']);
  expect(MachineType.fromName('a4-highgpu-8g').attaches('pd-balanced')).toBe(false);
});

const named = machines.map(machine => [`${machine.name} with ${machine.gpus} ${machine.accelerator.id}`, machine] as const);

test.each(named)('%s is coherent', (_, machine) => {
  const { name, gpus, vcpus, localSsdCounts, localSsdAutomatic, zones } = machine;
  const [, number, unit] = /-(\d+)(g?)$/.exec(name)!;
  expect(unit === 'g' ? gpus : vcpus).toBe(Number(number));
  expect(localSsdAutomatic ? localSsdCounts.length === 1 && localSsdCounts[0] > 0 : localSsdCounts[0] === 0).toBe(true);
  expect(localSsdCounts).toEqual([...new Set(localSsdCounts)].sort((a, b) => a - b));
  expect(zones).toEqual([...new Set(zones)].sort());
  for (const zone of zones) {
    expect(zone).toMatch(/^[a-z]+-[a-z]+\d+-[a-f]$/);
  }
  expect(machine.bootDiskTypes.length).toBeGreaterThan(0);
  expect(machine.provisioning).toEqual(['on-demand', 'spot', 'flex-start', 'reservation'].filter(model => machine.provisioning.includes(model)));
  expect(machine.hourlyPriceUsd === undefined).toBe(machine.priceDate === undefined);
  expect(machine.priceDate ?? '2026-01-01').toMatch(/^202\d-\d\d-\d\d$/);
  expect(machine.hourlySpotPriceUsd ?? 0).toBeLessThan(machine.hourlyPriceUsd ?? 1);
});

test('a machine with more GPUs of the same series costs more', () => {
  const series = new Map<string, MachineType[]>();
  for (const machine of machines.filter(({ hourlyPriceUsd }) => hourlyPriceUsd !== undefined)) {
    const name = machine.name.replace(/-[^-]+$/, '');
    series.set(name, [...series.get(name) ?? [], machine]);
  }
  for (const members of series.values()) {
    for (const [small, large] of members.flatMap(a => members.filter(b => b.gpus > a.gpus && b.vcpus >= a.vcpus).map(b => [a, b]))) {
      expect(large.hourlyPriceUsd).toBeGreaterThan(small.hourlyPriceUsd!);
    }
  }
  expect(MachineType.fromName('a3-ultragpu-8g').hourlyPriceUsd).toBeUndefined();
});

test('zones are those of the machine, not of its family', () => {
  expect(MachineType.fromName('g2-standard-96').zones).toEqual(expect.arrayContaining(['us-central1-a', 'us-central1-b', 'us-central1-c', 'us-east4-c']));
  expect(MachineType.fromName('a3-highgpu-4g').zones).toContain('europe-west8-c');
  expect(MachineType.fromName('a3-highgpu-8g').zones).not.toContain('europe-west8-c');
});

test('the catalogue cannot be changed from outside', () => {
  MachineType.all().length = 0;
  expect(MachineType.all().length).toBe(machines.length);
});
