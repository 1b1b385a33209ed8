import { Model } from '../../lib/catalog';
import { GIB } from '../../lib/common/bytes';
import { KvCache, KvCacheProps } from '../../lib/planning/kv-cache';
import { legalTensorParallelSizes } from '../../lib/planning/tensor-parallel';
import { refusalOf } from './pairs';

function cacheOf(model: Model, change: Partial<KvCacheProps> = {}): KvCache {
  return new KvCache({ model, tensorParallelSize: 1, pipelineParallelSize: 1, kvCacheDtype: 'auto', tokensInFlight: 16384, ...change });
}

/** Bytes that one more block of tokens takes where every layer keeps every token. */
function blockBytes(cache: KvCache): number {
  return cache.requestBytes(1);
}

/** A hybrid model with so many layers of each kind; 2 x 8 x 128 x 2 = 4096 bytes a token and layer. */
function hybrid(full: number, sliding: number): Model {
  return Model.of({ ...Model.LLAMA_3_1_8B_INSTRUCT, layers: full + sliding, slidingLayers: sliding, slidingWindow: 1024 });
}

describe('full attention', () => {
  test('every layer keeps the keys and values of every token', () => {
    const cache = cacheOf(Model.LLAMA_3_1_8B_INSTRUCT);
    // 32 layers x 2 x 8 heads x 128 x 2 bytes = 131,072 bytes a token, 16 tokens a block
    expect(blockBytes(cache)).toBe(131072 * 16);
    expect(cache.requestBlocks(8192)).toBe(512);
    expect(cache.requestBlocks(8193)).toBe(513);
    expect(cache.requestBytes(131072)).toBe(16 * GIB);
  });

  test('tensor parallelism splits the heads and replicates them once there is one a GPU', () => {
    const perToken = (tensorParallelSize: number) => blockBytes(cacheOf(Model.QWEN2_5_7B_INSTRUCT, { tensorParallelSize })) / 16;
    // 28 layers x 2 x 4 heads x 128 x 2 bytes
    expect([1, 2, 4, 7, 14, 28].map(perToken)).toEqual([57344, 28672, 14336, 14336, 14336, 14336]);
  });

  test('a pipeline stage keeps its own layers, rounded up', () => {
    const perToken = (pipelineParallelSize: number) => blockBytes(cacheOf(Model.LLAMA_3_1_8B_INSTRUCT, { pipelineParallelSize })) / 16;
    expect([1, 2, 3].map(perToken)).toEqual([32 * 4096, 16 * 4096, 11 * 4096]);
  });

  test('fp8 halves it, 32 bits double it', () => {
    const perToken = (kvCacheDtype: string, model = Model.LLAMA_3_1_8B_INSTRUCT) => blockBytes(cacheOf(model, { kvCacheDtype })) / 16;
    expect(['auto', 'bfloat16', 'float16', 'fp8', 'fp8_e4m3', 'fp8_e5m2'].map(dtype => perToken(dtype)))
      .toEqual([131072, 131072, 131072, 65536, 65536, 65536]);
    expect(perToken('auto', Model.of({ ...Model.LLAMA_3_1_8B_INSTRUCT, dtype: 'float32' }))).toBe(262144);
  });

  test.each(['nvfp4', 'int8', '', 'constructor'])('\'%s\' is refused: its size is not known', (kvCacheDtype) => {
    expect(refusalOf(() => cacheOf(Model.LLAMA_3_1_8B_INSTRUCT, { kvCacheDtype })))
      .toBe(`MemoryPlan: kvCacheDtype '${kvCacheDtype}' has no known size; use auto, bfloat16, float16, fp8, fp8_e4m3 or fp8_e5m2`);
  });
});

describe('latent attention', () => {
  test('one vector of 576 values a layer, whole on every GPU', () => {
    // 61 layers x (512 + 64) x 2 bytes = 70,272 bytes a token, in blocks of 64
    for (const tensorParallelSize of [1, 8, 16]) {
      expect(blockBytes(cacheOf(Model.DEEPSEEK_V3, { tensorParallelSize })) / 64).toBe(70272);
    }
    expect(cacheOf(Model.DEEPSEEK_V3).requestBytes(163840)).toBe(163840 * 70272);
  });
});

describe('sliding windows', () => {
  test('Gemma 2 9B: both halves of the layers share blocks', () => {
    const cache = cacheOf(Model.GEMMA_2_9B_IT, { tokensInFlight: 16384 });
    // 21 layers a group x 2 x 8 heads x 256 x 2 bytes = 172,032 bytes a token, 16 tokens a block
    const block = 21 * 2 * 8 * 256 * 2 * 16;
    expect(block).toBe(2752512);
    // full: 8192 / 16; sliding: min(4096 - 1 + 16384, 8192) / 16, and 1
    expect(cache.requestBlocks(8192)).toBe(512 + 513);
    expect(cache.requestBytes(8192)).toBe(1025 * block);
    // measured: 109.36 GiB hold 42,659 blocks and 340,939 tokens
    expect(cache.poolBlocks(109.36 * GIB)).toBe(42660);
    expect(cache.poolTokens(42659 * block, 8192)).toBe(340939);
    expect(cache.poolTokens(42659 * block, 4096)).toBe(340606);
  });

  test('the window and what is in flight bound the sliding layers', () => {
    const cache = cacheOf(Model.GEMMA_2_9B_IT, { tokensInFlight: 2048 });
    // min(4096 - 1 + 2048, 8192) = 6143 tokens, 384 blocks, and 1
    expect(cache.requestBlocks(8192)).toBe(512 + 385);
    expect(cache.requestBlocks(100)).toBe(7 + 8);
    // 4096 - 1 + 2049 = 6144 tokens are 384 whole blocks
    expect(cacheOf(Model.GEMMA_2_9B_IT, { tokensInFlight: 2049 }).requestBlocks(8192)).toBe(512 + 385);
  });

  test('Gemma 3 27B: 10 full and 52 sliding layers are 7 groups of 10', () => {
    const cache = cacheOf(Model.GEMMA_3_27B_IT, { tokensInFlight: 16384 });
    const sliding = Math.ceil((1024 - 1 + 16384) / 16) + 1;
    expect(sliding).toBe(1089);
    expect(cache.requestBlocks(131072)).toBe(8192 + 6 * sliding);
    // 10 layers x 2 x 16 heads x 128 x 2 bytes x 16 tokens
    expect(cache.requestBytes(131072)).toBe((8192 + 6 * 1089) * 10 * 8192 * 16);
    expect((cache.requestBytes(131072) / GIB).toFixed(2)).toBe('17.98');
  });

  test('layer counts closer than 1.5 are padded to one group a kind', () => {
    const tokens = 512;
    // 12 full and 13 sliding: 2 groups of 13. 32 blocks, and 32 + 1
    expect(cacheOf(hybrid(12, 13)).requestBytes(tokens)).toBe((32 + 33) * 13 * 4096 * 16);
    // 10 and 14: still below 1.5
    expect(cacheOf(hybrid(10, 14)).requestBytes(tokens)).toBe((32 + 33) * 14 * 4096 * 16);
    // 10 and 15: split into 1 and 2 groups of 10
    expect(cacheOf(hybrid(10, 15)).requestBytes(tokens)).toBe((32 + 2 * 33) * 10 * 4096 * 16);
    // 20 full and 10 sliding: the other way round
    expect(cacheOf(hybrid(20, 10)).requestBytes(tokens)).toBe((2 * 32 + 33) * 10 * 4096 * 16);
  });

  test('all layers sliding: one kind, bounded whatever the length', () => {
    const cache = cacheOf(Model.MISTRAL_7B_V0_1, { tokensInFlight: 16384 });
    const most = Math.ceil((4096 - 1 + 16384) / 16) + 1;
    expect(cache.requestBlocks(32768)).toBe(most);
    expect(cache.requestBytes(32768)).toBe(most * 32 * 4096 * 16);
  });

  test('a pipeline stage has its share of both kinds', () => {
    const cache = cacheOf(Model.GEMMA_2_9B_IT, { pipelineParallelSize: 2 });
    // 21 layers of each kind are 11 of each on the fuller stage
    expect(cache.requestBytes(8192)).toBe(1025 * 11 * 8192 * 16);
  });

  test('Gemma 4 31B: the narrower full layers fill the same page with twice the tokens', () => {
    const cache = cacheOf(Model.GEMMA_4_31B_IT, { tokensInFlight: 16384 });
    // full: 2 x 4 heads x 512 x 2 = 8,192 bytes a token in blocks of 32; sliding: 2 x 16 heads x 256 x 2 = 16,384 in blocks of 16
    expect(cache.requestBlocks(131072)).toBe(131072 / 32 + 5 * 1089);
    expect(cache.requestBytes(131072)).toBe((4096 + 5445) * 10 * 16384 * 16);
    expect((cache.requestBytes(131072) / GIB).toFixed(2)).toBe('23.29');
  });

  test('with one head a GPU both kinds of Gemma 4 31B are equally wide', () => {
    // 16 GPUs: full 2 x 1 x 512 x 2 = 2,048, sliding 2 x 1 x 256 x 2 = 1,024; 8 GPUs: both 2,048
    expect(cacheOf(Model.GEMMA_4_31B_IT, { tensorParallelSize: 8 }).requestBlocks(32768)).toBe(2048 + 5 * 1089);
    expect(cacheOf(Model.GEMMA_4_31B_IT, { tensorParallelSize: 16 }).requestBlocks(32768)).toBe(2048 + 5 * Math.ceil(17407 / 32 + 1));
  });

  test('a width that does not divide is padded to the widest page', () => {
    const model = Model.of({ ...hybrid(10, 20), globalKvHeads: 3 });
    // full: 2 x 3 x 128 x 2 = 1,536 of 4,096 bytes, still 16 tokens a block
    expect(cacheOf(model).requestBytes(512)).toBe((32 + 2 * 33) * 10 * 4096 * 16);
  });
});

describe('every model of the catalogue', () => {
  const named = Model.all().map(model => [model.id, model] as const);

  test.each(named)('%s: longer never needs less, and the largest request is exact', (_, model) => {
    for (const tensorParallelSize of legalTensorParallelSizes(model, 8)) {
      const cache = cacheOf(model, { tensorParallelSize });
      let before = 0;
      for (let tokens = 1; tokens <= model.maxModelLen; tokens = Math.ceil(tokens * 1.37)) {
        const needed = cache.requestBytes(tokens);
        expect(needed).toBeGreaterThanOrEqual(before);
        before = needed;
        const largest = cache.largestRequest(needed, model.maxModelLen);
        expect(largest).toBeGreaterThanOrEqual(tokens);
        expect(cache.requestBytes(largest)).toBeLessThanOrEqual(needed);
        expect(largest === model.maxModelLen || cache.requestBytes(largest + 1) > needed).toBe(true);
        expect(cache.largestRequest(needed - 1, model.maxModelLen)).toBeLessThan(tokens);
      }
    }
  });

  test.each(named)('%s: a pool of n requests holds n times their tokens', (_, model) => {
    const cache = cacheOf(model);
    const one = cache.requestBytes(model.maxModelLen);
    expect(cache.poolTokens(one, model.maxModelLen)).toBe(model.maxModelLen);
    expect(cache.poolTokens(3 * one, model.maxModelLen)).toBe(3 * model.maxModelLen);
    expect(cache.poolTokens(one - 1, model.maxModelLen)).toBeLessThan(model.maxModelLen);
    expect([cache.poolBlocks(-1), cache.poolBlocks(0), cache.poolTokens(-GIB, 1), cache.largestRequest(-GIB, 1)]).toEqual([0, 0, 0, 0]);
  });
});
