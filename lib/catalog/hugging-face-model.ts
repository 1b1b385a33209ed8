import { Checkpoint, TensorBytes } from './checkpoint';
import { HuggingFaceConfig } from './hugging-face-config';
import { ModelProps } from './model-props';

export const HUGGING_FACE_ID = /^[\w.-]+\/[\w.-]+$/;

/** What `config.json` and the safetensors headers say of a model, wherever both were read. */
export function modelFacts(config: HuggingFaceConfig, checkpoint: Checkpoint): Omit<ModelProps, 'id'> {
  const { slidingLayers, experts, mla, quantization } = config;
  const dtype = config.dtype ?? commonDtype(checkpoint);
  return {
    architecture: config.architecture,
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    intermediateSize: config.intermediateSize,
    attentionHeads: config.attentionHeads,
    kvHeads: config.kvHeads,
    headDim: config.headDim,
    globalKvHeads: config.globalKvHeads,
    globalHeadDim: config.globalHeadDim,
    vocabSize: config.vocabSize,
    maxModelLen: config.maxModelLen,
    // vLLM serves float32 checkpoints in bfloat16 (vllm/config/model.py, _resolve_auto_dtype); what is no dtype at all, a plan refuses
    dtype: dtype === 'float32' ? 'bfloat16' : dtype as ModelProps['dtype'],
    weightsBytes: weightsBytes(config, checkpoint, dtype),
    tieWordEmbeddings: config.tieWordEmbeddings,
    slidingWindow: slidingLayers > 0 ? config.slidingWindow : undefined,
    slidingLayers,
    finalLogitSoftcapping: config.finalLogitSoftcapping,
    supportsFloat16: config.supportsFloat16,
    mla,
    experts,
    quantization,
    linearWeightBytes: linearWeightBytes(config, checkpoint, dtype),
    multimodal: config.multimodal,
  };
}

function weightsBytes(config: HuggingFaceConfig, { totalBytes, tensorBytes }: Checkpoint, dtype: string): number {
  const head = config.tieWordEmbeddings || !tensorBytes ? [] : [tensorBytes.outputHead];
  const loaded = tensorBytes ? bytesOnGpu(config, [tensorBytes.linear, tensorBytes.other, ...head], dtype) : totalBytes;
  if (!config.sharesKeysAsValues) {
    return loaded;
  }
  const fullLayers = config.layers - config.slidingLayers;
  return loaded + fullLayers * config.hiddenSize * (config.globalKvHeads ?? config.kvHeads) * (config.globalHeadDim ?? config.headDim) * 2;
}

/** Bytes of the linear layers; without headers those of everything but the embeddings, which in a dense model are all but 0.1 %. */
function linearWeightBytes(config: HuggingFaceConfig, { totalBytes, tensorBytes }: Checkpoint, dtype: string): number | undefined {
  if (tensorBytes) {
    return bytesOnGpu(config, [tensorBytes.linear], dtype);
  }
  if (config.multimodal || config.quantization) {
    return undefined;
  }
  return totalBytes - config.vocabSize * config.hiddenSize * (config.tieWordEmbeddings ? 1 : 2) * 2;
}

function bytesOnGpu(config: HuggingFaceConfig, parts: TensorBytes['linear'][], dtype: string): number {
  const halved = (tensorDtype: string) => dtype === 'float32' && tensorDtype === 'F32' && !config.quantization;
  return parts.flatMap(part => Object.entries(part))
    .reduce((sum, [tensorDtype, bytes]) => sum + (halved(tensorDtype) ? bytes / 2 : bytes), 0);
}

function commonDtype({ tensorBytes }: Checkpoint): string {
  const loaded = tensorBytes ? [tensorBytes.linear, tensorBytes.outputHead, tensorBytes.other] : [];
  const dtypes = new Set(loaded.flatMap(part => Object.keys(part)));
  return dtypes.has('BF16') ? 'bfloat16' : dtypes.has('F16') ? 'float16' : 'float32';
}
