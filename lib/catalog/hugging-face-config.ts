import { defaultsOf } from './architectures/class-defaults';
import { Geometry } from './architectures/geometry';
import { readArchitecture } from './architectures/read-architecture';
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
/** vllm/config/model.py, _FLOAT16_NOT_SUPPORTED_MODELS, 0.32. */
const NOT_IN_FLOAT16 = ['gemma2', 'gemma3', 'gemma3_text', 'glm4'];

const PREDICTING = ['num_nextn_predict_layers', 'num_mtp_layers', 'mtp_num_hidden_layers'];
const TOWER_TENSOR = /vision|visual|audio/;

/** A `config.json`, read as vLLM reads it. Models with a tower keep the language model's fields in `text_config`. */
export class HuggingFaceConfig {
  private readonly text: Json;
  private read?: Geometry;

  constructor(private readonly root: Json, readonly file: string) {
    this.text = textPartOf(root);
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

  /** What the architecture's class makes of the file. */
  get geometry(): Geometry {
    this.read ??= readArchitecture({ architecture: this.architecture, root: this.root, text: this.text, file: this.file });
    return this.read;
  }

  /** Full-attention layers without value weights: vLLM loads the key weights into both places. */
  get sharesKeysAsValues(): boolean {
    return this.text.attention_k_eq_v === true;
  }

  get maxModelLen(): number {
    const lengths = LENGTH_KEYS.map(key => this.optional(key)).filter(length => length !== undefined);
    // 2048 is what vLLM assumes
    const length = this.optional('model_max_length') ?? (lengths.length > 0 ? Math.min(...lengths) : this.defaultLength ?? 2048);
    // Gemma 3 declares a factor that its length contains already
    if (this.modelType.includes('gemma3')) {
      return length;
    }
    return Math.floor(this.ropeParameters.reduce((scaled, rope) => scaleLength(scaled, length, rope), length));
  }

  private get defaultLength(): number | undefined {
    const defaults = defaultsOf(this.modelType, String(this.root.model_type ?? ''));
    return LENGTH_KEYS.map(key => defaults[key]).find(length => typeof length === 'number') as number | undefined;
  }

  get dtype(): string | undefined {
    return [this.root, this.text].flatMap(config => [config.dtype, config.torch_dtype]).find(dtype => typeof dtype === 'string');
  }

  get tieWordEmbeddings(): boolean {
    const declared = this.text.tie_word_embeddings ?? this.root.tie_word_embeddings;
    return typeof declared === 'boolean' ? declared : TIED_BY_DEFAULT.test(this.modelType);
  }

  get finalLogitSoftcapping(): boolean {
    return (this.optional('final_logit_softcapping') ?? 0) > 0;
  }

  get supportsFloat16(): boolean {
    return !NOT_IN_FLOAT16.includes(String(this.root.model_type));
  }

  /** vllm/transformers_utils/model_arch_config_convertor.py, get_quantization_config, 0.32: its two names, and ModelOpt's own form. */
  get quantizationConfig(): Json | undefined {
    return [this.root, this.text].flatMap(config => [config.quantization_config, config.compression_config])
      .find(config => config !== undefined && config !== null) as Json | undefined;
  }

  get quantization(): string | undefined {
    const declared = this.quantizationConfig;
    const method = (declared?.quant_method as string | undefined)?.toLowerCase().replace('compressed_tensors', 'compressed-tensors').replace(/^auto[-_]round$/, 'inc');
    return method ?? (declared && modelOptMethod(declared, this.file));
  }

  /** vllm/config/utils and the two quantizations that name it: a checkpoint may bring the number format of its cache. */
  get kvCacheDtype(): 'fp8' | undefined {
    const declared = this.quantizationConfig;
    const nested = declared?.quantization as Json | undefined;
    const scheme = (declared?.kv_cache_scheme ?? nested?.kv_cache_scheme) as { num_bits?: unknown; type?: unknown } | undefined | null;
    const algorithm = String(declared?.kv_cache_quant_algo ?? nested?.kv_cache_quant_algo ?? '');
    const eightBits = typeof scheme === 'object' && scheme !== null && scheme.num_bits === 8 && scheme.type === 'float';
    return eightBits || algorithm.toUpperCase() === 'FP8' ? 'fp8' : undefined;
  }

  /** Whether a tensor belongs to the layers that predict further tokens, which a plain server does not load. */
  predicts(tensor: string): boolean {
    const layer = /(?:^|\.)layers\.(\d+)\./.exec(tensor)?.[1];
    const predicting = PREDICTING.some(field => Number(this.text[field]) > 0);
    const beyond = layer !== undefined && !TOWER_TENSOR.test(tensor) && Number(layer) >= this.geometry.layers;
    return /(^|\.)mtp\./.test(tensor) || (predicting && beyond);
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

  private missing(keys: string[]): Error {
    return new Refusal(`${this.file} (model_type '${this.modelType}') has no ${keys.join(' or ')}, without which no plan can be made. `
      + 'Is it the configuration of a language model? Otherwise describe the model with Model.of(...).');
  }
}

/** The same file: a ModelOpt checkpoint names its producer and an algorithm, and no method. */
function modelOptMethod(declared: Json, file: string): string | undefined {
  const nested = (declared.quantization ?? {}) as Json;
  if ((declared.producer as Json | undefined)?.name !== 'modelopt' && nested.modelopt_quant_config === undefined) {
    return undefined;
  }
  const algorithm = String(nested.quant_algo ?? '').toUpperCase();
  if (['FP8', 'FP8_PER_CHANNEL_PER_TOKEN', 'FP8_PB_WO'].includes(algorithm)) {
    return 'modelopt';
  }
  if (algorithm === 'NVFP4') {
    return 'modelopt_fp4';
  }
  throw new Refusal(`${file}: the ModelOpt algorithm '${algorithm}' is none that vLLM knows: FP8, FP8_PER_CHANNEL_PER_TOKEN, FP8_PB_WO, NVFP4. `
    + 'Take another quantization of the model.');
}

/** vllm/transformers_utils/config.py, get_hf_text_config, 0.32, and the classes that name it in their own way. */
const TEXT_PARTS = ['text_config', 'llm_config', 'language_config', 'language_model_config'];

function textPartOf(root: Json): Json {
  const outer = (root.thinker_config as Json | undefined) ?? root;
  const name = TEXT_PARTS.find(part => typeof outer[part] === 'object' && outer[part] !== null);
  return name === undefined ? outer : outer[name] as Json;
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
