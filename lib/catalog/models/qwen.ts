import { ModelProps } from '../model-props';

// Shapes: Lightning-AI/litgpt litgpt/config.py@26857050fe, with the vocabulary sizes of each config.json. Weights: metadata.total_size
// of model.safetensors.index.json, which is 2 bytes for every parameter of these shapes (tested); Qwen3-0.6B ships its tied head
// besides, which vLLM does not keep.

const QWEN = { headDim: 128, dtype: 'bfloat16', tieWordEmbeddings: false, gated: false } satisfies Partial<ModelProps>;
// 131072 needs a rope_scaling that the config.json does not have
const QWEN2_5 = { ...QWEN, architecture: 'Qwen2ForCausalLM', vocabSize: 152064, maxModelLen: 32768 } satisfies Partial<ModelProps>;
const QWEN3 = { ...QWEN, architecture: 'Qwen3ForCausalLM', vocabSize: 151936, maxModelLen: 40960 } satisfies Partial<ModelProps>;
const QWEN3_MOE = { ...QWEN3, architecture: 'Qwen3MoeForCausalLM' } satisfies Partial<ModelProps>;

export const QWEN2_5_7B_INSTRUCT: ModelProps = {
  ...QWEN2_5, id: 'Qwen/Qwen2.5-7B-Instruct', revision: 'a09a35458c702b33eeacc393d103063234e8bc28',
  layers: 28, hiddenSize: 3584, intermediateSize: 18944, attentionHeads: 28, kvHeads: 4,
  weightsBytes: 15231233024, linearWeightBytes: 13050576896,
};

export const QWEN2_5_14B_INSTRUCT: ModelProps = {
  ...QWEN2_5, id: 'Qwen/Qwen2.5-14B-Instruct',
  layers: 48, hiddenSize: 5120, intermediateSize: 13824, attentionHeads: 40, kvHeads: 8,
  weightsBytes: 29540067328, linearWeightBytes: 26424115200,
};

export const QWEN2_5_32B_INSTRUCT: ModelProps = {
  ...QWEN2_5, id: 'Qwen/Qwen2.5-32B-Instruct',
  layers: 64, hiddenSize: 5120, intermediateSize: 27648, attentionHeads: 40, kvHeads: 8,
  weightsBytes: 65527752704, linearWeightBytes: 62411243520,
};

export const QWEN2_5_72B_INSTRUCT: ModelProps = {
  ...QWEN2_5, id: 'Qwen/Qwen2.5-72B-Instruct',
  layers: 80, hiddenSize: 8192, intermediateSize: 29568, attentionHeads: 64, kvHeads: 8,
  weightsBytes: 145412407296, linearWeightBytes: 140425297920,
};

export const QWEN3_0_6B: ModelProps = {
  ...QWEN3, id: 'Qwen/Qwen3-0.6B', revision: 'c1899de289a04d12100db370d81485cdf75e47ca',
  layers: 28, hiddenSize: 1024, intermediateSize: 3072, attentionHeads: 16, kvHeads: 8,
  weightsBytes: 1192099840, linearWeightBytes: 880803840, tieWordEmbeddings: true,
};

export const QWEN3_8B: ModelProps = {
  ...QWEN3, id: 'Qwen/Qwen3-8B', revision: 'b968826d9c46dd6066d109eabc6255188de91218',
  layers: 36, hiddenSize: 4096, intermediateSize: 12288, attentionHeads: 32, kvHeads: 8,
  weightsBytes: 16381470720, linearWeightBytes: 13891534848,
};

export const QWEN3_32B: ModelProps = {
  ...QWEN3, id: 'Qwen/Qwen3-32B', revision: '9216db5781bf21249d130ec9da846c4624c16137',
  layers: 64, hiddenSize: 5120, intermediateSize: 25600, attentionHeads: 64, kvHeads: 8,
  weightsBytes: 65524246528, linearWeightBytes: 62411243520,
};

export const QWEN3_30B_A3B: ModelProps = {
  ...QWEN3_MOE, id: 'Qwen/Qwen3-30B-A3B',
  layers: 48, hiddenSize: 2048, intermediateSize: 6144, attentionHeads: 32, kvHeads: 4,
  weightsBytes: 61064245248, linearWeightBytes: 59793997824, experts: { count: 128, perToken: 8, intermediateSize: 768 },
};

export const QWEN3_235B_A22B: ModelProps = {
  ...QWEN3_MOE, id: 'Qwen/Qwen3-235B-A22B',
  layers: 94, hiddenSize: 4096, intermediateSize: 12288, attentionHeads: 64, kvHeads: 4,
  weightsBytes: 470187269120, linearWeightBytes: 467597787136, experts: { count: 128, perToken: 8, intermediateSize: 1536 },
};
