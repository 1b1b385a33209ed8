import { Accelerator, MachineType, Model } from '../../lib/catalog';
import { MemoryPlan, Placement, ThroughputPlan, TokenPrice, TokenPriceProps } from '../../lib/planning';
import { refusalOf } from './pairs';

const memory = MemoryPlan.of({ model: Model.LLAMA_3_1_8B_INSTRUCT, accelerator: Accelerator.H100 });
const throughput = ThroughputPlan.of({ memory, inputTokens: 1024, outputTokens: 256, clients: 8 });

function priceOf(machine: string, gpus: number, change: Partial<TokenPriceProps> = {}): TokenPrice {
  const machineType = MachineType.fromName(machine);
  return TokenPrice.of({ throughput, placement: Placement.of({ accelerator: Accelerator.H100, gpus, machineType }), ...change });
}

test('the hour of a machine is divided by the tokens of an hour', () => {
  const price = priceOf('a3-highgpu-1g', 1);
  expect(price).toMatchObject({ hourlyUsd: 11.061, strandedHourlyUsd: 0, priceDate: '2026-07-22' });
  expect(price.atLoad.output).toBeCloseTo(11.061 / (throughput.outputTokensPerSecond * 3600 / 1e6), 9);
  expect(price.atLoad.input).toBeCloseTo(price.atLoad.output / 4, 9);
  expect(price.atLoad.total).toBeCloseTo(price.atLoad.output / 5, 9);
  expect(price.atSaturation.output).toBeLessThan(price.atLoad.output / 3);
});

test('servers share a machine, with the GPUs that none of them can use', () => {
  expect(priceOf('a3-highgpu-8g', 1)).toMatchObject({ hourlyUsd: 88.49 / 8, strandedHourlyUsd: 0 });
  const stranded = priceOf('a3-highgpu-8g', 3);
  expect(stranded.hourlyUsd).toBeCloseTo(88.49 / 2, 9);
  expect(stranded.strandedHourlyUsd).toBeCloseTo(88.49 * 2 / 8 / 2, 9);
});

test('spot, an agreed price, and what else a server needs', () => {
  expect(priceOf('a3-highgpu-1g', 1, { kind: 'spot' }).hourlyUsd).toBe(4.46);
  const agreed = priceOf('a3-highgpu-1g', 1, { machineHourlyUsd: 5, otherHourlyUsd: 0.5 });
  expect(agreed.hourlyUsd).toBe(5.5);
  expect(agreed.priceDate).toBeUndefined();
});

test('an API that asks what a busy server costs breaks even when the server is always busy', () => {
  const price = priceOf('a3-highgpu-1g', 1);
  expect(price.breakEvenUtilization({ inputUsd: 0, outputUsd: price.atSaturation.output })).toBeCloseTo(1, 9);
  const twice = 2 * price.atSaturation.total;
  expect(price.breakEvenUtilization({ inputUsd: twice, outputUsd: twice })).toBeCloseTo(0.5, 9);
  expect(price.breakEvenUtilization({ inputUsd: 0, outputUsd: 0 })).toBe(Number.POSITIVE_INFINITY);
});

test('refused', () => {
  const placement = Placement.of({ accelerator: Accelerator.H200, gpus: 1 });
  expect(refusalOf(() => TokenPrice.of({ throughput, placement })))
    .toBe('TokenPrice: the catalogue has no on-demand price of machine type a3-ultragpu-8g; give \'machineHourlyUsd\'');
  expect(refusalOf(() => priceOf('a3-highgpu-1g', 1, { otherHourlyUsd: -1 })))
    .toBe('TokenPrice: \'otherHourlyUsd\' (-1) must be a number of US dollars, 0 or more');
  expect(refusalOf(() => priceOf('a3-highgpu-1g', 1).breakEvenUtilization({ inputUsd: Number.NaN, outputUsd: 1 })))
    .toBe('TokenPrice: \'inputUsd\' (NaN) must be a number of US dollars, 0 or more');
});
