import { machineFamiliesFor } from '../../lib/catalog/disk-machine-families';

test('Hyperdisk ML needs newer machines than persistent disks do', () => {
  expect(machineFamiliesFor('hyperdisk-ml')).toEqual(['c3', 'c3d']);
  expect(machineFamiliesFor('pd-ssd')).toEqual(expect.arrayContaining(['e2', 'n2', 'c3']));
});

test('what a caller does with the list changes no other', () => {
  machineFamiliesFor('pd-ssd').pop();
  expect(machineFamiliesFor('pd-ssd')).toHaveLength(9);
});

test.each(['pd-standard', '', 'constructor'])('disk type \'%s\' is not known', (diskType) => {
  expect(() => machineFamiliesFor(diskType)).toThrow(
    `no machine family is known that attaches disks of type '${diskType}'; known are hyperdisk-ml, pd-balanced, pd-ssd`);
});
