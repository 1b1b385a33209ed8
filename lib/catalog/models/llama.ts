import { ModelProps } from '../model-props';

// Shapes: Lightning-AI/litgpt litgpt/config.py@26857050fe, with the vocabulary sizes of each config.json (128256 from Llama 3 on).
// Weights: metadata.total_size of model.safetensors.index.json, which is 2 bytes for every parameter of these shapes (tested).

const LLAMA = { architecture: 'LlamaForCausalLM', headDim: 128, tieWordEmbeddings: false } satisfies Partial<ModelProps>;
const LLAMA_2 = { ...LLAMA, vocabSize: 32000, maxModelLen: 4096, dtype: 'float16', gated: true } satisfies Partial<ModelProps>;
// rope_scaling of type llama3 is part of the 131072 already
const LLAMA_3 = { ...LLAMA, kvHeads: 8, vocabSize: 128256, maxModelLen: 131072, dtype: 'bfloat16', gated: true } satisfies Partial<ModelProps>;

export const LLAMA_2_7B: ModelProps = {
  ...LLAMA_2, id: 'meta-llama/Llama-2-7b-hf',
  layers: 32, hiddenSize: 4096, intermediateSize: 11008, attentionHeads: 32, kvHeads: 32,
  weightsBytes: 13476831232, linearWeightBytes: 12952010752,
};

export const LLAMA_2_13B: ModelProps = {
  ...LLAMA_2, id: 'meta-llama/Llama-2-13b-hf',
  layers: 40, hiddenSize: 5120, intermediateSize: 13824, attentionHeads: 40, kvHeads: 40,
  weightsBytes: 26031728640, linearWeightBytes: 25375539200,
};

export const LLAMA_2_70B: ModelProps = {
  ...LLAMA_2, id: 'meta-llama/Llama-2-70b-hf',
  layers: 80, hiddenSize: 8192, intermediateSize: 28672, attentionHeads: 64, kvHeads: 8,
  weightsBytes: 137953296384, linearWeightBytes: 136902082560,
};

// LLaMA 13B with a fine-tuned head: https://huggingface.co/lmsys/vicuna-13b-v1.3. The repository holds .bin files, not safetensors
export const VICUNA_13B_V1_3: ModelProps = {
  ...LLAMA, id: 'lmsys/vicuna-13b-v1.3',
  layers: 40, hiddenSize: 5120, intermediateSize: 13824, attentionHeads: 40, kvHeads: 40, vocabSize: 32000,
  maxModelLen: 2048, dtype: 'float16', weightsBytes: 26031728640, linearWeightBytes: 25375539200, gated: false,
};

export const LLAMA_3_1_8B_INSTRUCT: ModelProps = {
  ...LLAMA_3, id: 'meta-llama/Llama-3.1-8B-Instruct', revision: '0e9e39f249a16976918f6564b8830bc894c89659',
  layers: 32, hiddenSize: 4096, intermediateSize: 14336, attentionHeads: 32,
  weightsBytes: 16060522496, linearWeightBytes: 13958643712,
};

export const LLAMA_3_1_70B_INSTRUCT: ModelProps = {
  ...LLAMA_3, id: 'meta-llama/Llama-3.1-70B-Instruct',
  layers: 80, hiddenSize: 8192, intermediateSize: 28672, attentionHeads: 64,
  weightsBytes: 141107412992, linearWeightBytes: 136902082560,
};

export const LLAMA_3_3_70B_INSTRUCT: ModelProps = {
  ...LLAMA_3_1_70B_INSTRUCT, id: 'meta-llama/Llama-3.3-70B-Instruct', revision: '6f6073b423013f6a7d4d9f39144961bfbfbc386b',
};

export const LLAMA_3_1_405B_INSTRUCT: ModelProps = {
  ...LLAMA_3, id: 'meta-llama/Llama-3.1-405B-Instruct',
  layers: 126, hiddenSize: 16384, intermediateSize: 53248, attentionHeads: 128,
  weightsBytes: 811706777600, linearWeightBytes: 803293102080,
};

// https://huggingface.co/meta-llama/Llama-4-Scout-17B-16E-Instruct: 108,641,793,536 parameters, 1 shared expert besides the routed 16.
// 36 of the 48 layers attend to chunks of 8192 tokens; they are counted as full attention here, which is the most they can hold
export const LLAMA_4_SCOUT_17B_16E_INSTRUCT: ModelProps = {
  id: 'meta-llama/Llama-4-Scout-17B-16E-Instruct', architecture: 'Llama4ForConditionalGeneration',
  layers: 48, hiddenSize: 5120, intermediateSize: 16384, attentionHeads: 40, kvHeads: 8, headDim: 128, vocabSize: 202048,
  maxModelLen: 10485760, dtype: 'bfloat16', weightsBytes: 217283587072, tieWordEmbeddings: false, gated: true, multimodal: true,
  experts: { count: 16, perToken: 1, intermediateSize: 8192 },
};
