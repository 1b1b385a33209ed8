import { cutWidths, windows } from './attention';
import { Adapter, basics, Basics } from './geometry';
import { ConfigFields } from './config-fields';
import { AttentionLayer, cachesOf } from './layers';
import { LayerCache, RecurrentCache, StatePart, TensorParallelParts } from '../layer-cache';

/**
 * States that a sequence holds with prefix caching (vllm/v1/kv_cache_interface.py, MambaSpec, 0.32): the one that it works on, the one
 * before, and for Mamba-2 one more, which it makes on the way through a long prompt.
 */
export const STATES = 2;
const STATES_OF_MAMBA_2 = 3;
/**
 * Gated delta layers make states on the way as well since 0.33, on cards with FlashInfer's kernels; elsewhere this is a little too much.
 * vllm/model_executor/layers/mamba/gdn/qwen_gdn_linear_attn.py, FLASHINFER_GDN_CHECKPOINT_ALIGNMENT, 0.33.
 */
const GATED_DELTA_CHECKPOINT_TOKENS = 64;

interface StateOf {
  readonly state: readonly StatePart[];
  readonly states: number;
  readonly checkpointTokens?: number;
  readonly parts: readonly TensorParallelParts[];
  readonly wholeLinearValues?: number;
}

type StateReader = (fields: ConfigFields, base: Basics) => StateOf;

/** vllm/model_executor/layers/mamba/mamba_utils.py, gated_delta_net_state_shape, 0.32. */
function gatedDelta(fields: ConfigFields): StateOf {
  const keyHeads = fields.number('linear_num_key_heads');
  const valueHeads = fields.number('linear_num_value_heads');
  const keyDim = fields.number('linear_key_head_dim');
  const valueDim = fields.number('linear_value_head_dim');
  fields.harmless('linear_a_log_min', 'linear_a_log_max', 'linear_dt_min', 'linear_dt_max', 'linear_dt_init_floor', 'linear_allow_neg_eigval',
    'linear_use_gate');
  return {
    state: [
      { values: (fields.number('linear_conv_kernel_dim') - 1) * (2 * keyHeads * keyDim + valueHeads * valueDim) },
      { values: valueHeads * valueDim * keyDim, dtype: dtypeOf(fields, 'mamba_ssm_dtype') },
    ],
    states: STATES,
    checkpointTokens: GATED_DELTA_CHECKPOINT_TOKENS,
    parts: [{ what: 'key heads of linear attention', count: keyHeads }, { what: 'value heads of linear attention', count: valueHeads }],
  };
}

interface Mamba2Names {
  readonly heads: string[];
  readonly headDim: string[];
  readonly groups: string[];
  readonly stateSize: string[];
  readonly kernel: string[];
  readonly dtype?: 'float32';
  /** Width of the state space; by default that of its heads. */
  readonly width?: (fields: ConfigFields, base: Basics) => number;
}

/** The same file, mamba2_state_shape: heads are divided, and groups too where there are enough of them. */
function mamba2(names: Mamba2Names): StateReader {
  return (fields, base) => {
    const heads = fields.number(...names.heads);
    const headDim = fields.number(...names.headDim);
    const groups = fields.number(...names.groups);
    const stateSize = fields.number(...names.stateSize);
    const kept = fields.number(...names.kernel) - 1;
    fields.harmless('mamba_expand', 'expand', 'mamba_chunk_size', 'chunk_size', 'mamba_proj_bias', 'mamba_conv_bias', 'use_mamba_kernels',
      'mamba_hidden_act', 'mamba_rms_norm', 'mamba_norm_before_gate', 'mamba_use_mlp', 'mamba_dt_rank', 'conv_bias', 'use_conv_bias',
      'mamba_intermediate_size', 'mamba_num_groups', 'num_logits_to_keep', 'use_mem_eff_path', 'mamba_ssm_cache_dtype', 'mamba_d_ssm');
    const width = names.width?.(fields, base) ?? heads * headDim;
    return {
      state: [
        { values: kept * width, groups: { count: groups, values: kept * 2 * stateSize } },
        { values: heads * headDim * stateSize, dtype: names.dtype && dtypeOf(fields, 'mamba_ssm_cache_dtype', names.dtype) },
      ],
      states: STATES_OF_MAMBA_2,
      parts: [
        { what: 'heads of the state space', count: heads },
        ...(groups > 1 ? [{ what: 'groups of the state space', count: groups }] : []),
      ],
      // one group alone cannot be cut: every rank projects it
      wholeLinearValues: groups === 1 ? 2 * stateSize * base.hiddenSize : undefined,
    };
  };
}

/** The same file, mamba1_state_shape. */
function mamba1(fields: ConfigFields, base: Basics): StateOf {
  const width = fields.optional('mamba_intermediate_size') ?? fields.number('mamba_expand', 'expand') * base.hiddenSize;
  fields.harmless('mamba_dt_rank', 'time_step_rank', 'mamba_proj_bias', 'mamba_conv_bias', 'use_mamba_kernels', 'use_conv_bias', 'use_mambapy',
    'intermediate_size', 'num_logits_to_keep', 'use_falcon_mambapy', 'use_associative_scan', 'mixer_rms_eps');
  return {
    state: [
      { values: (fields.number('mamba_d_conv', 'conv_kernel') - 1) * width },
      { values: width * fields.number('mamba_d_state', 'state_size') },
    ],
    states: STATES,
    parts: [{ what: 'columns of the state space', count: width }],
  };
}

/** The same file, short_conv_state_shape. */
function shortConvolution(fields: ConfigFields, base: Basics): StateOf {
  const width = fields.optional('conv_dim') ?? base.hiddenSize;
  fields.harmless('conv_bias', 'conv_dim_out', 'conv_use_xavier_init', 'block_dim', 'block_ff_dim', 'block_ffn_dim_multiplier',
    'block_mlp_init_scale', 'block_multiple_of', 'block_norm_eps', 'block_out_init_scale', 'block_use_swiglu', 'block_use_xavier_init', 'block_auto_adjust_ff_dim');
  return { state: [{ values: (fields.number('conv_L_cache') - 1) * width }], states: STATES, parts: [] };
}

function dtypeOf(fields: ConfigFields, name: string, otherwise?: 'float32'): StatePart['dtype'] {
  const dtype = fields.text(name) ?? otherwise;
  if (dtype === undefined || dtype === 'auto') {
    return otherwise;
  }
  if (dtype !== 'float32' && dtype !== 'bfloat16' && dtype !== 'float16') {
    throw fields.refuse(`'${name}' (${dtype}) is none of float32, bfloat16, float16. Describe the model with Model.of(...).`);
  }
  return dtype;
}

/** How many of the layers attend, and how many keep a state. */
interface LayerKinds {
  readonly attending: number;
  readonly recurrent: number;
}

type KindReader = (fields: ConfigFields, base: Basics) => LayerKinds;

/** Sizes that a class reads in its own way. */
interface OwnSizes {
  readonly layers?: (fields: ConfigFields) => number;
  readonly headDim?: (fields: ConfigFields) => number;
}

function hybrid(kindsOf: KindReader, stateOf: StateReader, own: OwnSizes = {}): Adapter {
  return (fields) => {
    const read = basics(fields, own.layers?.(fields));
    const kinds = kindsOf(fields, read);
    const base = { ...read, headDim: own.headDim?.(fields) ?? read.headDim };
    const { state, states, checkpointTokens, parts, wholeLinearValues } = stateOf(fields, base);
    const window = windows(fields, { layers: kinds.attending }, { layerTypes: 'ignored', noWindow: fields.list('layer_types') !== undefined });
    const attending = window.map((tokens): AttentionLayer => ({
      kind: tokens ? 'sliding' : 'full', kvHeads: base.kvHeads, keyDim: base.headDim, valueDim: base.headDim, window: tokens,
    }));
    const recurrent: RecurrentCache = { kind: 'recurrent', layers: kinds.recurrent, state, states, ...checkpointTokens ? { checkpointTokens } : {} };
    return {
      ...base, caches: [...cachesOf(attending), recurrent], parts, cutWidths: cutWidths(fields, base),
      wholeLinearValues: (wholeLinearValues ?? 0) * kinds.recurrent,
    };
  };
}

/** Only a state, and no prefix caching: vLLM keeps one for each sequence. */
function attentionFree(stateOf: StateReader): Adapter {
  return (fields) => {
    const layers = fields.number('num_hidden_layers', 'n_layer');
    const hiddenSize = fields.number('hidden_size', 'd_model');
    const base: Basics = {
      layers, hiddenSize, intermediateSize: fields.optional('intermediate_size', 'd_inner') ?? 2 * hiddenSize, attentionHeads: 1, kvHeads: 1,
      headDim: hiddenSize, vocabSize: fields.number('vocab_size'), wholeBytes: 0,
    };
    const { state, parts, wholeLinearValues } = stateOf(fields, base);
    const heads = parts[0].count;
    const caches: LayerCache[] = [{ kind: 'recurrent', layers, state, states: 1 }];
    return { ...base, attentionHeads: heads, kvHeads: heads, caches, parts, wholeLinearValues: (wholeLinearValues ?? 0) * layers };
  };
}

/** Counts the layers of a list by what they are called. */
function listed(names: readonly string[], attention: readonly string[], state: readonly string[], neither: readonly string[] = []) {
  return (fields: ConfigFields, base: Basics): LayerKinds => {
    const types = names.map(name => fields.list<string>(name)).find(list => list);
    if (!types) {
      throw fields.missing(names);
    }
    const unknown = types.find(type => ![...attention, ...state, ...neither].includes(type));
    if (unknown !== undefined || types.length !== base.layers) {
      throw fields.refuse(unknown === undefined
        ? `the list of layers has ${types.length} of ${base.layers}. Download config.json again.`
        : `a layer is ${JSON.stringify(unknown)}, which this architecture does not have in vLLM. Describe the model with Model.of(...).`);
    }
    return {
      attending: types.filter(type => attention.includes(type)).length, recurrent: types.filter(type => state.includes(type)).length,
    };
  };
}

/** One layer in so many attends, where the file does not list them. */
function byInterval(fields: ConfigFields, base: Basics): LayerKinds {
  const interval = fields.optional('full_attention_interval') ?? 4;
  if (fields.value('layer_types') !== undefined) {
    return listed(['layer_types'], ['full_attention'], ['linear_attention'])(fields, base);
  }
  const attending = Math.floor(base.layers / interval);
  return { attending, recurrent: base.layers - attending };
}

/** vllm/model_executor/models/nemotron_h.py, 0.32: M keeps a state, * attends, - and E are feed-forward. */
function lettersOf(fields: ConfigFields): readonly string[] {
  const types = fields.list<string>('layers_block_type')?.map(type => ({ mamba: 'M', attention: '*', mlp: '-', moe: 'E' })[type] ?? type);
  const letters = fields.text('hybrid_override_pattern')?.replaceAll('|', '').split('') ?? types;
  fields.harmless('num_hidden_layers', 'mtp_hybrid_override_pattern', 'mtp_layers_block_type', 'num_nextn_predict_layers', 'moe_latent_size',
    'moe_shared_expert_overlap', 'layer_types', 'partial_rotary_factor', 'attention_head_dim');
  if (!letters) {
    throw fields.missing(['hybrid_override_pattern', 'layers_block_type']);
  }
  const unknown = letters.find(letter => !['M', '*', '-', 'E'].includes(letter));
  if (unknown !== undefined) {
    throw fields.refuse(`'hybrid_override_pattern' has ${JSON.stringify(unknown)}, which is none of M, *, - and E. `
      + 'Describe the model with Model.of(...).');
  }
  return letters;
}

function byPattern(fields: ConfigFields): LayerKinds {
  const letters = lettersOf(fields);
  return { attending: letters.filter(letter => letter === '*').length, recurrent: letters.filter(letter => letter === 'M').length };
}

function byPeriod(fields: ConfigFields, base: Basics): LayerKinds {
  const period = fields.number('attn_layer_period');
  const offset = fields.optional('attn_layer_offset') ?? 0;
  fields.harmless('layer_types', 'layers_block_type');
  const attending = Array.from({ length: base.layers }).filter((_, index) => index % period === offset).length;
  return { attending, recurrent: base.layers - attending };
}

/** vllm/model_executor/models/zamba2.py, 0.32: every layer keeps a state, and those called hybrid attend besides. */
function hybridLayers(fields: ConfigFields, base: Basics): LayerKinds {
  const ids = fields.list<number>('hybrid_layer_ids');
  const types = fields.list<string>('layers_block_type');
  fields.harmless('layer_types', 'num_mem_blocks', 'use_shared_mlp_adapter', 'use_shared_attention_adapter', 'use_shared_block_lora', 'adapter_rank',
    'attention_hidden_size', 'attention_head_dim', 'num_hybrid_layers', 'share_experts', 'mamba_headdim', 'mamba_ngroups', 'kv_channels', 'ffn_hidden_size', 'num_query_groups');
  const attending = types ? types.filter(type => type === 'hybrid').length : ids?.length;
  if (attending === undefined) {
    throw fields.missing(['layers_block_type', 'hybrid_layer_ids']);
  }
  return { attending, recurrent: base.layers };
}

const MAMBA_2_OF_NEMOTRON = mamba2({
  heads: ['mamba_num_heads'], headDim: ['mamba_head_dim'], groups: ['n_groups'], stateSize: ['ssm_state_size'], kernel: ['conv_kernel'],
  dtype: 'float32',
});
const MAMBA_2_OF_GRANITE = mamba2({
  heads: ['mamba_n_heads'], headDim: ['mamba_d_head'], groups: ['mamba_n_groups'], stateSize: ['mamba_d_state'], kernel: ['mamba_d_conv'],
  width: (fields, base) => fields.optional('mamba_d_ssm') ?? fields.number('mamba_expand') * base.hiddenSize,
});

/** vllm/model_executor/models/{qwen3_next,qwen3_5,olmo_hybrid}.py, 0.32. */
export const GATED_DELTA = hybrid(byInterval, gatedDelta);
export const NEMOTRON_H = hybrid(byPattern, MAMBA_2_OF_NEMOTRON, { layers: fields => lettersOf(fields).length });
/** vllm/model_executor/models/granitemoehybrid.py, 0.32. */
export const GRANITE_HYBRID = hybrid(
  listed(['layer_types', 'layers_block_type'], ['attention', 'full_attention'], ['mamba', 'linear_attention']), MAMBA_2_OF_GRANITE);
/** vllm/model_executor/models/falcon_h1.py, 0.32: every layer does both. */
export const FALCON_H1 = hybrid((fields, { layers }) => {
  fields.harmless('layer_types', 'attn_layer_indices', 'mlp_expansion_factor', 'num_logits_to_keep', 'projectors_bias', 'ssm_multipliers',
    'ssm_in_multiplier', 'ssm_out_multiplier', 'attention_in_multiplier', 'attention_out_multiplier', 'key_multiplier', 'lm_head_multiplier');
  return { attending: layers, recurrent: layers };
}, MAMBA_2_OF_GRANITE);
export const ZAMBA_2 = hybrid(hybridLayers, mamba2({
  heads: ['n_mamba_heads'], headDim: ['mamba_headdim'], groups: ['mamba_ngroups'], stateSize: ['mamba_d_state'], kernel: ['mamba_d_conv'],
  width: (fields, base) => fields.number('mamba_expand') * base.hiddenSize,
}), { headDim: fields => fields.number('attention_head_dim') });
/** vllm/model_executor/models/jamba.py, 0.32. */
export const JAMBA = hybrid(byPeriod, mamba1);
/** vllm/model_executor/models/lfm2.py and lfm2_moe.py, 0.32. */
export const LFM_2 = hybrid((fields, base) => {
  const indices = fields.list<number>('full_attn_idxs');
  if (indices && fields.value('layer_types') === undefined) {
    return { attending: indices.length, recurrent: base.layers - indices.length };
  }
  return listed(['layer_types'], ['full_attention'], ['conv'])(fields, base);
}, shortConvolution);
/** vllm/model_executor/models/mamba.py and mamba2.py, 0.32. */
export const MAMBA = attentionFree(mamba1);
export const MAMBA_2 = attentionFree(mamba2({
  heads: ['num_heads'], headDim: ['head_dim'], groups: ['n_groups'], stateSize: ['state_size'], kernel: ['conv_kernel'],
  width: (fields, base) => fields.number('expand') * base.hiddenSize,
}));
