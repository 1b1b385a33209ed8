import { Experts, LatentAttention } from './model-props';
import { Refusal } from '../common/refusal';

type Json = Record<string, unknown>;

/** Rope types whose `max_position_embeddings` is the scaled length already (vllm/config/model.py, _get_and_verify_max_len, 0.32). */
const ROPE_TYPES_SCALED_ALREADY = ['su', 'longrope', 'llama3', 'yarn', 'deepseek_yarn', 'deepseek_llama_scaling'];
/** vllm/transformers_utils/model_arch_config_convertor.py, derive_max_model_len_and_key. */
const LENGTH_KEYS = [
  'max_position_embeddings', 'n_positions', 'max_seq_len', 'seq_length', 'model_max_length', 'max_target_positions', 'max_sequence_length',
  'max_seq_length', 'seq_len',
];
/** Where the default of `tie_word_embeddings` is true: huggingface/transformers models/<type>/configuration_<type>.py, 5.23. */
const TIED_BY_DEFAULT = /^(gemma|falcon$|cohere)/;
/** One layer in so many has full attention by default, from the same files. */
const SLIDING_PATTERNS: [RegExp, number][] = [[/^gemma2/, 2], [/^gemma[34]/, 6], [/^gpt_oss/, 2], [/^cohere2/, 4]];
/** Fields that Google's own files of Gemma 3 leave to transformers' defaults, models/gemma3/configuration_gemma3.py, 5.23. */
const GEMMA_3_DEFAULTS = {
  num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256, vocab_size: 262208, max_position_embeddings: 131072,
};
/** vllm/config/model.py, _FLOAT16_NOT_SUPPORTED_MODELS, 0.32. */
const NOT_IN_FLOAT16 = ['gemma2', 'gemma3', 'gemma3_text', 'glm4'];

/** A `config.json`, read as vLLM reads it. Models with a tower keep the language model's fields in `text_config`. */
export class HuggingFaceConfig {
  private readonly text: Json;

  constructor(private readonly root: Json, private readonly file: string) {
    const text = (root.text_config as Json | undefined) ?? root;
    this.text = text.model_type === 'gemma3_text' ? { ...GEMMA_3_DEFAULTS, ...text } : text;
  }

  get nameOrPath(): string | undefined {
    return this.root._name_or_path as string | undefined;
  }

  get architecture(): string {
    const architecture = (this.root.architectures as string[] | undefined)?.[0];
    if (!architecture) {
      throw this.missing(['architectures']);
    }
    return architecture;
  }

  get layers(): number {
    return this.required('num_hidden_layers', 'n_layer', 'num_layers');
  }

  get hiddenSize(): number {
    return this.required('hidden_size', 'n_embd', 'd_model');
  }

  get intermediateSize(): number {
    // Falcon's configurations leave it out: their feed-forward layer is 4 hidden sizes wide
    return this.optional('intermediate_size_mlp', 'intermediate_size', 'ffn_hidden_size', 'n_inner') ?? 4 * this.hiddenSize;
  }

  get attentionHeads(): number {
    return this.required('num_attention_heads', 'n_head');
  }

  get kvHeads(): number {
    if (this.text.multi_query === true && this.text.new_decoder_architecture !== true) {
      return 1;
    }
    return this.optional('n_head_kv', 'num_kv_heads', 'num_key_value_heads') ?? this.attentionHeads;
  }

  get headDim(): number {
    const latent = this.mla && this.optional('qk_nope_head_dim');
    return this.optional('head_dim') || (latent ? latent + this.mla!.qkRopeHeadDim : this.hiddenSize / this.attentionHeads);
  }

  get globalHeadDim(): number | undefined {
    return this.optional('global_head_dim');
  }

  get globalKvHeads(): number | undefined {
    return this.sharesKeysAsValues ? this.optional('num_global_key_value_heads') : undefined;
  }

  /** Full-attention layers without value weights: vLLM loads the key weights into both places. */
  get sharesKeysAsValues(): boolean {
    return this.text.attention_k_eq_v === true;
  }

  get vocabSize(): number {
    return this.required('vocab_size');
  }

  get maxModelLen(): number {
    const lengths = LENGTH_KEYS.map(key => this.optional(key)).filter(length => length !== undefined);
    // 2048 is what vLLM assumes
    const length = this.optional('model_max_length') ?? (lengths.length > 0 ? Math.min(...lengths) : 2048);
    // Gemma 3 declares a factor that its length contains already
    if (this.modelType.includes('gemma3')) {
      return length;
    }
    return Math.floor(this.ropeParameters.reduce((scaled, rope) => scaleLength(scaled, length, rope), length));
  }

  get dtype(): string | undefined {
    return [this.root, this.text].flatMap(config => [config.dtype, config.torch_dtype]).find(dtype => typeof dtype === 'string');
  }

  get tieWordEmbeddings(): boolean {
    const declared = this.text.tie_word_embeddings ?? this.root.tie_word_embeddings;
    return typeof declared === 'boolean' ? declared : TIED_BY_DEFAULT.test(this.modelType);
  }

  get slidingWindow(): number | undefined {
    return this.text.use_sliding_window === false ? undefined : this.optional('sliding_window') || undefined;
  }

  get slidingLayers(): number {
    if (this.slidingWindow === undefined) {
      return 0;
    }
    if (Array.isArray(this.text.layer_types)) {
      return this.text.layer_types.filter(type => type === 'sliding_attention').length;
    }
    if (this.text.use_sliding_window === true) {
      return Math.max(0, this.layers - (this.optional('max_window_layers') ?? this.layers));
    }
    const pattern = this.optional('sliding_window_pattern') ?? SLIDING_PATTERNS.find(([type]) => type.test(this.modelType))?.[1];
    // Without a pattern vLLM gives every layer the window
    return pattern === undefined ? this.layers : this.layers - Math.floor(this.layers / pattern);
  }

  get finalLogitSoftcapping(): boolean {
    return (this.optional('final_logit_softcapping') ?? 0) > 0;
  }

  get supportsFloat16(): boolean {
    return !NOT_IN_FLOAT16.includes(String(this.root.model_type));
  }

  get mla(): LatentAttention | undefined {
    const kvLoraRank = this.optional('kv_lora_rank');
    return kvLoraRank === undefined ? undefined : { kvLoraRank, qkRopeHeadDim: this.required('qk_rope_head_dim') };
  }

  get experts(): Experts | undefined {
    const count = this.optional('num_experts', 'moe_num_experts', 'n_routed_experts', 'num_local_experts');
    if (!count) {
      return undefined;
    }
    return {
      count,
      perToken: this.required('num_experts_per_tok', 'num_experts_per_token', 'top_k_experts', 'moe_top_k'),
      intermediateSize: this.required('moe_intermediate_size', 'intermediate_size'),
    };
  }

  get quantization(): string | undefined {
    const declared = [this.root, this.text].flatMap(config => [config.quantization_config, config.compression_config])
      .find(config => config !== undefined && config !== null) as Json | undefined;
    return (declared?.quant_method as string | undefined)?.toLowerCase().replace('compressed_tensors', 'compressed-tensors');
  }

  get multimodal(): boolean {
    return Boolean(this.root.vision_config ?? this.root.audio_config);
  }

  private get modelType(): string {
    return String(this.text.model_type ?? this.root.model_type ?? '');
  }

  /** One entry for all layers, or one for each layer type. */
  private get ropeParameters(): Json[] {
    const declared = (this.text.rope_parameters ?? this.text.rope_scaling) as Json | undefined | null;
    const nested = Object.values(declared ?? {}).filter(value => typeof value === 'object' && value !== null && !Array.isArray(value));
    return nested.length > 0 ? nested as Json[] : declared ? [declared] : [];
  }

  private optional(...keys: string[]): number | undefined {
    return keys.map(key => this.text[key]).find(value => typeof value === 'number');
  }

  private required(...keys: string[]): number {
    const value = this.optional(...keys);
    if (value === undefined || value <= 0) {
      throw this.missing(keys);
    }
    return value;
  }

  private missing(keys: string[]): Error {
    return new Refusal(`${this.file} (model_type '${this.modelType}') has no ${keys.join(' or ')}, without which no plan can be made. `
      + 'Is it the configuration of a language model? Otherwise describe the model with Model.of(...).');
  }
}

function scaleLength(scaled: number, declared: number, rope: Json): number {
  const type = String(rope.rope_type ?? rope.type ?? 'default');
  const factor = rope.factor;
  if (typeof factor !== 'number') {
    return scaled;
  }
  if (type === 'yarn') {
    // Releases before 0.32 compute it from the original length, 0.32 takes the declared one: the smaller works with all of them
    const original = rope.original_max_position_embeddings;
    return typeof original === 'number' ? Math.min(declared, original * factor) : scaled;
  }
  return ROPE_TYPES_SCALED_ALREADY.includes(type) ? scaled : declared * factor;
}
