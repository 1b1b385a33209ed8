import { cutWidths } from './attention';
import { Adapter, basics, Geometry } from './geometry';
import { ConfigFields } from './config-fields';
import { AttentionLayer, cachesOf, repeated } from './layers';

/** Models that read their whole text at once: nothing is cached. */
export const ENCODER_ONLY: Adapter = (fields) => {
  const base = basics(fields);
  fields.harmless('layer_types', 'sliding_window', 'local_attention', 'global_attn_every_n_layers', 'type_vocab_size', 'layer_norm_eps', 'is_decoder',
    'add_cross_attention', 'cross_attention_hidden_size', 'num_labels', 'head_type', 'n_inner', 'window_size');
  const layer: AttentionLayer = { kind: 'none', kvHeads: base.kvHeads, keyDim: base.headDim, valueDim: base.headDim };
  return { ...base, caches: cachesOf(repeated(base.layers, layer)), cutWidths: cutWidths(fields, base) };
};

/** vllm/model_executor/models/whisper.py, 0.32: each layer of the decoder attends to its text and to the encoder's output. */
export const WHISPER: Adapter = (fields) => {
  const layers = fields.number('decoder_layers');
  const heads = fields.number('decoder_attention_heads');
  const hiddenSize = fields.number('d_model');
  const encoderHeads = fields.number('encoder_attention_heads');
  fields.harmless('num_hidden_layers', 'encoder_layers', 'encoder_ffn_dim', 'encoder_layerdrop', 'decoder_layerdrop', 'classifier_proj_size', 'use_weighted_layer_sum');
  const layer = { kvHeads: heads, keyDim: hiddenSize / heads, valueDim: hiddenSize / heads };
  return {
    layers, hiddenSize, intermediateSize: fields.number('decoder_ffn_dim'), attentionHeads: heads, kvHeads: heads, headDim: hiddenSize / heads,
    vocabSize: fields.number('vocab_size'),
    caches: [{ kind: 'full', layers, ...layer }, { kind: 'cross', layers, ...layer }],
    parts: encoderHeads === heads ? [] : [{ what: 'heads of the encoder', count: encoderHeads }],
    ...whole(fields, hiddenSize),
  };
};

/** Embeddings of positions and the convolutions before the encoder are whole. */
function whole(fields: ConfigFields, hiddenSize: number): Pick<Geometry, 'wholeBytes'> {
  const positions = (fields.optional('max_source_positions') ?? 0) + (fields.optional('max_target_positions') ?? 0);
  const convolutions = 3 * hiddenSize * ((fields.optional('num_mel_bins') ?? 0) + hiddenSize);
  return { wholeBytes: 2 * (positions * hiddenSize + convolutions) };
}
