import { Accelerator, Model } from '../../lib/catalog';
import { GIB } from '../../lib/common/bytes';
import { MemoryPlan, MemoryPlanProps } from '../../lib/planning';
import { loraBytes, loraPlaces, loraStepBytes } from '../../lib/planning/lora';
import { refusalOf } from './pairs';

const LLAMA = Model.LLAMA_3_1_8B_INSTRUCT;

/** With what blocks leave unused, and the kernels. */
const loaded = (bytes: number) => bytes * 1.05 + 0.05 * GIB;

test('there is a place for each adapter, and one at least', () => {
  expect(loraPlaces({})).toEqual({ maxLoras: 1, maxRank: 16 });
  expect(loraPlaces({ adapters: { a: 'a', b: 'b' }, maxRank: 8 })).toEqual({ maxLoras: 2, maxRank: 8 });
  expect(loraPlaces({ adapters: { a: 'a' }, maxLoras: 4 })).toEqual({ maxLoras: 4, maxRank: 16 });
});

test('each place has its A and B of every projection, of embedding and head', () => {
  // q, k, v: 3 x 4,096 + 4,096 + 2 x 1,024; o: 2 x 4,096; gate, up: 2 x (4,096 + 14,336); down: 14,336 + 4,096
  const layer = 12288 + 6144 + 8192 + 36864 + 18432;
  const ends = 2 * (128256 + 4096);
  expect(loraBytes({ maxRank: 64, maxLoras: 4 }, LLAMA, 1, 1)).toBeCloseTo(loaded(4 * 64 * 2 * (32 * layer + ends)), 3);
  // on two GPUs a half of: q, k and v behind B, o before A, gate and up behind B, down before A
  const half = 12288 + 3072 + 2048 + 4096 + 2 * (4096 + 7168) + 7168 + 4096;
  expect(loraBytes({}, LLAMA, 2, 1)).toBeCloseTo(loaded(16 * 2 * (32 * half + ends)), 3);
  expect(loraBytes({}, LLAMA, 1, 2)).toBeCloseTo(loaded(16 * 2 * (16 * layer + ends)), 3);
  expect(loraBytes(undefined, LLAMA, 1, 1)).toBe(0);
});

test('every expert has adapters of its own', () => {
  const { QWEN3_30B_A3B: experts } = Model;
  const attention = 3 * 2048 + 4096 + 1024 + 4096 + 2048;
  const layer = attention + 128 * (2 * (2048 + 768) + 768 + 2048);
  expect(loraBytes({}, experts, 1, 1)).toBeCloseTo(loaded(32 * (48 * layer + 2 * (151936 + 2048))), 3);
});

test('a batch has the values between the matrices in 32 bit', () => {
  expect(loraStepBytes({ maxRank: 64 }, LLAMA, 8192)).toBe(3 * 8192 * 64 * 4);
  expect(loraStepBytes(undefined, LLAMA, 8192)).toBe(0);
});

describe('a plan', () => {
  const props: MemoryPlanProps = { model: LLAMA, accelerator: Accelerator.H100, maxModelLen: 8192 };

  test('holds the adapters with the weights, and the graphs twice', () => {
    const [without, withLora] = [MemoryPlan.of(props).perGpu, MemoryPlan.of({ ...props, lora: { maxLoras: 8, maxRank: 64 } }).perGpu];
    expect(withLora.weightsBytes - without.weightsBytes).toBe(Math.ceil(loraBytes({ maxLoras: 8, maxRank: 64 }, LLAMA, 1, 1)));
    expect(withLora.cudaGraphBytes).toBeGreaterThan(1.3 * without.cudaGraphBytes);
    expect(withLora.kvCacheBytes).toBeLessThan(without.kvCacheBytes);
  });

  test.each([
    [{ maxRank: 12 }, '\'lora.maxRank\' (12) is none of 1, 8, 16, 32, 64, 128, 256, 320, 512; use 16'],
    [{ maxRank: 1024 }, '\'lora.maxRank\' (1024) is none of 1, 8, 16, 32, 64, 128, 256, 320, 512; use 512'],
    [{ maxLoras: 0 }, '\'lora.maxLoras\' (0) must be a whole number of at least 1'],
    [{ maxLoras: 1, adapters: { a: 'a', b: 'b' } },
      '\'lora.adapters\' has 2 adapters, but \'lora.maxLoras\' (1) has a place for 1; set maxLoras to 2, or leave it out'],
    [{ adapters: { a: '../b' } }, '\'lora.adapters.a\' (../b) must be a folder below the weights, for example adapters/sql'],
  ])('%j is refused', (lora, message) => {
    expect(refusalOf(() => MemoryPlan.of({ ...props, lora }))).toBe(`MemoryPlan: ${message}`);
  });

  test('a head with too many tokens takes no adapter', () => {
    const model = Model.of({ ...LLAMA, vocabSize: 262144 });
    expect(refusalOf(() => MemoryPlan.of({ ...props, model, lora: {} }))).toBe('MemoryPlan: meta-llama/Llama-3.1-8B-Instruct has 262144 tokens;'
      + ' a head with more than 258048 takes no adapter. Leave lora out');
  });
});
