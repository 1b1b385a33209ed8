import { Accelerator, Model, VllmRelease } from '../../../lib/catalog';
import { KvCache } from '../../../lib/planning/kv-cache';
import { legalTensorParallelSizes } from '../../../lib/planning/tensor-parallel';
import { MemoryPlan } from '../../../lib/planning/memory-plan';
import { refusalOf } from '../../planning/pairs';
import { Tensors, TinyFolder } from '../tiny-folder';

// Each stands for a kind of mistake that was reported of vLLM or of another planner, with the smallest input and the right value.

let folder: TinyFolder;
beforeEach(() => {
  folder = new TinyFolder();
});
afterEach(() => folder.remove());

const LLAMA = {
  architectures: ['LlamaForCausalLM'], model_type: 'llama', num_hidden_layers: 4, hidden_size: 768, intermediate_size: 2048,
  num_attention_heads: 6, num_key_value_heads: 6, vocab_size: 1024, max_position_embeddings: 4096, torch_dtype: 'bfloat16',
};

/** The model of a configuration, without headers. */
function modelOf(config: object): Model {
  return folder.config({ ...LLAMA, ...config }).index({ 'lm_head.weight': 'model-00001-of-00001.safetensors' }, 1_000_000)
    && Model.fromDirectory(folder.directory, { id: 'me/tiny' });
}

function cacheOf(model: Model, kvCacheDtype = 'auto'): KvCache {
  return new KvCache({ model, tensorParallelSize: 1, pipelineParallelSize: 1, kvCacheDtype, tokensInFlight: 16384 });
}

const perToken = (model: Model, kvCacheDtype?: string) => cacheOf(model, kvCacheDtype).perRequest(4096).bytesPerToken;
const planOn = (accelerator: Accelerator, model: Model, tensorParallelSize: number, release = VllmRelease.DEFAULT) =>
  MemoryPlan.of({ model, accelerator, tensorParallelSize, release });

describe('1: key-value heads divide the size, or the size divides them', () => {
  test('6 heads with 3 for keys', () => {
    const model = modelOf({ num_key_value_heads: 3 });
    expect(refusalOf(() => planOn(Accelerator.L4, model, 2))).toBe('MemoryPlan: the 3 key-value heads of me/tiny are not divisible by'
      + ' \'tensorParallelSize\' (2), nor do they divide it; legal sizes are 1');
  });

  test('phi-4 has 40 heads with 10 for keys', () => {
    const model = modelOf({ hidden_size: 5120, num_attention_heads: 40, num_key_value_heads: 10, vocab_size: 100352 });
    expect(legalTensorParallelSizes(model, 8)).toEqual([1, 2]);
  });

  test('the catalogue\'s Qwen 2.5', () => {
    expect(legalTensorParallelSizes(Model.QWEN2_5_7B_INSTRUCT, 8)).toEqual([1, 2, 4]);
    expect(legalTensorParallelSizes(Model.QWEN2_5_14B_INSTRUCT, 8)).toEqual([1, 2, 4, 8]);
  });
});

describe('2 and 3: a hybrid has a state a sequence, and keys of some layers only', () => {
  const HYBRID = {
    architectures: ['Qwen3NextForCausalLM'], model_type: 'qwen3_next', head_dim: 128, linear_num_key_heads: 4, linear_num_value_heads: 8,
    linear_key_head_dim: 128, linear_value_head_dim: 128, linear_conv_kernel_dim: 4, num_experts: 0,
    layer_types: ['linear_attention', 'linear_attention', 'linear_attention', 'full_attention'],
  };

  test('one of four layers grows with the text', () => {
    expect(perToken(modelOf({}))).toBe(4 * 2 * 6 * 128 * 2);
    expect(perToken(modelOf({ ...HYBRID, num_key_value_heads: 6 }))).toBe(3072);
  });

  test('the sequences are as many as there are blocks for states', () => {
    const model = Model.of({ ...modelOf({ ...HYBRID, num_key_value_heads: 6 }), weightsBytes: 15e9 });
    const asked = { model, accelerator: Accelerator.L4, maxModelLen: 1024, gpuMemoryUtilization: 0.9 };
    const plan = MemoryPlan.of({ ...asked, maxNumBatchedTokens: 16384, maxNumSeqs: 16384 });
    const reason = /the states of 16384 sequences need a block of .* each, and the KV cache has \d+; lower maxNumSeqs to \d+/;
    expect(plan.reasons.join()).toMatch(reason);
    const crowded = Model.of({ ...model, weightsBytes: 17.4e9 });
    const lowered = MemoryPlan.of({ ...asked, model: crowded, kvCacheDtype: 'auto' });
    expect(lowered.maxNumSeqs).toBeLessThanOrEqual(256);
    const eager = MemoryPlan.of({ ...asked, maxNumBatchedTokens: 16384, maxNumSeqs: 16384, enforceEager: true });
    expect(eager.reasons.join()).not.toMatch(/states/);
  });

  test('a default that is too high is lowered, with a note', () => {
    const model = modelOf({ ...HYBRID, num_key_value_heads: 6, linear_num_value_heads: 256 });
    const plan = MemoryPlan.of({ model: Model.of({ ...model, weightsBytes: 70e9 }), accelerator: Accelerator.H100, maxModelLen: 1024 });
    const blocks = cacheOf(model).poolBlocks(plan.perGpu.kvCacheBytes);
    expect(plan.maxNumSeqs).toBeLessThan(1024);
    expect(plan.maxNumSeqs).toBeLessThanOrEqual(blocks);
    expect(plan.notes).toContain(`maxNumSeqs is ${plan.maxNumSeqs}: each sequence needs a block of the KV cache for its state, and there are no more`);
  });
});

test('4: MiniCPM3 compresses its weights and caches all heads', () => {
  const model = modelOf({
    architectures: ['MiniCPM3ForCausalLM'], model_type: 'minicpm3', num_hidden_layers: 1, q_lora_rank: 768, kv_lora_rank: 256,
    qk_nope_head_dim: 64, qk_rope_head_dim: 32,
  });
  expect(perToken(model)).toBe(2 * 6 * 96 * 2);
});

test('5: an indexer caches 132 bytes beside the latent vector, whatever the dtype', () => {
  const model = modelOf({
    architectures: ['DeepseekV32ForCausalLM'], model_type: 'deepseek_v32', num_hidden_layers: 61, kv_lora_rank: 512, q_lora_rank: 1536,
    qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128, index_head_dim: 128, index_n_heads: 64, index_topk: 2048,
    n_routed_experts: null,
  });
  expect(perToken(model)).toBe(61 * (1152 + 132));
  expect(perToken(model, 'fp8')).toBe(61 * (656 + 132));
});

test('6: ChatGLM calls its key-value heads multi_query_group_num', () => {
  const model = modelOf({
    architectures: ['ChatGLMModel'], model_type: 'chatglm', num_attention_heads: 32, num_key_value_heads: undefined, hidden_size: 4096,
    multi_query_group_num: 2, multi_query_attention: true, num_layers: 40, num_hidden_layers: undefined, kv_channels: 128,
  });
  expect(model.kvHeads).toBe(2);
});

test('7: blocks of a searched architecture have heads of their own, or none', () => {
  const block = (n_heads_in_group: number | null, ffn_mult: number) =>
    ({ attention: { n_heads_in_group, no_op: n_heads_in_group === null }, ffn: { ffn_mult } });
  const model = modelOf({
    architectures: ['DeciLMForCausalLM'], model_type: 'nemotron-nas', hidden_size: 8192, num_attention_heads: 64, num_key_value_heads: null,
    intermediate_size: null, block_configs: [block(8, 5.25), block(null, 2.625), block(8, 5.25)],
  });
  expect(model).toMatchObject({ kvHeads: 8, intermediateSize: 28672, layers: 3 });
  expect(perToken(model)).toBe(2 * 2 * 8 * 128 * 2);
});

test('7: a list of widths is not read as none', () => {
  const model = modelOf({
    architectures: ['Gemma3nForCausalLM'], model_type: 'gemma3n_text', intermediate_size: [8192, 16384], sliding_window: 512, head_dim: 128,
    num_kv_shared_layers: 0,
  });
  expect(model.intermediateSize).toBe(16384);
});

test('8: config.json may hold the numbers of Python', () => {
  folder.file('config.json', JSON.stringify({ ...LLAMA, limit: ['@', '-@', 'NaN'], note: 'Infinity' })
    .replaceAll('"@"', 'Infinity').replaceAll('"-@"', '-Infinity').replaceAll('"NaN"', 'NaN'));
  folder.index({ 'lm_head.weight': 'model-00001-of-00001.safetensors' }, 1_000_000);
  expect(Model.fromDirectory(folder.directory).layers).toBe(4);
});

describe('9, 10 and 11: groups and blocks that share a scale are not cut', () => {
  const WIDE = { hidden_size: 8192, num_attention_heads: 64, num_key_value_heads: 8 };
  const legal = (config: object) => legalTensorParallelSizes(modelOf({ ...WIDE, ...config }), 8);

  test('AWQ, GPTQ and compressed-tensors in groups of 128', () => {
    // 231 groups
    expect(legal({ intermediate_size: 29568, quantization_config: { quant_method: 'awq', group_size: 128 } })).toEqual([1]);
    expect(legal({ intermediate_size: 13824, quantization_config: { quant_method: 'gptq', group_size: 128 } })).toEqual([1, 2, 4]);
    const groups = { group_0: { weights: { num_bits: 4, strategy: 'group', group_size: 128 } } };
    expect(legal({ intermediate_size: 29568, quantization_config: { quant_method: 'compressed-tensors', config_groups: groups } })).toEqual([1]);
  });

  test('fp8 in blocks of 128', () => {
    const blocks = { quant_method: 'fp8', weight_block_size: [128, 128] };
    // 86 blocks
    expect(legal({ intermediate_size: 11008, quantization_config: blocks })).toEqual([1, 2]);
    expect(legal({ intermediate_size: 11008, quantization_config: { quant_method: 'fp8', activation_scheme: 'static' } })).toEqual([1, 2, 4, 8]);
  });

  test('experts with one scale a tensor are not cut, on any release', () => {
    const experts = {
      architectures: ['Qwen3MoeForCausalLM'], model_type: 'qwen3_moe', num_experts: 8, num_experts_per_tok: 2, moe_intermediate_size: 1408,
    };
    const model = (quantization_config: object) => modelOf({ ...WIDE, ...experts, quantization_config });
    const blocks = { quant_method: 'fp8', weight_block_size: [128, 128] };
    expect(() => planOn(Accelerator.H100, model({ quant_method: 'fp8', activation_scheme: 'static' }), 2, VllmRelease.V0_28)).not.toThrow();
    expect(() => planOn(Accelerator.H100, model(blocks), 2, VllmRelease.V0_28)).toThrow(/would cut their fp8 blocks of 128/);
    // 0.32 pads them
    expect(() => planOn(Accelerator.H100, model(blocks), 2)).not.toThrow();
  });
});

describe('12 and 13: what is no whole model', () => {
  test('shards that the names of the others announce', () => {
    folder.config(LLAMA).safetensors('model-00001-of-00004.safetensors', { 'model.embed_tokens.weight': ['BF16', 8, 8] });
    expect(() => Model.fromDirectory(folder.directory)).toThrow(/1 of the 4 shards of .*: model-00002-of-00004\.safetensors, /);
  });

  test('an adapter', () => {
    folder.config(LLAMA).file('adapter_config.json', '{}').safetensors('adapter_model.safetensors', { x: ['BF16', 8] });
    expect(() => Model.fromDirectory(folder.directory)).toThrow(/is an adapter \(adapter_config\.json\), no model of its own/);
  });
});

describe('22 and 24: what a server holds of a file', () => {
  const weights = (tensors: Tensors, config: object = {}) =>
    folder.config({ ...LLAMA, ...config }).safetensors('model.safetensors', tensors) && Model.fromDirectory(folder.directory).weightsBytes;

  test('32 bits under a 16-bit configuration', () => {
    expect(weights({ x: ['F32', 64, 64] })).toBe(8192);
  });

  test('32 bits of an index alone', () => {
    expect(modelOf({ torch_dtype: 'float32' }).weightsBytes).toBe(500_000);
  });

  test('layers that predict further tokens', () => {
    const layers: Tensors = { 'model.layers.0.w': ['BF16', 64, 64], 'model.layers.1.w': ['BF16', 64, 64] };
    expect(weights({ ...layers, 'mtp.layers.0.w': ['BF16', 64, 64] }, { num_hidden_layers: 2 })).toBe(16384);
    expect(weights({ ...layers, 'model.layers.2.w': ['BF16', 64, 64] }, { num_hidden_layers: 2, num_nextn_predict_layers: 1 })).toBe(16384);
  });
});

test('23: ModelOpt that names no method', () => {
  const model = modelOf({ quantization_config: { producer: { name: 'modelopt' }, quantization: { quant_algo: 'FP8' } } });
  expect(model.quantization).toBe('modelopt');
  expect(() => MemoryPlan.of({ model, accelerator: Accelerator.H100, quantization: 'fp8' })).toThrow(/'quantization' \(fp8\) cannot be planned/);
});

test('27: heads of a tower', () => {
  const model = modelOf({
    architectures: ['Glm4vForConditionalGeneration'], model_type: 'glm4v', vision_config: { num_heads: 12, hidden_size: 1536, depth: 24 },
    text_config: { ...LLAMA, model_type: 'glm4v_text', num_attention_heads: 96, num_key_value_heads: 8, hidden_size: 4096 },
  });
  expect(refusalOf(() => planOn(Accelerator.H100, model, 8)))
    .toMatch(/the 12 heads of the tower of me\/tiny are not divisible by 'tensorParallelSize' \(8\)/);
  expect(() => planOn(Accelerator.H100, model, 4)).not.toThrow();
});
