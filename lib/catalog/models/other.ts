import { ModelProps } from '../model-props';

// Falcon: vllm-project/vllm tests/config/base_model_arch_groundtruth.json@7cfb97e3 and tiiuae's config.json. Its repositories ship the
// tied head besides, which vLLM does not keep; the weights are 2 bytes for every other parameter of these shapes (tested).
const FALCON = {
  architecture: 'FalconForCausalLM', headDim: 64, vocabSize: 65024, maxModelLen: 2048, dtype: 'bfloat16', tieWordEmbeddings: true, gated: false,
} satisfies Partial<ModelProps>;

export const FALCON_7B: ModelProps = {
  ...FALCON, id: 'tiiuae/falcon-7b',
  layers: 32, hiddenSize: 4544, intermediateSize: 18176, attentionHeads: 71, kvHeads: 1,
  weightsBytes: 13843441408, linearWeightBytes: 13251903488,
};

export const FALCON_40B: ModelProps = {
  ...FALCON, id: 'tiiuae/falcon-40b',
  layers: 60, hiddenSize: 8192, intermediateSize: 32768, attentionHeads: 128, kvHeads: 8,
  weightsBytes: 82606587904, linearWeightBytes: 81537269760,
};

// https://huggingface.co/deepseek-ai/DeepSeek-V3/blob/main/config.json; 641.30 GiB in kaito-project/kaito
// model_catalog.yaml@056b8280b1a8. The next-token layer, which vLLM loads for speculation only, is in that sum
export const DEEPSEEK_V3: ModelProps = {
  id: 'deepseek-ai/DeepSeek-V3', architecture: 'DeepseekV3ForCausalLM',
  layers: 61, hiddenSize: 7168, intermediateSize: 18432, attentionHeads: 128, kvHeads: 128, headDim: 192, vocabSize: 129280,
  maxModelLen: 163840, dtype: 'bfloat16', weightsBytes: 688586727753, tieWordEmbeddings: false, gated: false, quantization: 'fp8',
  mla: { kvLoraRank: 512, qkRopeHeadDim: 64 }, experts: { count: 256, perToken: 8, intermediateSize: 2048, layers: 58 },
  // the projections down to 1536 and to 576 values in fp8, and the routers of 58 layers
  wholeWeightBytes: 61 * 7168 * (1536 + 576) + 58 * 7168 * 256 * 4,
};

export const DEEPSEEK_R1: ModelProps = {
  ...DEEPSEEK_V3, id: 'deepseek-ai/DeepSeek-R1', revision: '56d4cbbb4d29f4355bab4b9a39ccb717a14ad5ad',
};

export const DEEPSEEK_V3_1: ModelProps = { ...DEEPSEEK_V3, id: 'deepseek-ai/DeepSeek-V3.1' };

// https://huggingface.co/openai/gpt-oss-20b/blob/main/config.json. Weights: metadata.total_size, which is what these shapes need with
// experts of 4.25 bits (tested). The repositories hold the same weights twice more, under original/ and metal/
const GPT_OSS = {
  architecture: 'GptOssForCausalLM', hiddenSize: 2880, intermediateSize: 2880, attentionHeads: 64, kvHeads: 8, headDim: 64,
  vocabSize: 201088, maxModelLen: 131072, dtype: 'bfloat16', tieWordEmbeddings: false, gated: false, slidingWindow: 128, quantization: 'mxfp4',
} satisfies Partial<ModelProps>;

export const GPT_OSS_20B: ModelProps = {
  ...GPT_OSS, id: 'openai/gpt-oss-20b', revision: '6cee5e81ee83917806bbde320786a8fb61efebee',
  layers: 24, slidingLayers: 12, weightsBytes: 13761264768, experts: { count: 32, perToken: 4, intermediateSize: 2880 },
  wholeWeightBytes: 24 * 2880 * 32 * 4,
};

export const GPT_OSS_120B: ModelProps = {
  ...GPT_OSS, id: 'openai/gpt-oss-120b', revision: 'b5c939de8f754692c1647ca79fbf85e8c1e70f8a',
  layers: 36, slidingLayers: 18, weightsBytes: 65248815744, experts: { count: 128, perToken: 4, intermediateSize: 2880 },
  wholeWeightBytes: 36 * 2880 * 128 * 4,
};
