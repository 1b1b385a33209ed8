import { ModelProps } from '../model-props';

// Shapes: Lightning-AI/litgpt litgpt/config.py@26857050fe; Gemma 4: huggingface/transformers models/gemma4 and the text_config of
// https://huggingface.co/google/gemma-4-31B-it and https://huggingface.co/google/gemma-4-26B-A4B-it.
// Weights: metadata.total_size of model.safetensors.index.json, which is 2 bytes for every parameter of these shapes (tested) and,
// from Gemma 3 4B up, 834 MB for the vision tower besides. Gemma 4: kaito-project/kaito model_catalog.yaml@056b8280b1a8, rounded up.
// No float16 for Gemma 2 and 3: vllm/config/model.py, _FLOAT16_NOT_SUPPORTED_MODELS, 0.32.
// Gemma 4 E2B and E4B are left out: their per-layer embeddings and shared keys and values are not in ModelProps.

export const GEMMA_1_1_7B_IT: ModelProps = {
  id: 'google/gemma-1.1-7b-it', architecture: 'GemmaForCausalLM',
  layers: 28, hiddenSize: 3072, intermediateSize: 24576, attentionHeads: 16, kvHeads: 16, headDim: 256, vocabSize: 256000,
  maxModelLen: 8192, dtype: 'bfloat16', weightsBytes: 17075361792, linearWeightBytes: 15502147584, tieWordEmbeddings: true, gated: true,
};

const GEMMA_2 = {
  architecture: 'Gemma2ForCausalLM', vocabSize: 256000, maxModelLen: 8192, dtype: 'bfloat16', tieWordEmbeddings: true, gated: true,
  slidingWindow: 4096, finalLogitSoftcapping: true, supportsFloat16: false,
} satisfies Partial<ModelProps>;

export const GEMMA_2_9B_IT: ModelProps = {
  ...GEMMA_2, id: 'google/gemma-2-9b-it', revision: '11c9b309abf73637e4b6f9a3fa1e92e615547819',
  layers: 42, hiddenSize: 3584, intermediateSize: 14336, attentionHeads: 16, kvHeads: 8, headDim: 256, slidingLayers: 21,
  weightsBytes: 18483411968, linearWeightBytes: 16647192576,
};

export const GEMMA_2_27B_IT: ModelProps = {
  ...GEMMA_2, id: 'google/gemma-2-27b-it',
  layers: 46, hiddenSize: 4608, intermediateSize: 36864, attentionHeads: 32, kvHeads: 16, headDim: 128, slidingLayers: 23,
  weightsBytes: 54454256640, linearWeightBytes: 52093255680,
};

export const GEMMA_3_1B_IT: ModelProps = {
  id: 'google/gemma-3-1b-it', architecture: 'Gemma3ForCausalLM',
  layers: 26, hiddenSize: 1152, intermediateSize: 6912, attentionHeads: 4, kvHeads: 1, headDim: 256, vocabSize: 262144,
  maxModelLen: 32768, dtype: 'bfloat16', weightsBytes: 1999771904, linearWeightBytes: 1395523584, tieWordEmbeddings: true, gated: true,
  slidingWindow: 512, slidingLayers: 22, supportsFloat16: false,
};

const GEMMA_3 = {
  architecture: 'Gemma3ForConditionalGeneration', vocabSize: 262208, maxModelLen: 131072, dtype: 'bfloat16', tieWordEmbeddings: true,
  gated: true, slidingWindow: 1024, supportsFloat16: false, multimodal: true,
} satisfies Partial<ModelProps>;

export const GEMMA_3_4B_IT: ModelProps = {
  ...GEMMA_3, id: 'google/gemma-3-4b-it',
  layers: 34, hiddenSize: 2560, intermediateSize: 10240, attentionHeads: 8, kvHeads: 4, headDim: 256, slidingLayers: 29,
  weightsBytes: 8600158944, linearWeightBytes: 6417285120,
};

export const GEMMA_3_12B_IT: ModelProps = {
  ...GEMMA_3, id: 'google/gemma-3-12b-it',
  layers: 48, hiddenSize: 3840, intermediateSize: 15360, attentionHeads: 16, kvHeads: 8, headDim: 256, slidingLayers: 40,
  weightsBytes: 24374650080, linearWeightBytes: 21516779520,
};

export const GEMMA_3_27B_IT: ModelProps = {
  ...GEMMA_3, id: 'google/gemma-3-27b-it', revision: '005ad3404e59d6023443cb575daa05336842228a',
  layers: 62, hiddenSize: 5376, intermediateSize: 21504, attentionHeads: 32, kvHeads: 16, headDim: 128, slidingLayers: 52,
  weightsBytes: 54864813280, linearWeightBytes: 51196723200,
};

// The full-attention layers have keys and values of their own shape. They ship no value weights: vLLM loads the key weights twice,
// which adds 220 MB (31B) and 29 MB (26B) to the checkpoint's 58.26 and 48.08 GiB
const GEMMA_4 = {
  architecture: 'Gemma4ForConditionalGeneration', headDim: 256, globalHeadDim: 512, vocabSize: 262144, maxModelLen: 262144, dtype: 'bfloat16',
  tieWordEmbeddings: true, gated: false, slidingWindow: 1024, finalLogitSoftcapping: true, multimodal: true,
} satisfies Partial<ModelProps>;

// vLLM 0.32 gives each rank the whole tower: a feed-forward layer of three matrices and four of attention in each layer
const GEMMA_4_TOWER_BYTES = 2 * 27 * 1152 * (4 * 1152 + 3 * 4304);

export const GEMMA_4_26B_A4B_IT: ModelProps = {
  ...GEMMA_4, id: 'google/gemma-4-26B-A4B-it',
  layers: 30, hiddenSize: 2816, intermediateSize: 2112, attentionHeads: 16, kvHeads: 8, globalKvHeads: 2, slidingLayers: 25,
  weightsBytes: 51654343000, experts: { count: 128, perToken: 8, intermediateSize: 704 },
  wholeWeightBytes: GEMMA_4_TOWER_BYTES + 30 * 2816 * 128 * 4,
};

export const GEMMA_4_31B_IT: ModelProps = {
  ...GEMMA_4, id: 'google/gemma-4-31B-it',
  layers: 60, hiddenSize: 5376, intermediateSize: 21504, attentionHeads: 32, kvHeads: 16, globalKvHeads: 4, slidingLayers: 50,
  weightsBytes: 62776400000, linearWeightBytes: 58793656320, wholeWeightBytes: GEMMA_4_TOWER_BYTES,
};
