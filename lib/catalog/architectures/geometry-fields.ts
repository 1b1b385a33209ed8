import { ConfigFields, Json } from './config-fields';

/** Names that speak of what is cached, and of how it is divided. */
const GEOMETRY = new RegExp([
  'layer', 'pattern', 'window', 'sliding', 'swa', 'chunk', 'lora_rank', 'index', 'compress', 'mamba', 'ssm', 'state', 'linear', 'conv', 'shared',
  'cross', 'head_dim', 'v_head', 'head_size', '(?<!use_)group(?!ed)', 'block_config', 'heads', 'n_head', 'latent', 'recurrent', 'kv_cache',
  '(^|_)kv(_|$)',
].join('|'), 'i');

/** Fields that change neither what is cached nor what is cut, by the reason. */
const HARMLESS: Readonly<Record<string, RegExp>> = {
  normalization: /layer_?norm|_norm_eps$|layers?_scale|layerscale|^use_qk_norm$|^qk_norm$|^use_query_key_norm$/i,
  training: /dropout|layerdrop|drop_path|^initializer|_init_|_init$/,
  positions: /rotary|rope/,
  biases: /bias/,
  tokens: new RegExp('^(image|video|audio|vision|pad|bos|eos|boi|eoi|boa|eoa|timestamp|speech|fake|ignore|user|assistant|patch|sep|cls|mask)_'
    + '.*(index|ids?)$|ignore_index$'),
  'transformers alone': new RegExp('^(output_hidden_states|use_cache|chunk_size_feed_forward|tie_encoder_decoder|is_encoder_decoder|head_type'
    + '|cross_attention_hidden_size|add_cross_attention|cache_implementation|num_labels|type_vocab_size|layer_scale_initial_scale)$'),
  'prediction layers, which a plain server does not load': /^num_nextn_predict_layers$|^mtp_|^num_mtp|^num_speculative/,
  'the shared expert, which is weights': new RegExp('^((moe_)?shared_expert_intermediate_size|(n|num|moe_num)_shared_experts?'
    + '|shared_intermediate_size|shared_expert_combination_strategy)$'),
  'which layers have experts, which is weights': new RegExp('^(first_k_dense_replace|moe_layer_freq|num_dense_layers|mlp_layer_types'
    + '|moe_layers_enum|mlp_only_layers|moe_layer_(start|end)_index|expert_layer_(offset|period)|moe_layer_interval|interleave_moe_layer_step)$'),
  'how tokens find their experts': /^(n_group|topk_group|num_expert_groups?|use_grouped_topk)$/,
  output: /^(final|attn|router)_logit_softcapping$|^logits?_|_softcap/,
  'scale of scores': /^(query_pre_attn_scalar|attention_multiplier|key_multiplier|attn_temperature_tuning|floor_scale|attn_scale)$/,
  'read together with the window': /^(max_window_layers|use_sliding_window|prefix_dense_sliding_window_pattern)$/,
  'heads for other tasks': /^(classifier|summary|score|pooler|pooling|projector|connector|text_projection)_/,
  'flags of old architectures': /^alibi|parallel_attn$|^multi_query$|^new_decoder_architecture$|^apply_residual_connection_post_layernorm$/,
  'low ranks of weights alone': /^q_lora_rank$/,
  'which output of the tower is taken': /^(feature_layer|(vision|audio)_feature_layer|vision_feature_select_strategy|select_layer|deepstack.*)$/,
  'read by no class of vLLM': /^(insert_layer_id|drop_vision_last_layer|order_of_interleaved_layers|layer_switch|scale_attn_by_inverse_layer_idx)$/,
  'read with the quantization': /^(quantization|compression)_config$/,
};

/** Root fields of a model with a tower, beside those of its language model. */
const OF_TOWERS = new RegExp('^(projector|vision|image|video|audio|mm_|visual|speech|connector|multi_?modal|resampler|downsample|num_query|qformer'
  + '|window_size|has_lora|patch|spatial)');

/**
 * Tomorrow's field is a refusal, not a wrong number.
 *
 * @param root the whole file, where the language model is only a part of it
 * @throws on a field whose name speaks of geometry, that is not null, that nobody has read and that no table calls harmless
 */
export function checkFieldsRead(architecture: string, fields: ConfigFields, root?: Json): void {
  const beside = Object.keys(root ?? {}).filter(name => !Object.hasOwn(fields.json, name) && !OF_TOWERS.test(name))
    .filter(name => root![name] !== null && typeof root![name] !== 'object');
  const unread = [...fields.unread, ...beside].find(name => GEOMETRY.test(name) && !isHarmless(name));
  if (unread !== undefined) {
    const value = JSON.stringify(unread.split('.').reduce<unknown>((json, name) => (json as Json | undefined)?.[name], fields.json) ?? root?.[unread]);
    throw fields.refuse(`'${unread}' (${value.slice(0, 60)}) speaks of the model's geometry, and the adapter of ${architecture} does not read it, `
      + 'so that a plan might be too small. Describe the model with Model.of(...), or take a release of cdk8s-vllm that knows the field.');
  }
}

function isHarmless(name: string): boolean {
  // of a field inside of an object its own name counts
  const own = name.split('.').at(-1)!;
  return Object.values(HARMLESS).some(pattern => pattern.test(own));
}
