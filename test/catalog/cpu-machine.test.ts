import { CpuMachine } from '../../lib/catalog/cpu-machine';

test('a machine has 4 GiB a vCPU', () => {
  expect(CpuMachine.of('c3d-standard-30')).toMatchObject({ name: 'c3d-standard-30', vcpus: 30, memoryBytes: 120 * 2 ** 30 });
});

test.each([['e2-standard-4', false], ['n2-standard-8', false], ['c3d-standard-4', true]])('%s attaches Hyperdisk ML: %s', (name, attaches) => {
  expect(CpuMachine.of(name).diskTypes.includes('hyperdisk-ml')).toBe(attaches);
  expect(CpuMachine.of(name).diskTypes).toEqual(expect.arrayContaining(['pd-balanced', 'pd-ssd']));
});
