import { ModelProps } from '../model-props';

// Shapes: Lightning-AI/litgpt litgpt/config.py@26857050fe. Weights: metadata.total_size of model.safetensors.index.json, which is
// 2 bytes for every parameter of these shapes (tested). Repositories that hold consolidated.safetensors too hold every weight twice.

const MISTRAL_7B = {
  architecture: 'MistralForCausalLM', layers: 32, hiddenSize: 4096, intermediateSize: 14336, attentionHeads: 32, kvHeads: 8, headDim: 128,
  maxModelLen: 32768, dtype: 'bfloat16', linearWeightBytes: 13958643712, tieWordEmbeddings: false,
} satisfies Partial<ModelProps>;

export const MISTRAL_7B_V0_1: ModelProps = {
  ...MISTRAL_7B, id: 'mistralai/Mistral-7B-v0.1', vocabSize: 32000, weightsBytes: 14483464192, slidingWindow: 4096, slidingLayers: 32,
};

export const MISTRAL_7B_INSTRUCT_V0_3: ModelProps = {
  ...MISTRAL_7B, id: 'mistralai/Mistral-7B-Instruct-v0.3', vocabSize: 32768, weightsBytes: 14496047104,
};

export const MIXTRAL_8X7B_V0_1: ModelProps = {
  id: 'mistralai/Mixtral-8x7B-v0.1', architecture: 'MixtralForCausalLM',
  layers: 32, hiddenSize: 4096, intermediateSize: 14336, attentionHeads: 32, kvHeads: 8, headDim: 128, vocabSize: 32000,
  maxModelLen: 32768, dtype: 'bfloat16', weightsBytes: 93405585408, linearWeightBytes: 92878667776, tieWordEmbeddings: false,
  experts: { count: 8, perToken: 2, intermediateSize: 14336 },
};

export const MIXTRAL_8X7B_INSTRUCT_V0_1: ModelProps = { ...MIXTRAL_8X7B_V0_1, id: 'mistralai/Mixtral-8x7B-Instruct-v0.1' };
