import { Accelerator, MachineType } from '../../lib/catalog';
import { Placement, PlacementProps } from '../../lib/planning';
import { GIB } from '../../lib/common/bytes';
import { Amounts } from '../../lib/planning/node-allocatable';
import { refusalOf } from './pairs';

const OWN_CARD = Accelerator.of({
  id: 'mine', displayName: 'My card', gkeLabel: 'nvidia-mine', memoryBytes: 24 * GIB, computeCapability: 8.9, nvlink: false,
});

/** What GKE's own pods are assumed to request, kept here to see when the plan's figure changes. */
const DAEMONS: Amounts = { cpuMillis: 1000, memoryBytes: 2 * GIB, ephemeralStorageBytes: GIB };
const FUSE: Amounts = { cpuMillis: 1000, memoryBytes: 2 * GIB, ephemeralStorageBytes: 5 * GIB };

function onMachine(name: string, gpus: number, change: Partial<PlacementProps> = {}, attached?: number): Placement {
  const machineType = MachineType.fromName(name, attached);
  return Placement.of({ accelerator: machineType.accelerator, gpus, machineType, ...change });
}

describe('the machine', () => {
  const chosen = (accelerator: Accelerator, gpus: number, change: Partial<PlacementProps> = {}) => {
    const { machineType, serversPerNode } = Placement.of({ accelerator, gpus, ...change });
    return [machineType.name, machineType.gpus, serversPerNode];
  };

  test('is the smallest that holds the GPUs and what they need', () => {
    // g2-standard-4 has the GPU, but leaves less than 11 GiB of its 16 to a server
    expect(chosen(Accelerator.L4, 1)).toEqual(['g2-standard-8', 1, 1]);
    expect(chosen(Accelerator.L4, 2)).toEqual(['g2-standard-24', 2, 1]);
    expect(chosen(Accelerator.L4, 3)).toEqual(['g2-standard-48', 4, 1]);
    expect(chosen(Accelerator.A100, 8)).toEqual(['a2-highgpu-8g', 8, 1]);
    expect(chosen(Accelerator.A100, 16)).toEqual(['a2-megagpu-16g', 16, 1]);
    expect(chosen(Accelerator.H200, 1)).toEqual(['a3-ultragpu-8g', 8, 8]);
    expect(chosen(Accelerator.T4, 4)).toEqual(['n1-standard-16', 4, 1]);
  });

  test('is a larger one when the smallest lacks room for the sidecar and the cache', () => {
    // 8,000 - 90 reserved - 1,000 daemons - 5,000 are less than 2,000
    expect(chosen(Accelerator.L4, 1, { sidecar: { ...FUSE, cpuMillis: 5000 } })).toEqual(['g2-standard-12', 1, 1]);
    // 18 GiB beside its 32 GiB of memory: a local SSD comes before a larger machine
    expect(Placement.of({ accelerator: Accelerator.L4, gpus: 1, sidecar: FUSE, cacheBytes: 18 * GIB }))
      .toMatchObject({ machineType: { name: 'g2-standard-8' }, cacheMedium: 'local-ssd', localSsdCount: 1 });
    expect(chosen(Accelerator.T4, 1, { sidecar: FUSE, cacheBytes: 4 * GIB })).toEqual(['n1-standard-8', 1, 1]);
  });

  test('is one that stands in the zones asked for', () => {
    // a3-highgpu-8g is not in europe-west8-c, the smaller ones are
    expect(Placement.of({ accelerator: Accelerator.H100, gpus: 4, zones: ['europe-west8-c'] }).zones).toEqual(['europe-west8-c']);
    expect(refusalOf(() => Placement.of({ accelerator: Accelerator.H100, gpus: 8, zones: ['europe-west8-c'] })))
      .toMatch(/^Placement: machine type a3-highgpu-8g is not known in europe-west8-c; it is in asia-east1-c, .*, us-west4-a$/);
  });

  test('keeps of the zones asked for those that have it', () => {
    expect(onMachine('g2-standard-24', 2, { zones: ['us-central1-a', 'us-central1-f'] }).zones).toEqual(['us-central1-a']);
    expect(onMachine('g2-standard-24', 2).zones).toEqual(MachineType.fromName('g2-standard-24').zones);
    // no zone of the series is known: what was asked for is believed
    expect(onMachine('g4-standard-48', 1, { zones: ['us-central1-b'] }).zones).toEqual(['us-central1-b']);
    expect(onMachine('g4-standard-48', 1).zones).toEqual([]);
  });

  test('its zones cannot be changed through the plan', () => {
    (onMachine('g2-standard-24', 2).zones as string[]).length = 0;
    expect(MachineType.fromName('g2-standard-24').zones.length).toBeGreaterThan(0);
  });
});

describe('GPUs beyond one server\'s need', () => {
  test('hold further servers', () => {
    const placement = onMachine('a3-highgpu-8g', 2);
    expect([placement.serversPerNode, placement.strandedGpus, placement.strandedHourlyUsd]).toEqual([4, 0, 0]);
    expect([1, 4, 5, 8, 9].map(servers => placement.nodes(servers))).toEqual([1, 1, 2, 2, 3]);
  });

  test('are stranded when they are too few, at their share of the price', () => {
    const placement = onMachine('a3-highgpu-8g', 3);
    expect([placement.serversPerNode, placement.strandedGpus]).toEqual([2, 2]);
    // 88.49 USD an hour / 8 x 2
    expect(placement.strandedHourlyUsd).toBeCloseTo(22.1225, 6);
    expect(onMachine('g2-standard-48', 3).strandedHourlyUsd).toBe(1);
    expect(onMachine('a3-ultragpu-8g', 3)).toMatchObject({ strandedGpus: 2, strandedHourlyUsd: undefined });
  });
});

describe('the cache', () => {
  test('none is asked for', () => {
    expect(onMachine('g2-standard-24', 2)).toMatchObject({ cacheMedium: undefined, localSsdCount: 0 });
    // these come with the machine and must be named all the same
    expect(onMachine('a3-highgpu-8g', 8)).toMatchObject({ cacheMedium: undefined, localSsdCount: 16 });
  });

  test('local SSD that comes with the machine is first', () => {
    expect(onMachine('a3-highgpu-1g', 1, { cacheBytes: 100 * GIB, sidecar: FUSE })).toMatchObject({ cacheMedium: 'local-ssd', localSsdCount: 2 });
    // 2 x 375 GiB hold no 700 GiB, its 234 GiB of memory neither
    expect(refusalOf(() => onMachine('a3-highgpu-1g', 1, { cacheBytes: 700 * GIB, sidecar: FUSE })))
      .toBe('Placement: machine type a3-highgpu-1g cannot cache 700.0 GiB of weights beside each of 1 servers, neither in its 234.0 GiB of'
        + ' memory nor on local SSD. Cache less, or take weights from a disk');
  });

  test('then memory', () => {
    expect(onMachine('g2-standard-24', 2, { cacheBytes: 18 * GIB, sidecar: FUSE })).toMatchObject({ cacheMedium: 'memory', localSsdCount: 0 });
    // automatic SSD that is too small: 375 GiB less overhead, kubelet's share and what else is on it
    expect(onMachine('a2-ultragpu-4g', 1, { cacheBytes: 100 * GIB })).toMatchObject({ cacheMedium: 'local-ssd', localSsdCount: 4 });
  });

  test('then as few local SSDs as it takes', () => {
    const cache = (gib: number) => {
      const { cacheMedium, localSsdCount } = onMachine('n1-standard-8', 1, { cacheBytes: gib * GIB, sidecar: FUSE }, 1);
      return [cacheMedium, localSsdCount];
    };
    expect(cache(4)).toEqual(['memory', 0]);
    expect(cache(40)).toEqual(['local-ssd', 1]);
    expect(cache(500)).toEqual(['local-ssd', 2]);
    expect(cache(800)).toEqual(['local-ssd', 3]);
  });

  test('memory stays free for the server when the cache is on disk', () => {
    const inMemory = onMachine('g2-standard-24', 2, { cacheBytes: 18 * GIB, sidecar: FUSE });
    const onDisk = onMachine('g2-standard-24', 2, { cacheBytes: 130 * GIB, sidecar: FUSE });
    expect(onDisk).toMatchObject({ cacheMedium: 'local-ssd', localSsdCount: 2 });
    expect(onDisk.memoryBytes - inMemory.memoryBytes).toBe(18 * GIB);
  });
});

describe('the share of one server', () => {
  test('g2-standard-24 with a sidecar and 18 GiB in memory', () => {
    const placement = onMachine('g2-standard-24', 2, { cacheBytes: 18 * GIB, sidecar: FUSE });
    const node = placement.nodeAllocatable;
    // 24,000 - 130 reserved - 1,000 daemons - 1,000 sidecar, in whole vCPUs
    expect(node.cpuMillis).toBe(23870);
    expect(placement.cpuMillis).toBe(21000);
    expect(placement.memoryBytes).toBe(Math.floor((node.memoryBytes - (2 + 2 + 18) * GIB) / GIB) * GIB);
  });

  const machines = MachineType.all().map(machine => [`${machine.name} with ${machine.gpus} ${machine.accelerator.id}`, machine] as const);

  test.each(machines)('%s is never overfull', (_, machine) => {
    let tried = 0;
    for (let gpus = 1; gpus <= machine.gpus; gpus++) {
      for (const sidecar of [undefined, FUSE]) {
        for (const cacheGib of [0, 2, 18, 140, 700]) {
          const props = { accelerator: machine.accelerator, gpus, machineType: machine, sidecar, cacheBytes: cacheGib * GIB };
          let placement: Placement;
          try {
            placement = Placement.of(props);
          } catch {
            continue;
          }
          tried++;
          const beside = sidecar ?? { cpuMillis: 0, memoryBytes: 0, ephemeralStorageBytes: 0 };
          const cacheIn = (medium: string) => placement.cacheMedium === medium ? cacheGib * GIB : 0;
          const node = placement.nodeAllocatable;
          const { serversPerNode, strandedGpus } = placement;
          expect(serversPerNode * gpus + strandedGpus).toBe(machine.gpus);
          expect(strandedGpus).toBeLessThan(gpus);
          expect(serversPerNode * (placement.cpuMillis + beside.cpuMillis) + DAEMONS.cpuMillis).toBeLessThanOrEqual(node.cpuMillis);
          expect(serversPerNode * (placement.memoryBytes + beside.memoryBytes + cacheIn('memory')) + DAEMONS.memoryBytes)
            .toBeLessThanOrEqual(node.memoryBytes);
          expect(serversPerNode * (placement.ephemeralStorageBytes + beside.ephemeralStorageBytes + cacheIn('local-ssd'))
            + DAEMONS.ephemeralStorageBytes).toBeLessThanOrEqual(node.ephemeralStorageBytes);
          expect(placement.cpuMillis).toBeGreaterThanOrEqual(2000 * gpus);
          expect(placement.memoryBytes).toBeGreaterThanOrEqual((8 + 3 * gpus) * GIB);
          expect(machine.localSsdCounts).toContain(placement.localSsdCount);
          expect(placement.cacheMedium === undefined).toBe(cacheGib === 0);
        }
      }
    }
    // the smallest two have 15 and 16 GiB, of which a server would get less than 11
    expect(tried > 0).toBe(!['n1-standard-4', 'g2-standard-4'].includes(machine.name));
  });

  test('every accelerator can be placed at every size that it has', () => {
    for (const accelerator of Accelerator.all()) {
      const most = Math.max(...MachineType.forAccelerator(accelerator).map(machine => machine.gpus));
      for (let gpus = 1; gpus <= most; gpus++) {
        expect(Placement.of({ accelerator, gpus }).machineType.gpus).toBeGreaterThanOrEqual(gpus);
      }
    }
  });
});

describe('refusals', () => {
  const cases: [string, () => Placement, string][] = [
    ['more GPUs than any machine', () => Placement.of({ accelerator: Accelerator.L4, gpus: 16 }),
      'no machine type has 16 x NVIDIA L4; the largest has 8. Use at most 8 GPUs a server'],
    ['a card of one\'s own without its machine', () => Placement.of({ accelerator: OWN_CARD, gpus: 1 }),
      'no machine type has 1 x My card; the catalogue has no machine with this card. Say which one has it: machineType: MachineType.of({ … })'],
    ['no GPU', () => Placement.of({ accelerator: Accelerator.L4, gpus: 0 }), '\'gpus\' (0) must be a whole number of at least 1'],
    ['half a GPU', () => Placement.of({ accelerator: Accelerator.L4, gpus: 1.5 }), '\'gpus\' (1.5) must be a whole number of at least 1'],
    ['more GPUs than the machine', () => onMachine('g2-standard-24', 4),
      'machine type g2-standard-24 has 2 x NVIDIA L4, but a server needs 4 x NVIDIA L4'],
    ['another accelerator', () => onMachine('g2-standard-24', 1, { accelerator: Accelerator.H100 }),
      'machine type g2-standard-24 has 2 x NVIDIA L4, but a server needs 1 x NVIDIA H100 80GB'],
    ['a disk that the series cannot attach', () => onMachine('n1-standard-16', 1, { diskType: 'hyperdisk-ml' }, 1),
      'machine type n1-standard-16 cannot attach a hyperdisk-ml disk; it takes pd-standard, pd-balanced, pd-ssd, pd-extreme.'
      + ' Use such a disk, or weights in a bucket'],
    ['the same without a machine named', () => Placement.of({ accelerator: Accelerator.T4, gpus: 1, diskType: 'hyperdisk-ml' }),
      'machine type n1-standard-4 cannot attach a hyperdisk-ml disk; it takes pd-standard, pd-balanced, pd-ssd, pd-extreme.'
      + ' Use such a disk, or weights in a bucket'],
    ['a disk for H200', () => Placement.of({ accelerator: Accelerator.H200, gpus: 8, diskType: 'pd-ssd' }),
      'machine type a3-ultragpu-8g cannot attach a pd-ssd disk; it takes hyperdisk-balanced.'
      + ' Use such a disk, or weights in a bucket'],
    ['a zone without the machine', () => onMachine('a2-megagpu-16g', 16, { zones: ['us-west1-a', 'us-west1-b'] }),
      'machine type a2-megagpu-16g is not known in us-west1-a, us-west1-b; it is in asia-southeast1-a, asia-southeast1-c, europe-west4-a,'
      + ' europe-west4-b, us-central1-a, us-central1-b, us-central1-c, us-central1-f'],
    ['a machine that is too small', () => onMachine('n1-standard-4', 4, {}, 4),
      'machine type n1-standard-4 leaves each of 1 servers 2.9 vCPU, 9.1 GiB of memory and 96.4 GiB of disk; 4 GPUs need 8 vCPU, 20.0 GiB and'
      + ' 12.0 GiB'],
    ['a cache that nothing holds', () => onMachine('g2-standard-4', 1, { cacheBytes: 400 * GIB }),
      'machine type g2-standard-4 cannot cache 400.0 GiB of weights beside each of 1 servers, neither in its 16.0 GiB of memory nor on local SSD.'
      + ' Cache less, or take weights from a disk'],
  ];

  test.each(cases)('%s', (_, build, message) => {
    expect(refusalOf(build)).toBe(`Placement: ${message}`);
  });
});
