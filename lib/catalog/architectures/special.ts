import { attention, cutWidths, windows } from './attention';
import { AttentionLayer, cachesOf, repeated } from './layers';
import { Adapter, basics, Geometry, HEADS } from './geometry';
import { ConfigFields } from './config-fields';

/** vllm/model_executor/models/llama4.py, 0.32: layers with rotary embedding attend to their own chunk, the others to everything. */
export const LLAMA_4: Adapter = (fields) => {
  const base = basics(fields);
  const chunk = fields.optional('attention_chunk_size') || undefined;
  const interval = fields.optional('no_rope_layer_interval') ?? 4;
  const listed = fields.list<number>('no_rope_layers');
  fields.harmless('layer_types', 'moe_layers', 'num_experts_per_tok', 'intermediate_size_mlp');
  const rope = listed && listed.length > 0 ? listed.map(Boolean) : repeated(base.layers, 0).map((_, index) => (index + 1) % interval !== 0);
  const layers = rope.map((chunked): AttentionLayer => ({
    kind: chunked && chunk ? 'chunked' : 'full', kvHeads: base.kvHeads, keyDim: base.headDim, valueDim: base.headDim,
    window: chunked ? chunk : undefined,
  }));
  return { ...base, caches: cachesOf(layers), cutWidths: cutWidths(fields, base) };
};

/** vllm/model_executor/models/gpt_oss.py, 0.32: every other layer slides, beginning with the first, whatever the file lists. */
export const GPT_OSS: Adapter = (fields) => {
  const base = basics(fields);
  const window = fields.number('sliding_window');
  fields.harmless('layer_types', 'initial_context_length', 'experts_per_token');
  const layers = repeated(base.layers, base).map(({ kvHeads, headDim }, index): AttentionLayer => ({
    kind: index % 2 === 0 ? 'sliding' : 'full', kvHeads, keyDim: headDim, valueDim: headDim, window: index % 2 === 0 ? window : undefined,
  }));
  return { ...base, caches: cachesOf(layers), cutWidths: cutWidths(fields, base) };
};

/** vllm/model_executor/models/mimo_v2.py, 0.32: heads of their own in layers with a window, values narrower than keys. */
export const MIMO_V2: Adapter = (fields) => {
  const base = basics(fields);
  const sliding = hybridLayerPattern(fields, base.layers);
  const window = fields.optional('sliding_window_size', 'sliding_window');
  fields.harmless('sliding_window', 'sliding_window_size', 'attention_chunk_size', 'add_swa_attention_sink_bias', 'swa_rope_theta', 'layer_types',
    'swa_num_attention_heads', 'add_full_attention_sink_bias', 'num_nextn_predict_layers');
  const full = { kvHeads: base.kvHeads, keyDim: base.headDim, valueDim: fields.optional('v_head_dim') ?? base.headDim };
  const swaDim = fields.optional('swa_head_dim') ?? base.headDim;
  const narrow = {
    kvHeads: fields.optional('swa_num_key_value_heads') ?? base.kvHeads, keyDim: swaDim, valueDim: fields.optional('swa_v_head_dim') ?? swaDim,
  };
  const layers = sliding.map((slides): AttentionLayer => slides ? { kind: 'sliding', ...narrow, window } : { kind: 'full', ...full });
  return { ...base, caches: cachesOf(layers), cutWidths: cutWidths(fields, base) };
};

function hybridLayerPattern(fields: ConfigFields, layers: number): boolean[] {
  const pattern = fields.list<number>('hybrid_layer_pattern');
  if (!pattern || pattern.length < layers) {
    throw fields.missing(['hybrid_layer_pattern']);
  }
  return pattern.slice(0, layers).map(slides => slides === 1);
}

/** vllm/model_executor/models/step3p5.py, 0.32: one kind of layer may have heads of its own. */
export const STEP_3_5: Adapter = (fields) => {
  const base = basics(fields);
  const types = fields.list<string>('layer_types');
  const window = fields.optional('sliding_window');
  const other = fields.section('attention_other_setting');
  const otherType = other?.text('attention_type');
  other?.harmless('true_head_dim', 'head_dim', 'num_attention_heads');
  fields.harmless('swa_num_attention_heads', 'share_expert_dim', 'share_expert_dims', 'use_head_wise_attn_gate', 'use_rope_layers',
    'num_nextn_predict_layers', 'partial_rotary_factors', 'swiglu_limits', 'swiglu_limits_shared', 'moe_layers_enum');
  const layers = repeated(base.layers, 0).map((_, index): AttentionLayer => {
    const type = types?.[index];
    const slides = window !== undefined && (types && types.length > 0 ? type === 'sliding_attention' : index % 2 === 0);
    const own = other && type === otherType ? other : undefined;
    const dim = own?.optional('head_dim') ?? base.headDim;
    return {
      kind: slides ? 'sliding' : 'full', kvHeads: own?.optional('num_attention_groups') ?? base.kvHeads, keyDim: dim, valueDim: dim,
      window: slides ? window : undefined,
    };
  });
  const wholeBytes = base.wholeBytes;
  return { ...base, caches: cachesOf(layers), wholeBytes, cutWidths: cutWidths(fields, base) };
};

/** vllm/model_executor/models/step3_text.py, 0.32: every rank has the projection to keys, values and compressed queries whole. */
export const STEP_3: Adapter = attention({ layerTypes: 'ignored', besides: (fields, geometry) => {
  const width = fields.number('share_q_dim') + 2 * geometry.kvHeads * geometry.headDim;
  return { ...geometry, wholeBytes: (geometry.wholeBytes ?? 0) + 2 * geometry.layers * geometry.hiddenSize * width };
} });

/** vllm/model_executor/models/minicpm3.py, 0.32: compressed weights, but a cache of all heads, keys and values as wide as a query. */
export const MINICPM_3: Adapter = (fields) => {
  const base = basics(fields);
  const headDim = fields.number('qk_nope_head_dim') + fields.number('qk_rope_head_dim');
  fields.harmless('v_head_dim', 'head_dim', 'qk_head_dim');
  const layer: AttentionLayer = { kind: 'full', kvHeads: base.attentionHeads, keyDim: headDim, valueDim: headDim };
  const down = fields.number('q_lora_rank') + fields.number('kv_lora_rank') + fields.number('qk_rope_head_dim');
  return {
    ...base, kvHeads: base.attentionHeads, headDim, caches: cachesOf(repeated(base.layers, layer)),
    latentProjection: fields.number('kv_lora_rank') + fields.number('qk_rope_head_dim'),
    wholeLinearValues: base.layers * base.hiddenSize * down, cutWidths: cutWidths(fields, base),
  };
};

/** vllm/model_executor/models/nemotron_nas.py, 0.32: each block says whether it attends, and how many heads share a key. */
export const NEMOTRON_NAS: Adapter = (fields) => {
  const hiddenSize = fields.number('hidden_size');
  const attentionHeads = fields.number('num_attention_heads');
  const headDim = fields.optional('head_dim') || hiddenSize / attentionHeads;
  const blocks = fields.list<{ attention?: Block; ffn?: Block }>('block_configs');
  if (!blocks) {
    throw fields.missing(['block_configs']);
  }
  fields.harmless('num_key_value_heads', 'intermediate_size', 'num_hidden_layers');
  const layers = blocks.flatMap(({ attention }): AttentionLayer[] => {
    const inGroup = attention?.n_heads_in_group;
    if (attention?.no_op || attention?.replace_with_linear || typeof inGroup !== 'number') {
      return [];
    }
    return [{ kind: 'full', kvHeads: attentionHeads / inGroup, keyDim: headDim, valueDim: headDim }];
  });
  // rounded up to 256: _ffn_mult_to_intermediate_size in the same file
  const width = (mult: number) => Math.ceil(Math.floor(2 * mult * hiddenSize / 3) / 256) * 256;
  const widths = blocks.map(({ ffn }) => ffn?.ffn_mult === undefined ? 0 : width(ffn.ffn_mult));
  return {
    layers: blocks.length, hiddenSize, intermediateSize: Math.max(...widths), attentionHeads,
    kvHeads: Math.max(...layers.map(layer => layer.kvHeads)), headDim, vocabSize: fields.number('vocab_size'), caches: cachesOf(layers),
    parts: [...new Set(widths.filter(wide => wide > 0))].map(count => ({ what: 'columns of a feed-forward layer', count })),
  };
};

interface Block {
  readonly no_op?: boolean;
  readonly replace_with_linear?: boolean;
  readonly n_heads_in_group?: number | null;
  readonly ffn_mult?: number;
}

/** vllm/model_executor/models/chatglm.py, 0.32: keys are shared by groups, or every head has its own. */
export const CHATGLM = attention({
  layerTypes: 'ignored',
  shape: (fields, layer) => {
    fields.harmless('kv_channels');
    return fields.value('multi_query_attention') === false ? { ...layer, kvHeads: fields.number(...HEADS) } : layer;
  },
});

/** vllm/model_executor/models/dbrx.py, 0.32: heads and experts in objects of their own; the defaults are those of DbrxFFNConfig. */
export const DBRX: Adapter = (fields) => {
  const attn = fields.section('attn_config');
  const ffn = fields.section('ffn_config');
  attn?.harmless('clip_qkv', 'rope_theta', 'model_type');
  ffn?.harmless('model_type', 'moe_loss_weight', 'moe_normalize_expert_weights');
  const layers = fields.number('n_layers', 'num_hidden_layers');
  const hiddenSize = fields.number('d_model', 'hidden_size');
  const attentionHeads = fields.number('n_heads', 'num_attention_heads');
  const kvHeads = attn?.optional('kv_n_heads') ?? fields.number('num_key_value_heads');
  const headDim = hiddenSize / attentionHeads;
  const experts = {
    count: ffn?.optional('moe_num_experts') ?? 4, perToken: ffn?.optional('moe_top_k') ?? 1, intermediateSize: ffn?.optional('ffn_hidden_size') ?? 3584,
  };
  fields.harmless('num_key_value_heads');
  const layer: AttentionLayer = { kind: 'full', kvHeads, keyDim: headDim, valueDim: headDim };
  return {
    layers, hiddenSize, intermediateSize: experts.intermediateSize, attentionHeads, kvHeads, headDim, vocabSize: fields.number('vocab_size'), experts,
    caches: cachesOf(repeated(layers, layer)), wholeBytes: layers * hiddenSize * experts.count * 4,
  };
};

/** vllm/model_executor/models/hrm_text.py, 0.32: stacks of layers run several times, and each run caches for itself. */
export const HRM_TEXT = attention({ besides: (fields, geometry) => {
  fields.harmless('num_layers_per_stack', 'H_cycles', 'L_cycles', 'L_bp_cycles');
  return geometry;
} });

/** vllm/model_executor/models/laguna.py, 0.32: each layer may have as many query heads as it likes. */
export const LAGUNA = attention({ besides: (fields, geometry) => {
  const heads = fields.list<number>('num_attention_heads_per_layer') ?? [];
  fields.harmless('swa_rope_parameters', 'swa_attention_sink_enabled', 'gating');
  return { ...geometry, parts: [...new Set(heads)].map(count => ({ what: 'attention heads of a layer', count })) };
} });

/** vllm/model_executor/models/muse_glimmer.py, 0.32: layers with rotary embedding have the window. */
export const MUSE_GLIMMER: Adapter = (fields) => {
  const base = basics(fields);
  const window = fields.number('sliding_window');
  const listed = fields.list<number>('no_rope_layers');
  fields.harmless('layer_types');
  const rope = listed && listed.length > 0 ? listed.map(Boolean) : windows(fields, base, { pattern: { every: 4, full: 'last' } }).map(Boolean);
  const layers = rope.map((slides): AttentionLayer => ({
    kind: slides ? 'sliding' : 'full', kvHeads: base.kvHeads, keyDim: base.headDim, valueDim: base.headDim, window: slides ? window : undefined,
  }));
  return { ...base, caches: cachesOf(layers), cutWidths: cutWidths(fields, base) };
};

/** A class of transformers without a plan for tensor parallelism: every rank holds what vLLM does not cut by itself. */
export function withoutPlan(adapter: Adapter): Adapter {
  return (fields) => {
    const geometry: Geometry = adapter(fields);
    const { layers, hiddenSize, intermediateSize, attentionHeads, kvHeads, headDim } = geometry;
    const perLayer = 2 * hiddenSize * intermediateSize + 2 * hiddenSize * headDim * (attentionHeads + kvHeads);
    return { ...geometry, wholeLinearValues: layers * perLayer, caches: geometry.caches.map(cache => ({ ...cache })) };
  };
}
