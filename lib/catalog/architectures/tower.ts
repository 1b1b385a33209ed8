import { Geometry } from './geometry';
import { Json } from './config-fields';
import { TensorParallelParts } from '../layer-cache';
import { defaultsOf } from './class-defaults';

/** Towers that vLLM 0.32 cuts like the language model, as runs with several ranks show; of any other each rank may hold a copy. */
const CUT = new Set(`
  AriaForConditionalGeneration CLIPModel Cohere2VisionForConditionalGeneration ColPaliForRetrieval Cosmos3EdgeForConditionalGeneration
  Exaone4_5_ForConditionalGeneration Gemma3ForConditionalGeneration Glm4vForConditionalGeneration Glm4vMoeForConditionalGeneration
  GlmAsrForConditionalGeneration GlmOcrForConditionalGeneration Idefics3ForConditionalGeneration KimiK25ForConditionalGeneration
  KimiVLForConditionalGeneration Llama4ForConditionalGeneration LlavaForConditionalGeneration LlavaNextForConditionalGeneration
  LlavaNextVideoForConditionalGeneration LlavaOnevisionForConditionalGeneration MiniCPMV4_6ForConditionalGeneration
  MiniCPMV4_7ForConditionalGeneration Mistral3ForConditionalGeneration PaddleOCRVLForConditionalGeneration
  PaliGemmaForConditionalGeneration Qwen2VLForConditionalGeneration Qwen2_5_VLForConditionalGeneration Qwen3ASRForConditionalGeneration
  Qwen3VLForConditionalGeneration Qwen3VLMoeForConditionalGeneration Qwen3_5ForConditionalGeneration Qwen3_5MoeForConditionalGeneration
  SmolVLMForConditionalGeneration`.trim().split(/\s+/));
/** Towers that a rank holds whole, so that their heads need not be divided: built of layers that are not cut (the same runs). */
const WHOLE = new Set(`
  AudioFlamingo3ForConditionalGeneration DiffusionGemmaForBlockDiffusion Gemma4ForConditionalGeneration
  Gemma4UnifiedForConditionalGeneration InternS1ForConditionalGeneration InternVLForConditionalGeneration
  MuseGlimmerForConditionalGeneration Qwen2AudioForConditionalGeneration VoxtralForConditionalGeneration`.trim().split(/\s+/));
const TOWERS = ['vision_config', 'audio_config', 'encoder_config', 'vision_encoder_config', 'audio_encoder_config', 'vit_config'];
const LAYERS = ['num_hidden_layers', 'depth', 'num_layers', 'encoder_layers', 'n_layer', 'layers'];
const WIDTH = ['hidden_size', 'embed_dim', 'd_model', 'width', 'hidden_dim', 'output_dim'];
const FEED_FORWARD = ['intermediate_size', 'encoder_ffn_dim', 'mlp_hidden_dim', 'vt_intermediate_size'];
const HEADS = ['num_attention_heads', 'num_heads', 'encoder_attention_heads', 'vt_num_attention_heads', 'heads'];

/** In the file, else the default of the tower's class. */
function first(config: Json, names: readonly string[]): number | undefined {
  const whole = { ...defaultsOf(String(config.model_type ?? '')), ...config };
  return names.map(name => whole[name]).find(value => typeof value === 'number') as number | undefined;
}

/** Every object in the file that describes a tower, also inside of another one. */
export function towersOf(root: Json): Json[] {
  const inner = [root, root.thinker_config as Json | undefined].filter(config => config !== undefined && config !== null);
  return inner.flatMap(config => TOWERS.map(name => config[name])).filter((tower): tower is Json => typeof tower === 'object' && tower !== null);
}

/** Heads that have to be divided, or bytes that every rank holds, of the towers beside a language model. */
export function towerFacts(architecture: string, root: Json): Pick<Geometry, 'parts' | 'wholeBytes'> {
  const towers = towersOf(root);
  const wholeBytes = CUT.has(architecture) ? 0 : towers.reduce((sum, tower) => sum + 2 * valuesOf(tower), 0);
  return { wholeBytes, parts: WHOLE.has(architecture) ? [] : towers.flatMap(partsOf) };
}

function partsOf(tower: Json): TensorParallelParts[] {
  return [
    ...parts('heads of the tower', first(tower, HEADS)),
    ...parts('columns of the tower\'s feed-forward layer', first(tower, FEED_FORWARD)),
    ...parts('outputs of the tower', outputOf(tower)),
  ];
}

function parts(what: string, count: number | undefined): TensorParallelParts[] {
  return count === undefined ? [] : [{ what, count }];
}

/** vllm/model_executor/models/granite_speech.py, 0.32: an output that is cut as well. */
function outputOf(tower: Json): number | undefined {
  return String(tower.model_type).startsWith('granite_speech') ? first(tower, ['output_dim']) : undefined;
}

/** Attention and a feed-forward layer of three matrices in each layer. */
function valuesOf(tower: Json): number {
  const width = first(tower, WIDTH) ?? 0;
  return (first(tower, LAYERS) ?? 0) * width * (4 * width + 3 * (first(tower, FEED_FORWARD) ?? 4 * width));
}
