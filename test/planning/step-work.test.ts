import { Accelerator, Model } from '../../lib/catalog';
import { MemoryPlan, MemoryPlanProps } from '../../lib/planning';
import { StepWork } from '../../lib/planning/step-work';

function workOf(model: Model, change: Partial<MemoryPlanProps> = {}): StepWork {
  return new StepWork(MemoryPlan.of({ model, accelerator: Accelerator.H200, ...change }));
}

const LLAMA = Model.LLAMA_3_1_8B_INSTRUCT;
const LAYER = 4096 * (4096 + 2 * 1024) + 4096 * 4096 + 3 * 4096 * 14336;

test('a step of a dense model reads each layer and the output head, and multiplies by each weight', () => {
  const work = workOf(LLAMA);
  const head = 128256 * 4096;
  expect(work.operationsPerToken).toBe(2 * 32 * LAYER);
  expect(work.headOperations).toBe(2 * head);
  // norms are in it as well
  expect(work.commonBytes).toBeGreaterThanOrEqual(2 * (32 * LAYER + head));
  expect(work.commonBytes).toBeLessThan(2.001 * (32 * LAYER + head));
  expect(work.expertBytes).toBe(0);
  // 8 heads of 128 keys and 128 values in 16 bits
  expect(work.cacheBytes(3, 1000)).toBe(3 * 1000 * 32 * 8 * 256 * 2);
  // the tokens of a prompt see half of it on average: 32 heads, two products of 128
  expect(work.attentionOperations(0, 4096)).toBe(4096 * 2048 * 32 * 2 * 32 * 256);
});

test('two GPUs have half of it each', () => {
  const [one, two] = [workOf(LLAMA), workOf(LLAMA, { tensorParallelSize: 2 })];
  expect(two.commonBytes).toBe(one.commonBytes / 2);
  expect(two.operationsPerToken).toBe(one.operationsPerToken / 2);
  expect(two.cacheBytes(1, 100)).toBe(one.cacheBytes(1, 100) / 2);
});

test('fp8 halves the bytes of linear layers and no operation', () => {
  const [half, fp8] = [workOf(LLAMA), workOf(LLAMA, { quantization: 'fp8' })];
  expect(half.commonBytes - fp8.commonBytes).toBe(32 * LAYER);
  expect(fp8.operationsPerToken).toBe(half.operationsPerToken);
});

test('an embedding that is the output head is read once', () => {
  expect(workOf(Model.QWEN3_0_6B).commonBytes).toBe(Model.QWEN3_0_6B.weightsBytes);
});

test('experts: each token computes its own, and a batch reads those that any of its tokens goes to', () => {
  const work = workOf(Model.QWEN3_30B_A3B);
  const expert = 3 * 2048 * 768;
  expect(work.expertBytes).toBe(2 * 48 * 128 * expert);
  expect(work.expertOperationsPerToken).toBe(2 * 48 * 8 * expert);
  expect(work.expertsTouched(1)).toBeCloseTo(8 / 128, 10);
  expect(work.expertsTouched(64)).toBeCloseTo(0.984, 3);
});

test('experts in 4 bits, attention in 16', () => {
  const work = workOf(Model.GPT_OSS_20B);
  expect(work.expertOperationsPerToken).toBe(2 * 24 * 4 * 3 * 2880 * 2880);
  expect(work.expertBytes).toBeCloseTo(24 * 32 * 3 * 2880 * 2880 * 4.25 / 8, 0);
  // 3.6 billion active parameters, of which 0.58 are the output head: https://huggingface.co/openai/gpt-oss-20b
  const active = (work.operationsPerToken + work.expertOperationsPerToken + work.headOperations) / 2;
  expect(Math.abs(active / 3.6e9 - 1)).toBeLessThan(0.1);
});

test('a sliding window reads no more than itself', () => {
  const work = workOf(Model.GPT_OSS_20B);
  const perToken = 8 * (64 + 64) * 2;
  expect(work.cacheBytes(1, 1000)).toBe(12 * perToken * (1000 + 128));
});
