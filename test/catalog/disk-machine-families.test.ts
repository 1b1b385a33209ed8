import { CpuMachine } from '../../lib/catalog/cpu-machine';
import { machineFamiliesFor } from '../../lib/catalog/disk-machine-families';

test('Hyperdisk ML needs newer machines than persistent disks do', () => {
  expect(machineFamiliesFor('hyperdisk-ml')).toEqual(['c3', 'c3d']);
  for (const diskType of ['pd-balanced', 'pd-ssd']) {
    expect(machineFamiliesFor(diskType)).toEqual(['c2', 'c2d', 'c3', 'c3d', 'e2', 'n1', 'n2', 'n2d', 't2d']);
  }
});

test('what a node pool can be made of, a pod may ask for', () => {
  for (const name of ['e2-standard-4', 'n2-standard-4', 'c3d-standard-4']) {
    const { diskTypes } = CpuMachine.of(name);
    expect(diskTypes.filter(diskType => !machineFamiliesFor(diskType).includes(name.split('-')[0]))).toEqual([]);
  }
});

test('what only a guide attaches is asked for, and no node pool is made of it', () => {
  expect(machineFamiliesFor('hyperdisk-ml')).toContain('c3');
  expect(() => CpuMachine.of('c3-standard-4')).toThrow('\'machineType\' (c3-standard-4) is not known here');
});

test('what a caller does with the list changes no other', () => {
  machineFamiliesFor('pd-ssd').pop();
  expect(machineFamiliesFor('pd-ssd')).toHaveLength(9);
});

test.each(['pd-fast', '', 'constructor'])('disk type \'%s\' is not known', (diskType) => {
  expect(() => machineFamiliesFor(diskType)).toThrow(
    `no machine family is known that attaches disks of type '${diskType}'; known are hyperdisk-balanced, `);
});
