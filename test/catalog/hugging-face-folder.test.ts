import * as fs from 'node:fs';
import * as path from 'node:path';
import { HuggingFaceFolderOptions, Model } from '../../lib/catalog/model';
import { TinyFolder, Tensors } from './tiny-folder';

const FIXTURES = path.join(__dirname, '..', 'fixtures', 'models');

let folder: TinyFolder;
beforeEach(() => {
  folder = new TinyFolder();
});
afterEach(() => folder.remove());

const read = (options?: HuggingFaceFolderOptions) => Model.fromDirectory(folder.directory, options);
/** The message with the folder's random name taken out. */
const refusal = () => {
  try {
    read();
  } catch (error) {
    return (error as Error).message.replaceAll(folder.directory, 'model');
  }
  throw new Error('nothing was refused');
};

const LLAMA = {
  architectures: ['LlamaForCausalLM'], model_type: 'llama', num_hidden_layers: 2, hidden_size: 32, intermediate_size: 64,
  num_attention_heads: 4, num_key_value_heads: 2, vocab_size: 96, max_position_embeddings: 1024, torch_dtype: 'bfloat16',
};

const layer = (index: number, dtype = 'BF16'): Tensors => ({
  [`model.layers.${index}.self_attn.q_proj.weight`]: [dtype, 32, 32],
  [`model.layers.${index}.self_attn.k_proj.weight`]: [dtype, 16, 32],
  [`model.layers.${index}.self_attn.v_proj.weight`]: [dtype, 16, 32],
  [`model.layers.${index}.self_attn.o_proj.weight`]: [dtype, 32, 32],
  [`model.layers.${index}.mlp.gate_proj.weight`]: [dtype, 64, 32],
  [`model.layers.${index}.mlp.up_proj.weight`]: [dtype, 64, 32],
  [`model.layers.${index}.mlp.down_proj.weight`]: [dtype, 32, 64],
  [`model.layers.${index}.input_layernorm.weight`]: [dtype, 32],
});
const EMBEDDING: Tensors = { 'model.embed_tokens.weight': ['BF16', 96, 32] };
const HEAD: Tensors = { 'lm_head.weight': ['BF16', 96, 32] };
const DENSE: Tensors = { ...EMBEDDING, ...layer(0), ...layer(1), ...HEAD };
const LINEAR_BYTES = 2 * 2 * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 64 * 32);
const EMBEDDING_BYTES = 2 * 96 * 32;
const NORM_BYTES = 2 * 2 * 32;

// config.json as published, without the fields that nothing reads; of the index only total_size. Gemma 4's total_size is the rounded
// figure of the catalogue
describe('published configurations give what the catalogue has', () => {
  test.each([
    ['gemma-3-4b-it', Model.GEMMA_3_4B_IT], ['gpt-oss-20b', Model.GPT_OSS_20B], ['DeepSeek-V3', Model.DEEPSEEK_V3],
    ['Llama-3.3-70B-Instruct', Model.LLAMA_3_3_70B_INSTRUCT], ['gemma-4-31B-it', Model.GEMMA_4_31B_IT],
  ])('%s', (name, expected) => {
    const model = Model.fromDirectory(path.join(FIXTURES, name), { id: expected.id, revision: expected.revision });
    const elsewhere = { gated: undefined, linearWeightBytes: 0, weightsBytes: 0 };
    expect({ ...model, ...elsewhere }).toEqual({ ...expected, ...elsewhere });
    expect(model.gated).toBeUndefined();
    expect(Math.abs(model.weightsBytes / expected.weightsBytes - 1)).toBeLessThan(1e-5);
  });

  test('without headers the linear layers of a dense model are all but the embeddings', () => {
    const { linearWeightBytes } = Model.fromDirectory(path.join(FIXTURES, 'Llama-3.3-70B-Instruct'));
    expect(linearWeightBytes! / Model.LLAMA_3_3_70B_INSTRUCT.linearWeightBytes! - 1).toBeGreaterThanOrEqual(0);
    expect(linearWeightBytes! / Model.LLAMA_3_3_70B_INSTRUCT.linearWeightBytes! - 1).toBeLessThan(1e-4);
  });
});

describe('weights', () => {
  test('dense, one file', () => {
    const model = folder.config(LLAMA).safetensors('model.safetensors', DENSE) && read({ id: 'me/tiny', revision: 'a'.repeat(40) });
    expect(model).toMatchObject({
      id: 'me/tiny', revision: 'a'.repeat(40), architecture: 'LlamaForCausalLM', layers: 2, kvHeads: 2, headDim: 8, maxModelLen: 1024,
      weightsBytes: LINEAR_BYTES + NORM_BYTES + 2 * EMBEDDING_BYTES, linearWeightBytes: LINEAR_BYTES, tieWordEmbeddings: false,
    });
  });

  test('a tied head is not kept, wherever the tie is declared', () => {
    folder.safetensors('model.safetensors', DENSE);
    folder.config({ ...LLAMA, tie_word_embeddings: true });
    expect(read().weightsBytes).toBe(LINEAR_BYTES + NORM_BYTES + EMBEDDING_BYTES);
    folder.config({ ...LLAMA, architectures: ['GemmaForCausalLM'], model_type: 'gemma', head_dim: 8 });
    expect(read()).toMatchObject({ tieWordEmbeddings: true, weightsBytes: LINEAR_BYTES + NORM_BYTES + EMBEDDING_BYTES });
  });

  test('shards of an index; a file outside the index does not count', () => {
    folder.config(LLAMA)
      .safetensors('model-00001-of-00002.safetensors', { ...EMBEDDING, ...layer(0) })
      .safetensors('model-00002-of-00002.safetensors', { ...layer(1), ...HEAD })
      .safetensors('leftover.safetensors', layer(2))
      .index({
        ...Object.fromEntries(Object.keys({ ...EMBEDDING, ...layer(0) }).map(name => [name, 'model-00001-of-00002.safetensors'])),
        ...Object.fromEntries(Object.keys({ ...layer(1), ...HEAD }).map(name => [name, 'model-00002-of-00002.safetensors'])),
      });
    expect(read().weightsBytes).toBe(LINEAR_BYTES + NORM_BYTES + 2 * EMBEDDING_BYTES);
  });

  test('a tensor that the index does not name does not count, nor does its dtype', () => {
    folder.config({ ...LLAMA, torch_dtype: undefined }).safetensors('model.safetensors', { ...layer(0, 'F16'), ...HEAD })
      .index(Object.fromEntries(Object.keys(layer(0)).map(name => [name, 'model.safetensors'])));
    expect(read()).toMatchObject({ dtype: 'float16', weightsBytes: (LINEAR_BYTES + NORM_BYTES) / 2 });
  });

  test('the same weights a second time, consolidated or in other folders, do not count', () => {
    folder.config(LLAMA).safetensors('model.safetensors', DENSE).safetensors('consolidated.safetensors', DENSE)
      .safetensors('original/model.safetensors', DENSE).safetensors('metal/model.safetensors', DENSE);
    expect(read().weightsBytes).toBe(LINEAR_BYTES + NORM_BYTES + 2 * EMBEDDING_BYTES);
  });

  test('a folder that has consolidated files only is read from them', () => {
    folder.config(LLAMA).safetensors('consolidated.safetensors', DENSE);
    expect(read().weightsBytes).toBe(LINEAR_BYTES + NORM_BYTES + 2 * EMBEDDING_BYTES);
  });

  test('an index without any of its files is enough', () => {
    folder.config(LLAMA).index({ 'lm_head.weight': 'model-00001-of-00001.safetensors' }, 100_000);
    expect(read()).toMatchObject({ weightsBytes: 100_000, linearWeightBytes: 100_000 - 2 * EMBEDDING_BYTES });
  });

  test('float32 checkpoints are served in bfloat16', () => {
    folder.config({ ...LLAMA, torch_dtype: 'float32' }).safetensors('model.safetensors', layer(0, 'F32'));
    expect(read()).toMatchObject({ dtype: 'bfloat16', linearWeightBytes: LINEAR_BYTES / 2 });
  });

  test('a dtype that config.json leaves out is read from the tensors', () => {
    folder.config({ ...LLAMA, torch_dtype: undefined }).safetensors('model.safetensors', layer(0, 'F16'));
    expect(read().dtype).toBe('float16');
  });

  test('quantized: bytes as they are, scales included', () => {
    folder.config({ ...LLAMA, quantization_config: { quant_method: 'fp8' } }).safetensors('model.safetensors', {
      ...EMBEDDING, 'model.layers.0.mlp.up_proj.weight': ['F8_E4M3', 64, 32], 'model.layers.0.mlp.up_proj.weight_scale_inv': ['F32', 1, 1],
    });
    expect(read()).toMatchObject({ quantization: 'fp8', weightsBytes: EMBEDDING_BYTES + 64 * 32 + 4 });
    folder.config({ ...LLAMA, compression_config: { quant_method: 'compressed_tensors' } });
    expect(read().quantization).toBe('compressed-tensors');
  });
});

describe('shapes', () => {
  // without headers: these shapes are those of no tensors
  const shaped = (config: object) => folder.config({ ...LLAMA, ...config }).index({ 'lm_head.weight': 'model-00001-of-00001.safetensors' }, 100_000) && read();

  test('sliding windows: listed, by pattern, by number of layers, for all, or switched off', () => {
    expect(shaped({ sliding_window: 16, layer_types: ['sliding_attention', 'full_attention'] })).toMatchObject({ slidingWindow: 16, slidingLayers: 1 });
    const ofGemma = { architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text', num_hidden_layers: 34, sliding_window: 16 };
    expect(shaped(ofGemma).slidingLayers).toBe(29);
    expect(shaped({ ...ofGemma, architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2', num_hidden_layers: 5 }).slidingLayers).toBe(3);
    expect(shaped({ num_hidden_layers: 8, sliding_window: 16, sliding_window_pattern: 4 }).slidingLayers).toBe(6);
    const switchedOn = { model_type: 'qwen2', num_hidden_layers: 8, sliding_window: 16, use_sliding_window: true, max_window_layers: 6 };
    expect(shaped(switchedOn).slidingLayers).toBe(2);
    expect(() => shaped({ ...switchedOn, architectures: ['Qwen2ForCausalLM'] })).toThrow(/asserts that all layers .* have the sliding window, or none/);
    expect(shaped({ ...switchedOn, architectures: ['Qwen2ForCausalLM'], max_window_layers: 0 }).slidingLayers).toBe(8);
    expect(shaped({ model_type: 'mistral', sliding_window: 16 }).slidingLayers).toBe(2);
    for (const off of [{ sliding_window: 16, use_sliding_window: false }, { sliding_window: null }, { sliding_window: 0 }]) {
      expect(shaped(off)).toMatchObject({ slidingLayers: 0, slidingWindow: undefined });
    }
  });

  test('experts, under every name', () => {
    expect(shaped({ num_local_experts: 8, num_experts_per_tok: 2 }).experts).toEqual({ count: 8, perToken: 2, intermediateSize: 64 });
    expect(shaped({ num_experts: 16, top_k_experts: 4, moe_intermediate_size: 24 }).experts)
      .toEqual({ count: 16, perToken: 4, intermediateSize: 24 });
    expect(shaped({ n_routed_experts: 4, num_experts_per_tok: 1, moe_intermediate_size: 24 }).experts?.count).toBe(4);
    expect(shaped({ num_experts: null }).experts).toBeUndefined();
  });

  test('experts\' weights are linear layers, their router is not', () => {
    folder.config({ ...LLAMA, num_local_experts: 2, num_experts_per_tok: 1 }).safetensors('model.safetensors', {
      'model.layers.0.block_sparse_moe.gate.weight': ['BF16', 2, 32], 'model.layers.0.block_sparse_moe.experts.0.w1.weight': ['BF16', 64, 32],
    });
    expect(read().linearWeightBytes).toBe(2 * 64 * 32);
  });

  test('latent attention', () => {
    const latent = { architectures: ['DeepseekV3ForCausalLM'], model_type: 'deepseek_v3' };
    expect(shaped({ ...latent, kv_lora_rank: 8, qk_rope_head_dim: 4, qk_nope_head_dim: 8 }))
      .toMatchObject({ mla: { kvLoraRank: 8, qkRopeHeadDim: 4 }, headDim: 12 });
  });

  test('head dimension and key-value heads', () => {
    expect(shaped({ head_dim: 64 }).headDim).toBe(64);
    expect(shaped({ num_key_value_heads: undefined }).kvHeads).toBe(4);
    const falcon = { architectures: ['FalconForCausalLM'], model_type: 'falcon', multi_query: true };
    expect(shaped(falcon).kvHeads).toBe(1);
    expect(shaped({ ...falcon, new_decoder_architecture: true, num_kv_heads: 2 }).kvHeads).toBe(2);
  });

  test('a feed-forward width that Falcon leaves out', () => {
    expect(shaped({ intermediate_size: undefined }).intermediateSize).toBe(128);
  });

  test('text_config of a model with a tower, whose weights no quantization shrinks', () => {
    folder.config({ architectures: ['LlavaForConditionalGeneration'], model_type: 'llava', text_config: LLAMA, vision_config: {} })
      .safetensors('model.safetensors', { ...layer(0), 'vision_tower.blocks.0.qkv.weight': ['BF16', 64, 64] });
    expect(read()).toMatchObject({
      architecture: 'LlavaForConditionalGeneration', layers: 2, multimodal: true, linearWeightBytes: LINEAR_BYTES / 2,
      weightsBytes: LINEAR_BYTES / 2 + NORM_BYTES / 2 + 2 * 64 * 64,
    });
  });

  test('keys that serve as values are kept twice', () => {
    const shared = { architectures: ['Gemma4ForCausalLM'], model_type: 'gemma4_text', tie_word_embeddings: false, attention_k_eq_v: true, num_global_key_value_heads: 1, global_head_dim: 16, sliding_window: 16,
      layer_types: ['sliding_attention', 'full_attention'] };
    folder.config({ ...LLAMA, ...shared, head_dim: 8 }).safetensors('model.safetensors', DENSE);
    expect(read()).toMatchObject({
      globalKvHeads: 1, globalHeadDim: 16, weightsBytes: LINEAR_BYTES + NORM_BYTES + 2 * EMBEDDING_BYTES + 32 * 16 * 2,
    });
  });

  test.each([
    ['none', undefined, 1024],
    ['llama3', { rope_type: 'llama3', factor: 8, original_max_position_embeddings: 128 }, 1024],
    ['linear', { type: 'linear', factor: 4 }, 4096],
    ['dynamic', { rope_type: 'dynamic', factor: 2 }, 2048],
    ['yarn that the length contains', { rope_type: 'yarn', factor: 8, original_max_position_embeddings: 128 }, 1024],
    ['yarn that the length does not contain', { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 1024 }, 1024],
    ['yarn that gives less than the length', { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 128 }, 512],
    ['a table for each layer type', { full_attention: { rope_type: 'linear', factor: 2 }, sliding_attention: { rope_type: 'default' } }, 2048],
  ])('context length with rope scaling: %s', (_, rope, length) => {
    expect(shaped({ rope_scaling: rope }).maxModelLen).toBe(length);
    expect(shaped({ rope_parameters: rope }).maxModelLen).toBe(length);
  });

  test('the smallest of several lengths counts, and without any 2048', () => {
    expect(shaped({ max_position_embeddings: 4096, n_positions: 512 }).maxModelLen).toBe(512);
    expect(shaped({ max_position_embeddings: undefined }).maxModelLen).toBe(2048);
  });

  test('architectures that overflow in float16', () => {
    expect(shaped({ model_type: 'gemma2' }).supportsFloat16).toBe(false);
    expect(shaped({}).supportsFloat16).toBe(true);
  });

  test('the id is the one that config.json names, else the folder\'s', () => {
    expect(shaped({ _name_or_path: 'me/tiny' }).id).toBe('me/tiny');
    expect(shaped({ _name_or_path: '/data/checkpoints/17' }).id).toBe(path.basename(folder.directory));
  });
});

describe('folders that cannot be planned from say why', () => {
  test('no config.json', () => {
    expect(refusal()).toBe('model has no config.json. Give the folder that \'hf download <model> --local-dir <folder>\' fills.');
  });

  test('config.json that is no JSON', () => {
    folder.file('config.json', '{"architectures": [');
    expect(refusal()).toMatch(/^model\/config\.json is no valid JSON: .*\. Download it again\.$/);
  });

  test('a field is missing', () => {
    folder.config({ ...LLAMA, num_hidden_layers: undefined }).safetensors('model.safetensors', DENSE);
    expect(refusal()).toBe('model/config.json (model_type \'llama\') has no num_hidden_layers or n_layer or num_layers, without which no plan '
      + 'can be made. Is it the configuration of a language model? Otherwise describe the model with Model.of(...).');
    folder.config({ ...LLAMA, architectures: undefined });
    expect(refusal()).toMatch(/ has no architectures,/);
  });

  test('no weights at all', () => {
    folder.config(LLAMA);
    expect(refusal()).toBe('model holds no *.safetensors and no model.safetensors.index.json. Download the weights, or at least the index.');
  });

  test('pickle only', () => {
    folder.config(LLAMA).file('pytorch_model.bin', 'x');
    expect(refusal()).toBe('model holds its weights as pickle only (pytorch_model.bin); sizes are read from safetensors headers. '
      + 'Convert the model with save_pretrained(..., safe_serialization=True), or describe it with Model.of(...).');
  });

  test('a header that the file is too short for', () => {
    folder.config(LLAMA).safetensors('model.safetensors', DENSE).cut('model.safetensors', 40);
    expect(refusal()).toMatch(/^model\/model\.safetensors: a header of \d+ bytes does not fit into a file of 40 bytes\. /);
    folder.cut('model.safetensors', 3);
    expect(refusal()).toMatch(/a header of 0 bytes does not fit into a file of 3 bytes/);
  });

  test('tensors that the file is too short for', () => {
    folder.config(LLAMA).safetensors('model.safetensors', { x: ['BF16', 8, 8] }).cut('model.safetensors', 150);
    expect(refusal()).toMatch(/^model\/model\.safetensors: the header announces 128 bytes of tensors, the file holds \d+\. /);
  });

  test('bytes that no tensor claims, and a header of something else', () => {
    const directory = folder.config(LLAMA).safetensors('model.safetensors', EMBEDDING).directory;
    fs.appendFileSync(path.join(directory, 'model.safetensors'), 'more');
    expect(refusal()).toBe('model/model.safetensors: the tensors of the header take 6144 of the 6148 bytes behind it. '
      + 'The file is damaged: download it again.');
    folder.file('model.safetensors', Buffer.concat([Buffer.from([8, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"a": 1}')]));
    expect(refusal()).toBe('model/model.safetensors: the header does not give dtype, shape and data_offsets of tensor a. '
      + 'The file is damaged: download it again.');
  });

  test('an error page in place of a model', () => {
    folder.config(LLAMA).file('model.safetensors', '<!DOCTYPE html><html>not found</html>');
    expect(refusal()).toMatch(/does not fit into a file of 37 bytes/);
  });

  test('an index that names a missing file', () => {
    folder.config(LLAMA).safetensors('a.safetensors', EMBEDDING)
      .index({ 'model.embed_tokens.weight': 'a.safetensors', 'lm_head.weight': 'b.safetensors' });
    expect(refusal()).toBe('model: model.safetensors.index.json names 2 files and 1 are missing: b.safetensors. '
      + 'Finish the download, or leave only config.json and the index in the folder to plan from its total_size.');
  });

  test('an index of another revision', () => {
    folder.config(LLAMA).safetensors('a.safetensors', EMBEDDING)
      .index({ 'model.embed_tokens.weight': 'a.safetensors', 'lm_head.weight': 'a.safetensors' });
    expect(refusal()).toBe('model: model.safetensors.index.json puts tensor lm_head.weight into a.safetensors, which does not hold it. '
      + 'Index and files are of different revisions: download both again.');
  });

  test('an index without a map', () => {
    folder.config(LLAMA).file('model.safetensors.index.json', '{"metadata": {"total_size": 5}}');
    expect(refusal()).toBe('model/model.safetensors.index.json has no weight_map, so it names no file. Download it again.');
  });

  test('no bytes', () => {
    folder.config(LLAMA).safetensors('model.safetensors', { x: ['BF16', 0, 32] });
    expect(refusal()).toBe('model: the safetensors hold 0 bytes of weights. Download the model again: its tensors are empty.');
  });
});
