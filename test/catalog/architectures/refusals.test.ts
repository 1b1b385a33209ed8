import { Accelerator, Model, VllmRelease } from '../../../lib/catalog';
import { MemoryPlan } from '../../../lib/planning/memory-plan';
import { Tensors, TinyFolder } from '../tiny-folder';

// Whatever is not read as vLLM reads it is refused by name.

let folder: TinyFolder;
beforeEach(() => {
  folder = new TinyFolder();
});
afterEach(() => folder.remove());

const SHAPE = {
  num_hidden_layers: 4, hidden_size: 256, intermediate_size: 512, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 64,
  vocab_size: 1024, max_position_embeddings: 4096, torch_dtype: 'bfloat16',
};
const LLAMA = { ...SHAPE, architectures: ['LlamaForCausalLM'], model_type: 'llama' };
const QWEN_3_NEXT = {
  ...SHAPE, architectures: ['Qwen3NextForCausalLM'], model_type: 'qwen3_next', num_experts: 0, linear_num_key_heads: 2, linear_num_value_heads: 4,
  linear_key_head_dim: 32, linear_value_head_dim: 32, linear_conv_kernel_dim: 4,
  layer_types: ['linear_attention', 'linear_attention', 'linear_attention', 'full_attention'],
};
const DEEPSEEK = {
  ...SHAPE, architectures: ['DeepseekV3ForCausalLM'], model_type: 'deepseek_v3', n_routed_experts: null, kv_lora_rank: 64, q_lora_rank: 128,
  qk_nope_head_dim: 64, qk_rope_head_dim: 32, v_head_dim: 64,
};
const DEEPSEEK_V32 = {
  ...DEEPSEEK, architectures: ['DeepseekV32ForCausalLM'], model_type: 'deepseek_v32', index_head_dim: 128, index_n_heads: 4, index_topk: 64,
};
const NEMOTRON_H = {
  ...SHAPE, architectures: ['NemotronHForCausalLM'], model_type: 'nemotron_h', hybrid_override_pattern: 'M-M*', mamba_num_heads: 8,
  mamba_head_dim: 64, n_groups: 2, ssm_state_size: 32, conv_kernel: 4, n_routed_experts: null,
};
const GEMMA_3 = { ...SHAPE, architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text', sliding_window: 1024 };
const LLAVA = { architectures: ['LlavaForConditionalGeneration'], model_type: 'llava', text_config: LLAMA, vision_config: { num_attention_heads: 4 } };

function refusal(config: object, tensors?: Tensors, plan: { tensorParallelSize?: number; release?: VllmRelease } = {}): string {
  folder.config(config);
  if (tensors) {
    folder.safetensors('model.safetensors', tensors);
  } else {
    folder.index({ 'lm_head.weight': 'model-00001-of-00001.safetensors' }, 1_000_000);
  }
  try {
    MemoryPlan.of({ model: Model.fromDirectory(folder.directory, { id: 'me/tiny' }), accelerator: Accelerator.H100, ...plan });
  } catch (error) {
    return (error as Error).message.replaceAll(folder.directory, 'model');
  }
  throw new Error('nothing was refused');
}

/** A field of each kind that might come up tomorrow. */
const FIELDS: [string, object, unknown][] = [
  ['layer_windows', LLAMA, [1, 2]], ['attention_pattern', LLAMA, 'FSF'], ['window_size_left', LLAMA, 128], ['sliding_window_stride', LLAMA, 2],
  ['swa_num_kv_heads', LLAMA, 8], ['prefill_chunk_tokens', LLAMA, 512], ['k_lora_rank', LLAMA, 16], ['index_heads', LLAMA, 4],
  ['kv_compress_ratio', LLAMA, 2], ['mamba_layers', LLAMA, 3], ['ssm_heads', LLAMA, 8], ['state_dim', LLAMA, 64], ['linear_heads', LLAMA, 8],
  ['conv_width', LLAMA, 4], ['kv_shared_every', LLAMA, 2], ['cross_attention_layers', LLAMA, [3]], ['per_layer_kv', LLAMA, [1, 2]],
  ['global_head_dim', LLAMA, 128], ['v_head_dim', LLAMA, 32],
  ['num_head_groups', LLAMA, 4], ['block_configs', LLAMA, [{}]], ['num_local_heads', LLAMA, 4], ['kv_cache_layers', LLAMA, 2],
  ['linear_gate_heads', QWEN_3_NEXT, 4], ['index_window', DEEPSEEK_V32, 8], ['latent_layers', DEEPSEEK, 2], ['mamba_conv_groups', NEMOTRON_H, 2],
  ['sliding_layers', GEMMA_3, 3], ['per_layer_window', LLAVA, 8],
];

describe('a field of geometry that nobody reads', () => {
  test.each(FIELDS)('%s', (name, config, value) => {
    expect(refusal({ ...config, [name]: value })).toMatchSnapshot();
  });

  test('inside of an object that is read', () => {
    expect(refusal({
      vocab_size: 1024, torch_dtype: 'bfloat16', architectures: ['DbrxForCausalLM'], model_type: 'dbrx', n_layers: 4, d_model: 256, n_heads: 4,
      attn_config: { kv_n_heads: 2, kv_window: 8 },
    })).toMatchSnapshot();
  });

  test('null is nothing, and what is known to be harmless passes', () => {
    const harmless = { attention_dropout: 0.1, initializer_range: 0.02, attention_bias: true, pad_token_id: 1 };
    for (const field of [{ layer_windows: null }, harmless]) {
      expect(() => refusal({ ...LLAMA, ...field })).toThrow('nothing was refused');
    }
  });
});

describe('an architecture', () => {
  test.each([
    'TinyForCausalLM', 'LlamaForCausaLM', 'MllamaForConditionalGeneration', 'MiniMaxText01ForCausalLM', 'Grok1ForCausalLM', 'BambaForCausalLM',
    'BartForConditionalGeneration', 'DeepseekV4ForCausalLM', 'InklingForCausalLM', 'Qwen4ExpForCausalLM', 'Plamo3ForCausalLM',
  ])('%s', (architecture) => {
    expect(refusal({ ...LLAMA, architectures: [architecture] })).toMatchSnapshot();
  });

  test('that an older release does not have yet', () => {
    expect(refusal({ ...DEEPSEEK, architectures: ['HYV4ForCausalLM'], model_type: 'hy_v4', index_head_dim: 128, index_n_heads: 4 }, undefined,
      { release: VllmRelease.V0_22 })).toMatchSnapshot();
  });

  test('of a language model beside a tower that has no adapter', () => {
    expect(refusal({ ...LLAVA, text_config: { ...LLAMA, architectures: undefined, model_type: 'zaya' } })).toMatchSnapshot();
  });
});

describe('layers that the class does not have', () => {
  test.each([
    ['a type of layer', { ...LLAMA, sliding_window: 8, layer_types: ['full_attention', 'sliding_attention', 'ring_attention', 'full_attention'] }],
    ['a list that is too short', { ...LLAMA, sliding_window: 8, layer_types: ['full_attention', 'sliding_attention'] }],
    ['a window without its width', { ...LLAMA, layer_types: ['full_attention', 'sliding_attention', 'full_attention', 'full_attention'] }],
    ['a mixture in a class that asserts there is none', {
      ...LLAMA, architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', use_sliding_window: true, sliding_window: 8, max_window_layers: 2,
    }],
    ['a letter of a pattern', { ...NEMOTRON_H, hybrid_override_pattern: 'M-X*' }],
    ['a number format of a state', { ...NEMOTRON_H, mamba_ssm_cache_dtype: 'int8' }],
    ['layers of a hybrid', { ...QWEN_3_NEXT, layer_types: ['linear_attention', 'conv', 'linear_attention', 'full_attention'] }],
    ['no list of a hybrid\'s layers', { ...NEMOTRON_H, hybrid_override_pattern: undefined }],
  ])('%s', (_, config) => {
    expect(refusal(config)).toMatchSnapshot();
  });
});

/** Projections of one layer. */
function layer(index: number, keys: number, values = keys): Tensors {
  return {
    [`model.layers.${index}.self_attn.k_proj.weight`]: ['BF16', keys, 256], [`model.layers.${index}.self_attn.v_proj.weight`]: ['BF16', values, 256],
  };
}

describe('tensors of another model', () => {
  const four = (keys: number, values?: number) => Object.assign({}, ...[0, 1, 2, 3].map(index => layer(index, keys, values))) as Tensors;
  const state = (index: number, channels: number): Tensors => ({
    [`model.layers.${index}.linear_attn.A_log`]: ['F32', 4], [`model.layers.${index}.linear_attn.conv1d.weight`]: ['BF16', channels, 1, 4],
  });

  test.each<[string, object, Tensors]>([
    ['more key-value heads', LLAMA, four(256)],
    ['fewer key-value heads', LLAMA, four(64)],
    ['narrower values', LLAMA, four(128, 64)],
    ['one layer of its own', LLAMA, { ...four(128), ...layer(2, 256) }],
    ['more layers', LLAMA, { ...four(128), ...layer(4, 128) }],
    ['a latent projection where keys are cached', LLAMA, { 'model.layers.0.self_attn.kv_a_proj_with_mqa.weight': ['BF16', 96, 256] }],
    ['keys where a latent vector is cached', DEEPSEEK, four(128)],
    ['a wider latent vector', DEEPSEEK, { 'model.layers.0.self_attn.kv_a_proj_with_mqa.weight': ['BF16', 128, 256] }],
    ['an indexer', DEEPSEEK, { 'model.layers.0.self_attn.indexer.wk.weight': ['BF16', 128, 256] }],
    ['a state', LLAMA, { ...four(128), ...state(1, 256) }],
    ['more states', QWEN_3_NEXT, { ...state(0, 256), ...state(1, 256), ...state(2, 256), ...state(3, 256) }],
    ['a wider state', QWEN_3_NEXT, state(0, 512)],
  ])('%s', (_, config, tensors) => {
    expect(refusal(config, tensors)).toMatchSnapshot();
  });

  test('those of the model itself pass', () => {
    expect(() => refusal(LLAMA, four(128))).toThrow('nothing was refused');
    expect(() => refusal(QWEN_3_NEXT, { ...state(0, 256), ...state(1, 256), ...state(2, 256), ...layer(3, 128) })).toThrow('nothing was refused');
    expect(() => refusal(DEEPSEEK_V32, {
      'model.layers.0.self_attn.kv_a_proj_with_mqa.weight': ['BF16', 96, 256], 'model.layers.0.self_attn.indexer.wk.weight': ['BF16', 128, 256],
    })).toThrow('nothing was refused');
  });
});

describe('what is no model', () => {
  test('the halves of an adapter', () => {
    expect(refusal(LLAMA, { 'base_model.model.layers.0.self_attn.q_proj.lora_A.weight': ['BF16', 8, 256] })).toMatchSnapshot();
  });
});

describe('sizes and quantizations', () => {
  test.each<[string, object, number]>([
    ['key-value heads', { ...LLAMA, num_key_value_heads: 4, num_attention_heads: 12, hidden_size: 768 }, 3],
    ['the vocabulary', { ...LLAMA, num_attention_heads: 6, num_key_value_heads: 6, hidden_size: 384 }, 3],
    ['value heads of a hybrid', { ...QWEN_3_NEXT, num_attention_heads: 8, num_key_value_heads: 8 }, 8],
    ['heads of a tower', { ...LLAVA, vision_config: { num_attention_heads: 3 } }, 2],
    ['groups of 4-bit weights', { ...LLAMA, intermediate_size: 384, quantization_config: { quant_method: 'awq', group_size: 128 } }, 2],
    ['fp8 blocks', { ...LLAMA, intermediate_size: 384, quantization_config: { quant_method: 'fp8', weight_block_size: [128, 128] } }, 2],
  ])('%s', (_, config, tensorParallelSize) => {
    expect(refusal(config, undefined, { tensorParallelSize })).toMatchSnapshot();
  });

  test.each([
    ['bitsandbytes', { quant_method: 'bitsandbytes', load_in_4bit: true }], ['a made-up method', { quant_method: 'magic' }],
    ['an algorithm of ModelOpt', { producer: { name: 'modelopt' }, quantization: { quant_algo: 'W2A2' } }],
  ])('%s', (_, quantization_config) => {
    expect(refusal({ ...LLAMA, quantization_config })).toMatchSnapshot();
  });
});
