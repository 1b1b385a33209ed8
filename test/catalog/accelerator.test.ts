import { Accelerator } from '../../lib/catalog/accelerator';

const GIB = 2 ** 30;

test('the ids are the ones that cells are named after', () => {
  expect(Accelerator.all().map(accelerator => accelerator.id))
    .toEqual(['t4', 'l4', 'a100', 'a100-80gb', 'h100', 'h200', 'rtx-pro-6000', 'b200']);
});

test('an id finds its accelerator, an unknown one names the known', () => {
  expect(Accelerator.fromId('rtx-pro-6000')).toBe(Accelerator.RTX_PRO_6000);
  expect(() => Accelerator.fromId('v100')).toThrow(
    'Unknown accelerator \'v100\'. Known: t4, l4, a100, a100-80gb, h100, h200, rtx-pro-6000, b200. '
    + 'Use Accelerator.of(...) for a card that the catalogue lacks.');
});

test('no card is credited with more memory than its vendor sells', () => {
  const marketedGib = { t4: 16, l4: 24, a100: 40, 'a100-80gb': 80, h100: 80, h200: 141, 'rtx-pro-6000': 96, b200: 180 };
  for (const accelerator of Accelerator.all()) {
    const marketed = marketedGib[accelerator.id as keyof typeof marketedGib] * GIB;
    expect(accelerator.memoryBytes).toBeLessThan(marketed);
    expect(accelerator.memoryBytes).toBeGreaterThan(0.9 * marketed);
    expect(accelerator.freeMemoryBytes).toBeLessThan(accelerator.memoryBytes);
    expect(Number.isInteger(accelerator.memoryBytes) && Number.isInteger(accelerator.freeMemoryBytes)).toBe(true);
  }
});

test('measured cards start with what was measured, others with 0.6 GiB less than they have', () => {
  expect(Accelerator.H200.freeMemoryBytes / GIB).toBeCloseTo(139.29, 6);
  expect((Accelerator.L4.memoryBytes - Accelerator.L4.freeMemoryBytes) / GIB).toBeCloseTo(0.6, 6);
});

test('number formats follow the compute capability', () => {
  const formats = (accelerator: Accelerator) =>
    [accelerator.supportsBfloat16, accelerator.supportsFp8, accelerator.supportsFp8WeightOnly];
  expect(formats(Accelerator.T4)).toEqual([false, false, true]);
  expect(formats(Accelerator.A100)).toEqual([true, false, true]);
  expect(formats(Accelerator.L4)).toEqual([true, true, true]);
  expect(formats(Accelerator.B200)).toEqual([true, true, true]);
});

test('a card of one\'s own keeps what it is given', () => {
  const own = Accelerator.of({
    id: 'h20', displayName: 'NVIDIA H20', gkeLabel: 'nvidia-h20', memoryBytes: 95 * GIB, freeMemoryBytes: 94 * GIB, computeCapability: 9, nvlink: true,
  });
  expect(own).toMatchObject({ id: 'h20', memoryBytes: 95 * GIB, freeMemoryBytes: 94 * GIB, supportsFp8: true });
  expect(Accelerator.all()).not.toContain(own);
});
