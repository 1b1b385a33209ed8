import { attention } from './attention';
import { AttentionLayer } from './layers';
import { Geometry } from './geometry';
import { ConfigFields } from './config-fields';

/** One layer in so many attends to everything, the last of each. */
const lastOf = (every: number) => ({ every, full: 'last' } as const);
const BOTH_WAYS = (fields: ConfigFields) => fields.value('use_bidirectional_attention') === true;

/** vllm/model_executor/models/gemma{2,3,3n,4}.py, 0.32. */
export const GEMMA_2 = attention({ pattern: lastOf(2) });
export const GEMMA_3 = attention({ pattern: lastOf(6) });
/** vllm/model_executor/models/config.py, Gemma3TextModelConfig: an embedding model may read both ways. */
export const GEMMA_3_TEXT_MODEL = attention({ pattern: lastOf(6), bothWays: BOTH_WAYS });
export const GEMMA_3N = attention({ pattern: lastOf(5), shares: true, besides: perLayerInputs });
export const GEMMA_4 = attention({ pattern: lastOf(6), shares: true, shape: gemma4Layer, besides: perLayerInputs });
export const EMBEDDING_GEMMA_2 = attention({
  pattern: lastOf(6), shape: gemma4Layer, bothWays: () => true, besides: perLayerInputs,
});

function gemma4Layer(fields: ConfigFields, layer: AttentionLayer, index: number): AttentionLayer {
  const own = perLayer(fields, index);
  const globalHeads = fields.optional('num_global_key_value_heads');
  const globalDim = fields.optional('global_head_dim');
  const full = layer.kind === 'full';
  const keyDim = own?.optional('head_dim') ?? (full ? globalDim : undefined) ?? layer.keyDim;
  const kvHeads = own?.optional('num_key_value_heads')
    ?? (full && fields.flag('attention_k_eq_v') ? globalHeads : undefined) ?? layer.kvHeads;
  return { ...layer, kvHeads, keyDim, valueDim: keyDim };
}

/** transformers 5.19 writes what differs by layer as `per_layer_config`: `{ "05": { "head_dim": 512 } }`. */
function perLayer(fields: ConfigFields, index: number): ConfigFields | undefined {
  const layers = fields.section('per_layer_config');
  return layers?.section(String(index).padStart(2, '0')) ?? layers?.section(String(index));
}

/** A small embedding of each layer beside the common one, cut like it; its projections are whole. */
function perLayerInputs(fields: ConfigFields, geometry: Geometry): Geometry {
  const width = fields.optional('hidden_size_per_layer_input') ?? 0;
  fields.harmless('vocab_size_per_layer_input', 'laurel_rank', 'activation_sparsity_pattern', 'layers_block', 'use_double_wide_mlp');
  const laurel = (fields.optional('laurel_rank') ?? 0) * 2;
  const wholeLinearValues = geometry.layers * geometry.hiddenSize * (3 * width + laurel);
  return { ...geometry, wholeLinearValues };
}
