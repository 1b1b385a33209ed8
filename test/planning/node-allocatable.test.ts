import { MachineType } from '../../lib/catalog';
import { nodeAllocatable, nodeCapacity } from '../../lib/planning/node-allocatable';

const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

const G2_STANDARD_24 = { vcpus: 24, memoryBytes: 96 * GIB, localSsdCount: 0, bootDiskBytes: 200 * GIB };

test('g2-standard-24: vCPUs', () => {
  // reserved: 6 % of the first, 1 % of the second, 0.5 % of two, 0.25 % of twenty = 60 + 10 + 10 + 50
  expect(nodeAllocatable(G2_STANDARD_24).cpuMillis).toBe(24000 - 130);
  expect(nodeAllocatable({ ...G2_STANDARD_24, vcpus: 4 }).cpuMillis).toBe(4000 - 80);
});

test('g2-standard-24: memory', () => {
  const capacity = 96 * GIB - 96 * GIB / 64 - 80 * MIB - Math.floor(0.00175 * 96 * GIB);
  expect(nodeCapacity(G2_STANDARD_24).memoryBytes).toBe(capacity);
  // 25 % of 4, 20 % of 4, 10 % of 8, 6 % of 80 GiB = 7.4; for image streaming 10, 8, 4 and 2.4 % = 2.96; 100 MiB for eviction
  const reserved = Math.ceil((1 + 0.8 + 0.8 + 4.8) * GIB) + Math.ceil((0.4 + 0.32 + 0.32 + 1.92) * GIB) + 100 * MIB;
  expect(Math.abs(nodeAllocatable(G2_STANDARD_24).memoryBytes - (capacity - reserved))).toBeLessThan(4);
});

test('the kernel\'s share of a large machine is bounded', () => {
  const bytes = 1872 * GIB;
  expect(nodeCapacity({ ...G2_STANDARD_24, memoryBytes: bytes }).memoryBytes).toBe(bytes - bytes / 64 - 80 * MIB - 248 * MIB);
});

test('ephemeral storage on the boot disk', () => {
  const disk = 200 * GIB;
  const capacity = disk - Math.ceil(0.015635 * disk) - Math.ceil(4.148 * GIB) - 100 * MIB;
  expect(nodeCapacity(G2_STANDARD_24).ephemeralStorageBytes).toBe(capacity);
  // the least of half of it, 6 GiB and 35 % = 76 GiB, and 100 GiB
  expect(nodeAllocatable(G2_STANDARD_24).ephemeralStorageBytes).toBe(Math.floor(capacity * 0.9 - 76 * GIB));
  const small = { ...G2_STANDARD_24, bootDiskBytes: 20 * GIB };
  expect(nodeAllocatable(small).ephemeralStorageBytes).toBe(Math.floor(nodeCapacity(small).ephemeralStorageBytes * 0.9 - 10 * GIB));
  const large = { ...G2_STANDARD_24, bootDiskBytes: 1000 * GIB };
  expect(nodeAllocatable(large).ephemeralStorageBytes).toBe(Math.floor(nodeCapacity(large).ephemeralStorageBytes * 0.9 - 100 * GIB));
});

test('ephemeral storage on local SSDs', () => {
  const storage = (localSsdCount: number) => nodeAllocatable({ ...G2_STANDARD_24, localSsdCount }).ephemeralStorageBytes;
  const expected = (count: number, overheadKib: number, reservedGib: number) =>
    Math.floor((count * 375 * GIB - overheadKib * KIB) * 0.9 - reservedGib * GIB);
  expect(storage(1)).toBe(expected(1, 7289472, 50));
  expect(storage(2)).toBe(expected(2, 13725224, 75));
  // the overhead of the next larger number that was measured
  expect(storage(3)).toBe(expected(3, 26332924, 100));
  expect(storage(4)).toBe(expected(4, 26332924, 100));
  expect(storage(16)).toBe(expected(16, 52837800, 100));
  // beyond the largest in proportion
  expect(storage(32)).toBe(expected(32, Math.ceil(78686620 * KIB * 32 / 24) / KIB, 100));
});

test('every machine keeps something for its pods, and never more than it has', () => {
  for (const { vcpus, memoryBytes, localSsdCounts } of MachineType.all()) {
    for (const localSsdCount of localSsdCounts) {
      const resources = { vcpus, memoryBytes, localSsdCount, bootDiskBytes: 200 * GIB };
      const [capacity, allocatable] = [nodeCapacity(resources), nodeAllocatable(resources)];
      for (const name of ['cpuMillis', 'memoryBytes', 'ephemeralStorageBytes'] as const) {
        expect(Number.isSafeInteger(allocatable[name])).toBe(true);
        expect(allocatable[name]).toBeGreaterThan(0.4 * capacity[name]);
        expect(allocatable[name]).toBeLessThan(capacity[name]);
      }
      expect(capacity.memoryBytes).toBeLessThan(memoryBytes);
    }
  }
});
