import { ConfigFields } from './config-fields';
import { LayerCache, TensorParallelParts } from '../layer-cache';
import { Experts, ModelProps } from '../model-props';

/** Facts that every language model has. */
type Sizes = Pick<ModelProps, 'layers' | 'hiddenSize' | 'intermediateSize' | 'attentionHeads' | 'kvHeads' | 'headDim' | 'vocabSize' | 'experts'>;

/** What an architecture makes of a configuration: the shapes that decide about memory, in one release of vLLM. */
export interface Geometry extends Sizes, Pick<ModelProps, 'mla'> {
  readonly caches: readonly LayerCache[];
  /** Values of linear layers that every rank holds whole. */
  readonly wholeLinearValues?: number;
  /** Bytes of routers and other unquantized parts that every rank holds whole. */
  readonly wholeBytes?: number;
  /** Columns of `kv_a_proj`, where the class has one, whatever it caches. */
  readonly latentProjection?: number;
  /** What tensor parallelism has to divide besides heads and vocabulary. */
  readonly parts?: readonly TensorParallelParts[];
  /** Widths that are cut, of layers that a quantized checkpoint has in groups or blocks. */
  readonly cutWidths?: readonly { readonly what: string; readonly width: number }[];
}

/** Reads the fields that the architecture's class in vLLM reads. */
export type Adapter = (fields: ConfigFields) => Geometry;

/** What every language model has, read under all names that vLLM looks for. */
export interface Basics extends Sizes {
  readonly wholeBytes: number;
}

/** Names of the number of layers: transformers maps them to one another. */
export const LAYERS = ['num_hidden_layers', 'n_layer', 'num_layers'];
export const HIDDEN = ['hidden_size', 'n_embd', 'd_model', 'n_embed'];
export const HEADS = ['num_attention_heads', 'n_head', 'n_heads', 'num_heads'];
/** vllm/transformers_utils/model_arch_config_convertor.py, get_total_num_kv_heads, 0.32. */
const KV_HEADS = ['n_head_kv', 'num_kv_heads', 'num_key_value_heads', 'multi_query_group_num', 'num_attention_groups'];
export const INTERMEDIATE = ['intermediate_size_mlp', 'intermediate_size', 'ffn_hidden_size', 'n_inner', 'ffn_dim', 'd_ff', 'decoder_ffn_dim'];
/** The same file, get_num_experts and get_num_experts_per_token. */
const EXPERTS = ['num_experts', 'moe_num_experts', 'n_routed_experts', 'num_local_experts'];
const EXPERTS_PER_TOKEN = ['num_experts_per_tok', 'num_experts_per_token', 'top_k_experts', 'moe_topk', 'moe_top_k', 'moe_k', 'num_selected_experts'];

/** @param layers - their number, where the file says it by a list of them */
export function basics(fields: ConfigFields, layers = fields.number(...LAYERS)): Basics {
  const hiddenSize = fields.number(...HIDDEN);
  const attentionHeads = fields.number(...HEADS);
  const experts = expertsOf(fields, layers);
  return {
    layers,
    hiddenSize,
    intermediateSize: intermediateSize(fields, hiddenSize),
    attentionHeads,
    kvHeads: kvHeads(fields, attentionHeads),
    // some classes write 0 for a width that follows from the hidden size
    headDim: fields.optional('head_dim', 'hidden_size_per_head') || hiddenSize / attentionHeads,
    vocabSize: fields.number('vocab_size', 'padded_vocab_size'),
    experts: experts?.shape,
    // routers are whole on every rank, some in 32 bits
    wholeBytes: experts ? experts.layers * hiddenSize * experts.shape.count * 4 : 0,
  };
}

function kvHeads(fields: ConfigFields, attentionHeads: number): number {
  const declared = fields.optional(...KV_HEADS) ?? attentionHeads;
  // Falcon and GPTBigCode share one key and value between all heads
  if (['falcon', 'RefinedWeb', 'RefinedWebModel', 'gpt_bigcode'].includes(fields.modelType)) {
    return fields.flag('multi_query') && !fields.flag('new_decoder_architecture') ? 1 : declared;
  }
  return declared;
}

function intermediateSize(fields: ConfigFields, hiddenSize: number): number {
  // Gemma 3n has a list of it
  const widths = fields.list<number>('intermediate_size');
  // Falcon's configurations leave it out: their feed-forward layer is 4 hidden sizes wide
  return widths ? Math.max(...widths) : fields.optional(...INTERMEDIATE) ?? 4 * hiddenSize;
}

function expertsOf(fields: ConfigFields, layers: number): { shape: Experts; layers: number } | undefined {
  const listed = EXPERTS.map(name => fields.list<number>(name)).find(list => list);
  const count = listed ? listed[0] : fields.optional(...EXPERTS);
  fields.harmless('first_k_dense_replace', 'moe_layer_freq', 'num_dense_layers', 'mlp_layer_types', 'moe_layers_enum', 'mlp_only_layers',
    'decoder_sparse_step', 'expert_layer_offset', 'expert_layer_period', 'moe_layer_interval', 'moe_layer_start_index', 'moe_layer_end_index',
    'interleave_moe_layer_step', 'first_k_dense', 'num_expert_groups', 'n_group', 'topk_group', 'num_expert_group');
  // Jamba and others call a dense model one of a single expert
  if (!count || count === 1) {
    return undefined;
  }
  const perToken = EXPERTS_PER_TOKEN.map(name => fields.list<number>(name)).find(list => list);
  const dense = fields.optional('first_k_dense_replace', 'num_dense_layers') ?? 0;
  const widths = fields.list<number>('moe_intermediate_size');
  return {
    layers: Math.max(0, layers - dense),
    shape: {
      count,
      perToken: perToken ? Math.max(...perToken) : fields.number(...EXPERTS_PER_TOKEN),
      intermediateSize: widths ? widths[0] : fields.number('moe_intermediate_size', 'expert_ffn_hidden_size', ...INTERMEDIATE),
      ...dense > 0 ? { layers: Math.max(0, layers - dense) } : {},
    },
  };
}
