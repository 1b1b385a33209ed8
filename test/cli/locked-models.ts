import * as fs from 'node:fs';
import * as path from 'node:path';
import { Tensors, TinyFolder } from '../catalog/tiny-folder';
import { HubModel } from '../rig/hub';

export const COMMIT = 'c0ffee'.padEnd(40, '0');

const LLAMA = {
  architectures: ['LlamaForCausalLM'], model_type: 'llama', num_hidden_layers: 2, hidden_size: 128, intermediate_size: 256,
  num_attention_heads: 8, num_key_value_heads: 2, head_dim: 64, vocab_size: 512, max_position_embeddings: 4096, torch_dtype: 'bfloat16',
};

function layer(index: number, dtype = 'BF16'): Tensors {
  return {
    [`model.layers.${index}.self_attn.q_proj.weight`]: [dtype, 512, 128],
    [`model.layers.${index}.self_attn.k_proj.weight`]: [dtype, 128, 128],
    [`model.layers.${index}.self_attn.v_proj.weight`]: [dtype, 128, 128],
    [`model.layers.${index}.self_attn.o_proj.weight`]: [dtype, 128, 512],
    [`model.layers.${index}.mlp.up_proj.weight`]: [dtype, 256, 128],
    [`model.layers.${index}.input_layernorm.weight`]: [dtype, 128],
  };
}

const EMBEDDING: Tensors = { 'model.embed_tokens.weight': ['BF16', 512, 128] };
const HEAD: Tensors = { 'lm_head.weight': ['BF16', 512, 128] };

/** Whole folders of the shapes that plans tell apart, with what repositories have besides. */
const SHAPES = {
  dense: folder => folder.config(LLAMA).safetensors('model.safetensors', { ...EMBEDDING, ...layer(0), ...layer(1), ...HEAD }),
  tied: folder => folder.config({ ...LLAMA, tie_word_embeddings: true })
    .safetensors('model.safetensors', { ...EMBEDDING, ...layer(0), ...layer(1), ...HEAD }),
  'several files, and tensors that the index leaves out': (folder) => {
    const shards = { 'model-00001-of-00002.safetensors': { ...EMBEDDING, ...layer(0) }, 'model-00002-of-00002.safetensors': { ...layer(1), ...HEAD } };
    for (const [name, tensors] of Object.entries(shards)) {
      folder.safetensors(name, { ...tensors, [`left.out.of.${name}`]: ['F32', 3] });
    }
    return folder.config(LLAMA).safetensors('leftover.safetensors', layer(7)).safetensors('consolidated.safetensors', layer(8))
      .index(Object.fromEntries(Object.entries(shards).flatMap(([name, tensors]) => Object.keys(tensors).map(tensor => [tensor, name]))));
  },
  'sliding window': folder => folder
    .config({ ...LLAMA, architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2', sliding_window: 1024, final_logit_softcapping: 30 })
    .safetensors('model.safetensors', { ...EMBEDDING, ...layer(0), ...layer(1) }),
  'keys that serve as values': folder => folder
    .config({
      ...LLAMA, architectures: ['Gemma4ForCausalLM'], model_type: 'gemma4_text', attention_k_eq_v: true, num_global_key_value_heads: 1, global_head_dim: 128, sliding_window: 512,
      layer_types: ['sliding_attention', 'full_attention'],
    })
    .safetensors('model.safetensors', { ...EMBEDDING, ...layer(0), ...layer(1) }),
  experts: folder => folder.config({ ...LLAMA, architectures: ['MixtralForCausalLM'], num_local_experts: 4, num_experts_per_tok: 2 })
    .safetensors('model.safetensors', {
      ...EMBEDDING, ...layer(0), ...layer(1), 'model.layers.0.block_sparse_moe.gate.weight': ['BF16', 4, 128],
      'model.layers.0.block_sparse_moe.experts.0.w1.weight': ['BF16', 256, 128],
    }),
  'latent attention': folder => folder
    .config({
      ...LLAMA, architectures: ['DeepseekV3ForCausalLM'], model_type: 'deepseek_v3', n_routed_experts: null, kv_lora_rank: 64, qk_rope_head_dim: 32,
      qk_nope_head_dim: 64, head_dim: undefined,
    })
    .safetensors('model.safetensors', { ...EMBEDDING, 'model.layers.0.self_attn.kv_a_proj_with_mqa.weight': ['BF16', 96, 128], ...HEAD }),
  quantized: folder => folder.config({ ...LLAMA, quantization_config: { quant_method: 'fp8' } }).safetensors('model.safetensors', {
    ...EMBEDDING, ...layer(0, 'F8_E4M3'), ...layer(1, 'F8_E4M3'), 'model.layers.0.mlp.up_proj.weight_scale_inv': ['F32', 2, 1], ...HEAD,
  }),
  'float32, with a dtype that config.json leaves out': folder => folder.config({ ...LLAMA, torch_dtype: undefined })
    .safetensors('model.safetensors', { 'model.embed_tokens.weight': ['F32', 512, 128], ...layer(0, 'F32'), ...layer(1, 'F32') }),
  encoder: folder => folder.config({
    architectures: ['BertModel'], model_type: 'bert', hidden_size: 128, intermediate_size: 256, num_hidden_layers: 2, num_attention_heads: 2,
    vocab_size: 512, max_position_embeddings: 512, torch_dtype: 'float32',
  }).safetensors('model.safetensors', {
    'embeddings.word_embeddings.weight': ['F32', 512, 128], 'encoder.layer.0.attention.self.query.weight': ['F32', 128, 128],
  }),
  'a tower': folder => folder.config({ architectures: ['LlavaForConditionalGeneration'], model_type: 'llava', text_config: LLAMA, vision_config: {} })
    .safetensors('model.safetensors', { ...EMBEDDING, ...layer(0), ...layer(1), 'vision_tower.blocks.0.qkv.weight': ['BF16', 64, 64] }),
  'consolidated files only': folder => folder.config(LLAMA).safetensors('consolidated.safetensors', { ...EMBEDDING, ...layer(0), ...layer(1) }),
} satisfies { [shape: string]: (folder: TinyFolder) => TinyFolder };

export const SHAPE_NAMES = Object.keys(SHAPES) as (keyof typeof SHAPES)[];

export function tinyModel(shape: keyof typeof SHAPES): TinyFolder {
  const folder = SHAPES[shape](new TinyFolder());
  return folder.file('tokenizer.json', '{"version": "1.0"}').file('tokenizer.model', 'x'.repeat(2000)).file('merges.txt', '')
    .file('chat_template.jinja', '{{ messages }}').file('README.md', '# Tiny').file('pytorch_model.bin', 'pickle')
    .file('modeling_tiny.py', 'raise SystemExit').file('original/model.safetensors', 'another').file('.gitattributes', '*');
}

/** What the hub has of a folder. */
export function asHubModel({ directory }: TinyFolder, rest: Partial<HubModel> = {}): HubModel {
  const paths = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(name => fs.statSync(path.join(directory, name)).isFile());
  return { commit: COMMIT, files: new Map(paths.sort().map(name => [name, fs.readFileSync(path.join(directory, name))])), ...rest };
}
