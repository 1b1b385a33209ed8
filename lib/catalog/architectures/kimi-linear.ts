import { Adapter, basics } from './geometry';
import { latentGeometry } from './latent';
import { STATES } from './recurrent';
import { RecurrentCache } from '../layer-cache';

/** vllm/models/kimi_k3, 0.32: latent attention in some layers, a gated delta rule in the others, whose state has 32 bits. */
export const KIMI_LINEAR: Adapter = (fields) => {
  const base = basics(fields);
  const linear = fields.section('linear_attn_config');
  const attendingLayers = linear?.list<number>('full_attn_layers');
  const recurrentLayers = linear?.list<number>('kda_layers');
  if (!linear || !attendingLayers || !recurrentLayers) {
    throw fields.missing(['linear_attn_config']);
  }
  fields.harmless('head_dim', 'mla_use_nope', 'num_nextn_predict_layers', 'num_shared_experts', 'num_key_value_heads', 'layer_types');
  const heads = linear.number('num_heads');
  const headDim = linear.number('head_dim');
  const mla = { kvLoraRank: fields.number('kv_lora_rank'), qkRopeHeadDim: fields.number('qk_rope_head_dim') };
  const latentHeadDim = fields.number('qk_nope_head_dim') + mla.qkRopeHeadDim;
  const geometry = latentGeometry(fields, { ...base, headDim: latentHeadDim, mla }, attendingLayers.length);
  const recurrent: RecurrentCache = {
    kind: 'recurrent', layers: recurrentLayers.length, states: STATES,
    state: [
      { values: (linear.number('short_conv_kernel_size') - 1) * 3 * heads * headDim },
      { values: heads * headDim * headDim, dtype: 'float32' },
    ],
  };
  return {
    ...geometry,
    caches: [...geometry.caches, recurrent],
    // two projections to one head's width and one to a number for each head
    wholeLinearValues: geometry.wholeLinearValues! + recurrentLayers.length * base.hiddenSize * (2 * headDim + heads),
    parts: [{ what: 'heads of linear attention', count: heads }],
    // vllm/models/kimi_k3/nvidia/model.py, 0.32: min_moe_intermediate_per_partition
    experts: base.experts && { ...base.experts, shardMultiple: fields.optional('min_moe_intermediate_per_partition') ?? 256 },
  };
};
