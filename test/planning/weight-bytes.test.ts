import { Model } from '../../lib/catalog';
import { GIB } from '../../lib/common/bytes';
import { weightsPerGpu } from '../../lib/planning/weight-bytes';
import { legalTensorParallelSizes } from '../../lib/planning/tensor-parallel';

const gibOf = (bytes: number) => Number((bytes / GIB).toFixed(2));

test('one GPU holds the checkpoint and a margin', () => {
  // 16,060,522,496 bytes = 14.957 GiB, and 0.1 GiB
  expect(weightsPerGpu(Model.LLAMA_3_1_8B_INSTRUCT, 1, 1)).toBe(16060522496 + Math.ceil(0.1 * GIB));
  expect(gibOf(weightsPerGpu(Model.LLAMA_3_1_8B_INSTRUCT, 1, 1))).toBe(15.06);
});

test('tensor parallelism splits everything, the margin aside', () => {
  // 141,107,412,992 bytes = 131.417 GiB; / 4 = 32.854, and 0.17
  expect(gibOf(weightsPerGpu(Model.LLAMA_3_3_70B_INSTRUCT, 4, 1))).toBe(33.02);
});

test('a pipeline stage holds its share of the layers and the embedding or the head', () => {
  // embedding, and head: 128,256 x 8,192 x 2 bytes = 2,101,346,304 each; layers: the rest of 141,107,412,992, half of it a stage
  const stage = (141107412992 - 4202692608) / 2 + 2101346304;
  expect(weightsPerGpu(Model.LLAMA_3_3_70B_INSTRUCT, 1, 2)).toBe(Math.ceil(stage + 0.1 * GIB));
  // 80 layers on 3 stages: the fullest has 27
  const third = (141107412992 - 4202692608) * 27 / 80 + 2101346304;
  expect(weightsPerGpu(Model.LLAMA_3_3_70B_INSTRUCT, 1, 3)).toBe(Math.ceil(third + 0.1 * GIB));
});

test('online fp8 halves the linear layers only', () => {
  // embedding and head: 2 x 128,256 x 4,096 x 2 = 2,101,346,304; linear: 13,958,643,712 at half; norms: 532,480
  const bytes = 2101346304 + 13958643712 / 2 + (16060522496 - 2101346304 - 13958643712);
  expect(weightsPerGpu(Model.LLAMA_3_1_8B_INSTRUCT, 1, 1, 'fp8')).toBe(Math.ceil(bytes + 0.34 * GIB));
});

test('online fp8 of a large model has no more than its scales', () => {
  // embedding and head: 2 x 151,936 x 5,120 x 2; linear: 62,411,243,520 at half; 32.30 GiB, where 32.07 were measured
  expect(gibOf(weightsPerGpu(Model.QWEN3_32B, 1, 1, 'fp8'))).toBe(32.3);
});

test('a tower loads more than its file has', () => {
  expect(weightsPerGpu(Model.GEMMA_3_27B_IT, 1, 1)).toBe(Math.ceil(Model.GEMMA_3_27B_IT.weightsBytes + 0.45 * GIB));
});

test('a quantized checkpoint is not shrunk again', () => {
  // 13,761,264,768 bytes = 12.816 GiB; 2 % of it are 0.26 GiB, the least margin is 0.34
  expect(weightsPerGpu(Model.GPT_OSS_20B, 1, 1)).toBe(Math.ceil(13761264768 + 0.34 * GIB));
  // 65,248,815,744 bytes = 60.77 GiB, 2 % of which are 1.22
  expect(weightsPerGpu(Model.GPT_OSS_120B, 1, 1)).toBe(Math.ceil(65248815744 * 1.02));
});

test('more GPUs than key-value heads: each keeps a whole head\'s projections', () => {
  // Qwen2.5-7B has 4 heads; on 7 GPUs 3 more copies of 2 x 128 x 3,584 x 2 bytes in each of 28 layers
  const copies = 3 * 2 * 128 * 3584 * 2 * 28;
  expect(weightsPerGpu(Model.QWEN2_5_7B_INSTRUCT, 7, 1)).toBe(Math.ceil((15231233024 + copies) / 7 + 0.17 * GIB));
  expect(weightsPerGpu(Model.QWEN2_5_7B_INSTRUCT, 4, 1)).toBe(Math.ceil(15231233024 / 4 + 0.17 * GIB));
});

test('full-attention layers with fewer key-value heads than the others are copied on their own', () => {
  // Gemma 4 31B: 10 of 60 layers have 4 heads of 512; on 8 GPUs 4 more copies of 2 x 512 x 5,376 x 2 bytes
  const copies = 4 * 2 * 512 * 5376 * 2 * 10;
  // and the tower of 27 layers, 1,152 wide, is whole on each
  const tower = 2 * 27 * 1152 * (4 * 1152 + 3 * 4304);
  expect(weightsPerGpu(Model.GEMMA_4_31B_IT, 8, 1)).toBe(Math.ceil((62776400000 + copies + 7 * tower) / 8 + 0.45 * GIB));
  expect(weightsPerGpu(Model.GEMMA_4_31B_IT, 4, 1)).toBe(Math.ceil((62776400000 + 3 * tower) / 4 + 0.45 * GIB));
});

test('latent attention has no heads to copy', () => {
  expect(weightsPerGpu(Model.DEEPSEEK_V3, 8, 1)).toBe(Math.ceil(688586727753 / 8 * 1.02));
});

test.each(Model.all().map(model => [model.id, model] as const))('%s: more GPUs or stages never hold more each', (_, model) => {
  const sizes = legalTensorParallelSizes(model, 16);
  const perSize = sizes.map(size => weightsPerGpu(model, size, 1));
  expect(perSize).toEqual([...perSize].sort((a, b) => b - a));
  const perStages = [1, 2, 3, 4].map(stages => weightsPerGpu(model, 1, stages));
  expect(perStages).toEqual([...perStages].sort((a, b) => b - a));
  // all of them together hold the whole model
  sizes.forEach((size, index) => expect(perSize[index] * size).toBeGreaterThanOrEqual(model.weightsBytes));
  if (model.quantization === undefined) {
    expect(weightsPerGpu(model, 1, 1, 'fp8')).toBeLessThan(perSize[0]);
    expect(weightsPerGpu(model, 1, 1, 'fp8')).toBeGreaterThan(model.weightsBytes / 2);
  }
});
