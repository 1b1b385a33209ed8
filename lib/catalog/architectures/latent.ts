import { cutWidths } from './attention';
import { Adapter, basics, Basics, Geometry } from './geometry';
import { ConfigFields } from './config-fields';
import { AttentionLayer, cachesOf, repeated } from './layers';
import { IndexerCache, LatentCache, LayerCache } from '../layer-cache';

/** vllm/v1/attention/backends/mla/flashmla_sparse.py, 0.32: 512 fp8 values, their 4 scales of 4 bytes, 64 values of 16 bits. */
const PACKED_BYTES = 656;
/** vllm/model_executor/models/deepseek_v2.py, 0.32: an indexer's key of 128 fp8 values and one scale of 4 bytes for each 128. */
const indexerBytes = (headDim: number) => headDim + headDim / 128 * 4;

/** One compressed vector a token and layer, where the file has its widths. */
export function latent(): Adapter {
  return (fields) => {
    const base = latentBasics(fields);
    return base.mla ? latentGeometry(fields, base, base.layers) : plain(fields, base);
  };
}

/** Latent attention to the tokens that an indexer chooses; layers may share the index of an earlier one. */
export function sparseLatent(indexers: (fields: ConfigFields, layers: number) => number): Adapter {
  return (fields) => {
    const base = latentBasics(fields);
    const headDim = fields.number('index_head_dim');
    const heads = fields.number('index_n_heads');
    fields.harmless('index_topk', 'index_topk_freq', 'index_skip_topk_offset', 'index_share_for_mtp_iteration', 'index_topk_pattern',
      'indexer_rope_interleave', 'indexer_types', 'layer_types', 'index_init_layers', 'index_local_layers');
    const owners = indexers(fields, base.layers);
    const indexer: IndexerCache = { kind: 'indexer', layers: owners, bytesPerToken: indexerBytes(headDim) };
    const geometry = latentGeometry(fields, base, base.layers, PACKED_BYTES);
    const index = owners * (fields.number('q_lora_rank') * heads * headDim + base.hiddenSize * (headDim + heads));
    return {
      ...geometry, caches: [...geometry.caches, indexer],
      wholeLinearValues: geometry.wholeLinearValues! + index,
    };
  };
}

type LatentBasics = Basics & Pick<Geometry, 'mla'>;

function latentBasics(fields: ConfigFields): LatentBasics {
  const base = basics(fields);
  fields.harmless('head_dim', 'qk_head_dim', 'num_key_value_heads', 'v_head_dim', 'num_nextn_predict_layers', 'n_shared_experts', 'mla_use_nope',
    'use_mla', 'use_mla_lora', 'kv_lora_rank', 'q_lora_rank', 'qk_nope_head_dim', 'qk_rope_head_dim', 'num_mtp_layers');
  const kvLoraRank = fields.optional('kv_lora_rank', 'attention_kv_lora_dim');
  if (!kvLoraRank) {
    return base;
  }
  const qkRopeHeadDim = fields.number('qk_rope_head_dim', 'attention_qk_rope_dim');
  const nope = fields.number('qk_nope_head_dim', 'attention_qk_dim');
  return { ...base, headDim: nope + qkRopeHeadDim, mla: { kvLoraRank, qkRopeHeadDim } };
}

export function latentGeometry(fields: ConfigFields, base: LatentBasics, attending: number, packedBytes?: number): Geometry {
  const { kvLoraRank, qkRopeHeadDim } = base.mla!;
  const values = kvLoraRank + qkRopeHeadDim;
  const vectors: LatentCache = { kind: 'latent', layers: attending, values, packedBytes };
  const down = values + (fields.optional('q_lora_rank', 'attention_q_lora_dim') ?? 0);
  const outputs = base.attentionHeads * (fields.optional('v_head_dim', 'attention_v_head_dim') ?? base.headDim);
  const widths = cutWidths(fields, base)!.map(cut => cut.what === 'attention\'s output' ? { ...cut, width: outputs } : cut);
  return { ...base, caches: [vectors], latentProjection: values, wholeLinearValues: attending * base.hiddenSize * down, cutWidths: widths };
}

/** DeepSeek's first model caches keys and values. */
function plain(fields: ConfigFields, base: Basics): Geometry {
  const layer: AttentionLayer = { kind: 'full', kvHeads: base.kvHeads, keyDim: base.headDim, valueDim: base.headDim };
  const caches: LayerCache[] = cachesOf(repeated(base.layers, layer));
  return { ...base, caches, cutWidths: cutWidths(fields, base) };
}
