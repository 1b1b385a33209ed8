import { attention } from './attention';
import { ENCODER_ONLY, WHISPER } from './encoders';
import { EMBEDDING_GEMMA_2, GEMMA_2, GEMMA_3, GEMMA_3N, GEMMA_3_TEXT_MODEL, GEMMA_4 } from './gemma';
import { Adapter } from './geometry';
import { KIMI_LINEAR } from './kimi-linear';
import { latent, sparseLatent } from './latent';
import { FALCON_H1, GATED_DELTA, GRANITE_HYBRID, JAMBA, LFM_2, MAMBA, MAMBA_2, NEMOTRON_H, ZAMBA_2 } from './recurrent';
import { CHATGLM, DBRX, GPT_OSS, HRM_TEXT, LAGUNA, LLAMA_4, MIMO_V2, MINICPM_3, MUSE_GLIMMER, NEMOTRON_NAS, STEP_3, STEP_3_5, withoutPlan } from './special';

// Architecture -> how its class in vLLM 0.32 reads a configuration. The classes are in vllm/model_executor/models and vllm/models, under
// the names that vllm/model_executor/models/registry.py gives them.

type Table = Readonly<Record<string, Adapter>>;

function each(adapter: Adapter, names: string): Table {
  return Object.fromEntries(names.trim().split(/\s+/).map(name => [name, adapter]));
}

/** All layers have the window of the file or none; a mixture is not looked at. */
const PLAIN = attention({ layerTypes: 'ignored' });
/** vllm/model_executor/models/qwen2.py: a mixture is an assertion. */
const UNIFORM = attention({ layerTypes: 'uniform' });
/** Layers as the file lists them. */
const LISTED = attention();
const EVERY_FOURTH = attention({ pattern: { every: 4, full: 'last' } });
/** vllm/model_executor/models/commandr.py: a token sees its window and itself. */
const COHERE_2 = attention({ pattern: { every: 4, full: 'last' }, more: 1 });
const FIRST_OF_FOUR = attention({ pattern: { every: 4, full: 'first' } });
const LATENT = latent();
const EVERY_INDEXER = sparseLatent((_, layers) => layers);
const OWN_INDEXERS = sparseLatent((fields, layers) =>
  fields.list<string>('indexer_types')?.slice(0, layers).filter(type => type !== 'shared').length ?? layers);

const TEXT: Table = {
  ...each(PLAIN, `
    BailingMoeForCausalLM BailingMoeV2ForCausalLM BloomForCausalLM CohereForCausalLM
    DeepseekForCausalLM Ernie4_5ForCausalLM Ernie4_5_MoeForCausalLM ExaoneForCausalLM FalconForCausalLM GemmaForCausalLM Glm4ForCausalLM
    Glm4MoeForCausalLM GPT2LMHeadModel GPTJForCausalLM HYV3ForCausalLM HyperCLOVAXForCausalLM InternLM2ForCausalLM MiniCPMForCausalLM
    MixtralForCausalLM NemotronForCausalLM OlmoeForCausalLM OPTForCausalLM OrionForCausalLM Phi3ForCausalLM PhiMoEForCausalLM
    Qwen2MoeForCausalLM Qwen3MoeForCausalLM SolarForCausalLM StableLmForCausalLM TeleChat2ForCausalLM TeleFLMForCausalLM MiniMaxM2ForCausalLM
    Step1ForCausalLM PanguEmbeddedForCausalLM`),
  ...each(UNIFORM, 'Qwen2ForCausalLM Qwen3ForCausalLM MiMoForCausalLM'),
  ...each(LISTED, `
    ApertusForCausalLM GraniteForCausalLM GraniteMoeForCausalLM GraniteMoeSharedForCausalLM InternLM3ForCausalLM IQuestCoderForCausalLM
    LlamaForCausalLM LLaMAForCausalLM Ministral3ForCausalLM MistralForCausalLM TeleChat3ForCausalLM`),
  ...each(LAGUNA, 'LagunaForCausalLM'),
  ...each(EVERY_FOURTH, 'AfmoeForCausalLM Exaone4ForCausalLM ExaoneMoeForCausalLM ExaoneMoEForCausalLM'),
  ...each(FIRST_OF_FOUR, 'GraniteSWAForCausalLM GraniteMoeSWAForCausalLM'),
  ...each(COHERE_2, 'Cohere2ForCausalLM Cohere2MoeForCausalLM'),
  ...each(GEMMA_2, 'Gemma2ForCausalLM VaultGemmaForCausalLM'),
  ...each(GEMMA_3, 'Gemma3ForCausalLM'),
  ...each(GEMMA_3N, 'Gemma3nForCausalLM'),
  ...each(GEMMA_4, 'Gemma4ForCausalLM'),
  ...each(LLAMA_4, 'Llama4ForCausalLM'),
  ...each(GPT_OSS, 'GptOssForCausalLM'),
  ...each(MIMO_V2, 'MiMoV2FlashForCausalLM MiMoV2ForCausalLM'),
  ...each(STEP_3, 'Step3TextForCausalLM'),
  ...each(STEP_3_5, 'Step3p5ForCausalLM'),
  ...each(MINICPM_3, 'MiniCPM3ForCausalLM'),
  ...each(NEMOTRON_NAS, 'DeciLMForCausalLM'),
  ...each(CHATGLM, 'ChatGLMModel ChatGLMForConditionalGeneration GLM4VForCausalLM'),
  ...each(DBRX, 'DbrxForCausalLM'),
  ...each(HRM_TEXT, 'HrmTextForCausalLM'),
  ...each(MUSE_GLIMMER, 'MuseGlimmerForCausalLM'),
  ...each(LATENT, `
    AXK1ForCausalLM DeepseekV2ForCausalLM DeepseekV3ForCausalLM Glm4MoeLiteForCausalLM PanguUltraMoEForCausalLM SarvamMLAForCausalLM
    MistralLarge3ForCausalLM DeepseekV3BidirectionalModel`),
  ...each(EVERY_INDEXER, 'DeepseekV32ForCausalLM'),
  ...each(OWN_INDEXERS, 'GlmMoeDsaForCausalLM HYV4ForCausalLM'),
  ...each(GATED_DELTA, 'Qwen3NextForCausalLM Qwen3_5ForCausalLM Qwen3_5MoeForCausalLM OlmoHybridForCausalLM'),
  ...each(NEMOTRON_H, 'NemotronHForCausalLM'),
  ...each(GRANITE_HYBRID, 'GraniteMoeHybridForCausalLM'),
  ...each(FALCON_H1, 'FalconH1ForCausalLM'),
  ...each(ZAMBA_2, 'Zamba2ForCausalLM'),
  ...each(JAMBA, 'JambaForCausalLM JambaForSequenceClassification'),
  ...each(LFM_2, 'Lfm2ForCausalLM Lfm2MoeForCausalLM ColBERTLfm2Model'),
  ...each(KIMI_LINEAR, 'KimiLinearForCausalLM'),
  ...each(MAMBA, 'MambaForCausalLM FalconMambaForCausalLM'),
  ...each(MAMBA_2, 'Mamba2ForCausalLM'),
};

/** vllm/model_executor/models/transformers, 0.32: classes of transformers that vLLM runs with its own attention. */
const OF_TRANSFORMERS: Table = {
  ...each(LISTED, `
    ArceeForCausalLM FlexOlmoForCausalLM GlmForCausalLM HunYuanDenseV1ForCausalLM HunYuanMoEV1ForCausalLM Jais2ForCausalLM MellumForCausalLM
    NanbeigeForCausalLM OlmoForCausalLM Olmo2ForCausalLM PhiForCausalLM SeedOssForCausalLM SmolLM3ForCausalLM Starcoder2ForCausalLM`),
  ...each(EVERY_FOURTH, 'Olmo3ForCausalLM'),
  ...each(FIRST_OF_FOUR, 'CwmForCausalLM'),
  ...each(withoutPlan(LISTED), 'GPTBigCodeForCausalLM GPTNeoXForCausalLM'),
};

/** Decoders that make embeddings, scores or labels. */
const POOLING: Table = {
  ...each(LISTED, 'LlamaModel MistralModel'),
  ...each(UNIFORM, 'Qwen2Model Qwen2ForRewardModel Qwen2ForProcessRewardModel'),
  ...each(PLAIN, 'InternLM2ForRewardModel GPT2ForSequenceClassification'),
  ...each(GEMMA_2, 'Gemma2Model'),
  ...each(GEMMA_3_TEXT_MODEL, 'Gemma3TextModel'),
  ...each(EMBEDDING_GEMMA_2, 'EmbeddingGemma2Model'),
};

const ENCODERS: Table = {
  ...each(ENCODER_ONLY, `
    BertModel BertForMaskedLM BertSpladeSparseEmbeddingModel BertForTokenClassification BertForSequenceClassification BgeM3EmbeddingModel
    ColBERTJinaRobertaModel ColBERTModernBertModel GteModel GteNewModel GteNewForSequenceClassification HF_ColBERT LlamaBidirectionalModel
    LlamaBidirectionalForSequenceClassification ModernBertModel ModernBertForTokenClassification ModernBertForSequenceClassification
    NomicBertModel OpenAIPrivacyFilterForTokenClassification RobertaModel RobertaForMaskedLM RobertaForTokenClassification
    RobertaForSequenceClassification SiglipModel XLMRobertaModel XLMRobertaForTokenClassification XLMRobertaForSequenceClassification`),
  ...each(WHISPER, 'WhisperForConditionalGeneration'),
};

/** Models with a tower whose language model is always the same class. */
const WITH_TOWER: Table = {
  ...each(PLAIN, `
    AriaForConditionalGeneration CLIPModel Cosmos3EdgeForConditionalGeneration
    Glm4vForConditionalGeneration Glm4vMoeForConditionalGeneration GlmOcrForConditionalGeneration PaddleOCRVLForConditionalGeneration
    PaliGemmaForConditionalGeneration ColPaliForRetrieval Phi3VForCausalLM Qwen3VLMoeForConditionalGeneration
    Qwen3OmniMoeForConditionalGeneration Ernie4_5_VLMoeForConditionalGeneration`),
  ...each(UNIFORM, `
    Cosmos3ForConditionalGeneration Qwen2VLForConditionalGeneration Qwen2_5_VLForConditionalGeneration Qwen2AudioForConditionalGeneration
    Qwen2_5OmniModel Qwen2_5OmniForConditionalGeneration Qwen3ASRForConditionalGeneration Qwen3ASRRealtimeGeneration
    Qwen3VLForConditionalGeneration DotsOCRForCausalLM OpenCUAForConditionalGeneration`),
  ...each(EVERY_FOURTH, 'Exaone4_5_ForConditionalGeneration'),
  ...each(COHERE_2, 'Cohere2VisionForConditionalGeneration'),
  ...each(GEMMA_3, 'Gemma3ForConditionalGeneration'),
  ...each(GEMMA_3N, 'Gemma3nForConditionalGeneration'),
  ...each(GEMMA_4, 'Gemma4ForConditionalGeneration Gemma4UnifiedForConditionalGeneration DiffusionGemmaForBlockDiffusion'),
  ...each(LLAMA_4, 'Llama4ForConditionalGeneration'),
  ...each(MUSE_GLIMMER, 'MuseGlimmerForConditionalGeneration'),
  ...each(LISTED, 'Emu3ForConditionalGeneration HunYuanVLForConditionalGeneration VibeVoiceAsrForConditionalGeneration'),
  ...each(STEP_3_5, 'Step3p7ForConditionalGeneration'),
  ...each(LATENT, 'KimiVLForConditionalGeneration KimiK25ForConditionalGeneration'),
  ...each(GATED_DELTA, `
    Qwen3_5ForConditionalGeneration Qwen3_5MoeForConditionalGeneration MiniCPMV4_6ForConditionalGeneration
    MiniCPMV4_7ForConditionalGeneration`),
  ...each(LFM_2, 'Lfm2VlForConditionalGeneration'),
  ...each(NEMOTRON_H, 'NemotronH_Nano_VL_V2 NemotronH_Omni_Reasoning_V3 NemotronH_Nano_Omni_Reasoning_V3 NemotronH_Super_Omni_Reasoning_V3'),
};

/** Models with a tower that take whatever language model `text_config` names. */
const OF_ANY_TEXT = new Set(`
  AudioFlamingo3ForConditionalGeneration Blip2ForConditionalGeneration GlmAsrForConditionalGeneration GraniteSpeechForConditionalGeneration
  GraniteSpeechPlusForConditionalGeneration Granite4VisionForConditionalGeneration Idefics3ForConditionalGeneration InternVLChatModel
  InternS1ForConditionalGeneration InternVLForConditionalGeneration LightOnOCRForConditionalGeneration LlavaForConditionalGeneration
  LlavaNextForConditionalGeneration LlavaNextVideoForConditionalGeneration LlavaOnevisionForConditionalGeneration
  Mistral3ForConditionalGeneration SmolVLMForConditionalGeneration VoxtralForConditionalGeneration PixtralForConditionalGeneration
  QianfanOCRForConditionalGeneration`
  .trim().split(/\s+/));

/** transformers 5.19, models/auto/modeling_auto.py, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES: the class of a `text_config` that names none. */
const CLASS_OF_TYPE: Readonly<Record<string, string>> = {
  cohere: 'CohereForCausalLM', cohere2: 'Cohere2ForCausalLM', gemma: 'GemmaForCausalLM', gemma2: 'Gemma2ForCausalLM', gemma3_text: 'Gemma3ForCausalLM',
  glm: 'GlmForCausalLM', glm4: 'Glm4ForCausalLM', gpt_oss: 'GptOssForCausalLM', granite: 'GraniteForCausalLM', granitemoe: 'GraniteMoeForCausalLM',
  granitemoehybrid: 'GraniteMoeHybridForCausalLM', internlm2: 'InternLM2ForCausalLM', llama: 'LlamaForCausalLM', ministral3: 'Ministral3ForCausalLM',
  mistral: 'MistralForCausalLM', mixtral: 'MixtralForCausalLM', opt: 'OPTForCausalLM', phi: 'PhiForCausalLM', phi3: 'Phi3ForCausalLM',
  qwen2: 'Qwen2ForCausalLM', qwen2_moe: 'Qwen2MoeForCausalLM', qwen3: 'Qwen3ForCausalLM', qwen3_moe: 'Qwen3MoeForCausalLM',
  smollm3: 'SmolLM3ForCausalLM', deepseek_v2: 'DeepseekV2ForCausalLM', deepseek_v3: 'DeepseekV3ForCausalLM', smolvlm: 'LlamaForCausalLM',
};

/** Caches that the allocator here does not know: groups packed block by block, states of several sizes, windows of convolutions. */
const PACKED = 'packs caches of several kinds into one block, a layout that cannot be planned yet';
export const NOT_PLANNED_YET: Readonly<Record<string, string>> = {
  DeepseekV4ForCausalLM: PACKED, DeepseekV4ForConditionalGeneration: PACKED, DeepseekV41ForCausalLM: PACKED, InklingForCausalLM: PACKED,
  InklingForConditionalGeneration: PACKED, Qwen4ExpForCausalLM: PACKED, Qwen4ExpForConditionalGeneration: PACKED,
  MiniMaxM3SparseForCausalLM: PACKED, MiniMaxM3SparseForConditionalGeneration: PACKED,
};

const BY_NAME: Table = { ...TEXT, ...OF_TRANSFORMERS, ...POOLING, ...ENCODERS, ...WITH_TOWER };

/** The adapter of an architecture; for some with a tower that of its language model. */
export function adapterOf(architecture: string, text: { readonly architecture?: string; readonly modelType: string }): Adapter | undefined {
  if (!OF_ANY_TEXT.has(architecture)) {
    return Object.hasOwn(BY_NAME, architecture) ? BY_NAME[architecture] : undefined;
  }
  const name = text.architecture ?? CLASS_OF_TYPE[text.modelType] ?? '';
  return Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
}

/** Every architecture that has an adapter. */
export function architecturesWithAdapter(): string[] {
  return [...Object.keys(BY_NAME), ...OF_ANY_TEXT].sort();
}
