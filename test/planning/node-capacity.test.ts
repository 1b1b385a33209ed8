import { Accelerator, MachineType } from '../../lib/catalog';
import { Placement, PlacementProps } from '../../lib/planning';
import { isTainted } from '../../lib/planning/node-capacity';
import { refusalOf } from './pairs';

const placed = (change: Partial<PlacementProps> = {}, accelerator = Accelerator.L4) => Placement.of({ accelerator, gpus: 1, ...change });

test('without a word any nodes will do, and they come as the machine is sold', () => {
  expect([placed().capacity, placed().capacityMark]).toEqual(['on-demand', undefined]);
  expect([placed({}, Accelerator.H100).capacity, placed({}, Accelerator.H100).capacityMark]).toEqual(['flex-start', undefined]);
});

test.each([
  ['on-demand', undefined, undefined],
  ['spot', undefined, { key: 'cloud.google.com/gke-spot', value: 'true' }],
  ['flex-start', undefined, { key: 'cloud.google.com/gke-flex-start', value: 'true' }],
  ['reservation', 'mine', { key: 'vllm-reservation', value: 'mine' }],
  ['reservation', 'projects/p/reservations/mine/reservationBlocks/b1', { key: 'vllm-reservation', value: 'mine.b1' }],
] as const)('%s %s is known by its mark', (capacity, reservation, mark) => {
  const { capacity: got, reservation: of, capacityMark } = placed({ capacity, reservation });
  expect([got, of, capacityMark]).toEqual([capacity, reservation, mark]);
});

test('a machine that is sold so is taken where a smaller one is not', () => {
  expect(placed({}, Accelerator.H100).machineType.name).toBe('a3-highgpu-1g');
  expect(placed({ capacity: 'on-demand' }, Accelerator.H100).machineType.name).toBe('a3-highgpu-8g');
});

test('where a machine is lent only, its nodes keep nobody away', () => {
  const machine = (name: string) => MachineType.fromName(name);
  expect(['spot', 'flex-start', 'reservation', 'on-demand', 'queued'].map(word =>
    (['g2-standard-24', 'a3-highgpu-1g'].map(name => isTainted(word as 'spot', machine(name)))))).toEqual([
    [true, true], [true, false], [true, true], [false, false], [false, false],
  ]);
});

const LONG = 'a'.repeat(63);
test.each<[Partial<PlacementProps>, string]>([
  [{ capacity: 'cheap' as 'spot' }, '\'capacity\' (cheap) must be one of on-demand, spot, reservation, flex-start, queued'],
  [{ capacity: 'queued' }, 'Placement: \'capacity\' (queued): a ProvisioningRequest is given all its machines once, and servers come and go one by'
  + ' one; use flex-start, and keep queued for Jobs'],
  [{ capacity: 'reservation' }, '\'capacity\' (reservation) needs the name of the reservation; give \'reservation\''],
  [{ reservation: 'mine' }, '\'reservation\' (mine) goes with capacity reservation, not with none'],
  [{ capacity: 'spot', reservation: 'mine' }, '\'reservation\' (mine) goes with capacity reservation, not with spot'],
  [{ capacity: 'reservation', reservation: 'My Own' }, '\'reservation\' (My Own) is no name of a reservation: lower case letters, digits and \'-\', or'
  + ' projects/PROJECT/reservations/NAME'],
  [{ capacity: 'reservation', reservation: `${LONG}/reservationBlocks/b` }, `'reservation' (${LONG}/reservationBlocks/b): nodes and pods find each`
  + ' other by a label of its name, which would have 65 characters > 63; take a reservation or a block with a shorter name'],
  [{ capacity: 'on-demand', machineType: MachineType.fromName('a3-highgpu-1g'), accelerator: Accelerator.H100 },
    '\'capacity\' (on-demand): a3-highgpu-1g is to be had by spot, flex-start, reservation only'],
  [{ capacity: 'on-demand', accelerator: Accelerator.B200 }, '\'capacity\' (on-demand): a4-highgpu-8g is to be had by spot, flex-start, reservation only'],
])('refuses %j', (change, message) => {
  expect(refusalOf(() => placed(change))).toBe(message);
});
