import { Accelerator, Model } from '../../lib/catalog';
import { MemoryPlan, MemoryPlanProps, Speculation } from '../../lib/planning';
import { keptBytes } from '../../lib/planning/kept-memory';
import { captureSizes } from '../../lib/planning/cuda-graphs';
import { draftedLayers, speculationBytes } from '../../lib/planning/speculation';
import { weightsPerGpu } from '../../lib/planning/weight-bytes';
import { refusalOf } from './pairs';

const { QWEN3_32B, QWEN3_0_6B } = Model;
const NGRAM: Speculation = { method: 'ngram', numTokens: 4 };
const DRAFT: Speculation = { method: 'draft_model', numTokens: 4, draftModel: QWEN3_0_6B };
const PROPS: MemoryPlanProps = { model: QWEN3_32B, accelerator: Accelerator.H200, maxModelLen: 8192 };

describe('what speculation keeps', () => {
  const shape = { maxNumSeqs: 1024, maxNumBatchedTokens: 8192, maxModelLen: 131072 };
  const guesses = 1024 * 4 * (8 + 151936 / 8);

  test('the prompt of every sequence, to guess from it', () => {
    expect(speculationBytes(NGRAM, QWEN3_32B, shape)).toBe(guesses + 1024 * 131072 * 4);
  });

  test('the hidden states of a batch, for what guesses from them', () => {
    expect(speculationBytes(DRAFT, QWEN3_32B, shape)).toBe(guesses + 8192 * 1024 * 2);
    expect(speculationBytes({ ...DRAFT, method: 'eagle3' }, QWEN3_32B, shape)).toBe(guesses + 8192 * 1024 * 2 * 4);
    expect(speculationBytes(undefined, QWEN3_32B, shape)).toBe(0);
  });
});

test('graphs are captured for whole sequences of guesses as well', () => {
  const props = {
    model: QWEN3_32B, accelerator: Accelerator.H200, release: MemoryPlan.of(PROPS).release, runner: 'V2' as const, tensorParallelSize: 1,
    pipelineParallelSize: 1, maxNumSeqs: 16, maxNumBatchedTokens: 8192, enforceEager: false, maxModelLen: 8192,
  };
  expect(captureSizes(props)).toEqual([1, 2, 4, 8, 16, 24, 32]);
  const sizes = captureSizes({ ...props, speculative: NGRAM });
  expect(Math.max(...sizes)).toBe(160);
  expect(sizes).toEqual(expect.arrayContaining([5, 10, 20, 40, 80]));
  expect(keptBytes({ ...props, speculative: NGRAM }) - keptBytes(props)).toBe(16 * 4 * (8 + 151936 / 8) + 16 * 8192 * 4);
});

describe('a draft model', () => {
  const [without, drafted] = [MemoryPlan.of(PROPS), MemoryPlan.of({ ...PROPS, speculative: DRAFT })];

  test('has its weights beside the model\'s', () => {
    expect(drafted.perGpu.weightsBytes - without.perGpu.weightsBytes).toBe(weightsPerGpu(QWEN3_0_6B, 1, 1));
  });

  test('caches every token as the model does', () => {
    // a block of 16 tokens: 64 layers of 2 x 8 x 128 x 2 bytes, and 28 of the same
    const bytes = drafted.perGpu.kvCacheBytes;
    const blocks = Math.floor(bytes / (16 * (64 + 28) * 4096));
    expect(Math.abs(drafted.kvCacheTokens - blocks * 16)).toBeLessThanOrEqual(16);
    expect(drafted.largestModelLen).toBe(40960);
  });

  test('of which the longest request is exact', () => {
    const tight = MemoryPlan.of({ ...PROPS, speculative: DRAFT, maxModelLen: 'auto', gpuMemoryUtilization: 0.52 });
    const blocks = Math.floor(tight.perGpu.kvCacheBytes / (16 * 92 * 4096));
    expect(tight.largestModelLen).toBe(blocks * 16);
    expect(tight.fits).toBe(true);
  });
});

test('the next-token layer of DeepSeek is in its weights, and caches as one more', () => {
  const model = Model.DEEPSEEK_V3;
  expect(draftedLayers({ method: 'mtp', numTokens: 1 }, model)).toMatchObject({ layers: 1, mla: model.mla });
  const props = { model, accelerator: Accelerator.B200, tensorParallelSize: 8, maxModelLen: 32768 };
  const mtp = MemoryPlan.of({ ...props, speculative: { method: 'mtp', numTokens: 1 } });
  expect(mtp.perGpu.weightsBytes).toBe(MemoryPlan.of(props).perGpu.weightsBytes);
  // 61 layers and one, in blocks of 64 tokens of 576 values in 16 bit
  const perToken = mtp.perGpu.kvCacheBytes / mtp.kvCacheTokens;
  expect(perToken / (62 * 576 * 2)).toBeCloseTo(1, 2);
});

test.each<[string, Partial<Speculation>, string]>([
  ['no guesses', { numTokens: 0 }, '\'speculative.numTokens\' (0) must be a whole number of at least 1'],
  ['a draft model for guesses from the prompt', { draftModel: QWEN3_0_6B }, '\'speculative.method\' (ngram) takes no draftModel; leave it out'],
  ['none for a draft model', { method: 'draft_model' }, '\'speculative.method\' (draft_model) needs a draftModel'],
  ['another vocabulary', { method: 'draft_model', draftModel: Model.LLAMA_3_1_8B_INSTRUCT },
    'the draft model meta-llama/Llama-3.1-8B-Instruct has 128256 tokens, Qwen/Qwen3-32B has 151936; take a draft model of the same family, or ngram'],
  ['no next-token layer', { method: 'mtp' }, '\'speculative.method\' (mtp) needs a next-token layer in the checkpoint, which Qwen/Qwen3-32B is'
  + ' not known to have; use ngram, or a draft model'],
  ['a folder above the weights', { ...DRAFT, draftFolder: '/draft' },
    '\'speculative.draftFolder\' (/draft) must be a folder below the weights, for example adapters/sql'],
])('%s is refused', (_, change, message) => {
  expect(refusalOf(() => MemoryPlan.of({ ...PROPS, speculative: { ...NGRAM, ...change } }))).toBe(`MemoryPlan: ${message}`);
});

test('a draft model whose heads the GPUs do not divide is refused', () => {
  const model = Model.of({ ...QWEN3_0_6B, attentionHeads: 14 });
  expect(refusalOf(() => MemoryPlan.of({ ...PROPS, tensorParallelSize: 4, speculative: { ...DRAFT, draftModel: model } })))
    .toBe('MemoryPlan: the 14 attention heads of the draft model Qwen/Qwen3-0.6B are not divisible by \'tensorParallelSize\' (4);'
      + ' legal sizes are 1, 2');
});
