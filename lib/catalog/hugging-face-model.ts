import { checkTensors } from './architectures/check-tensors';
import { Geometry } from './architectures/geometry';
import { quantizedParts } from './architectures/quantized-parts';
import { Checkpoint, TensorBytes } from './checkpoint';
import { HuggingFaceConfig } from './hugging-face-config';
import { AttentionCache, TensorParallelParts } from './layer-cache';
import { ModelProps } from './model-props';

/** Number formats that are served in 16 bits. */
const HALVED = ['float32', 'bfloat16', 'float16'];

export const HUGGING_FACE_ID = /^[\w.-]+\/[\w.-]+$/;

/** What `config.json` and the safetensors headers say of a model, wherever both were read. */
export function modelFacts(config: HuggingFaceConfig, checkpoint: Checkpoint): Omit<ModelProps, 'id'> {
  const { quantization, geometry } = config;
  const { layers, hiddenSize, intermediateSize, attentionHeads, kvHeads, headDim, vocabSize, mla, experts } = geometry;
  const dtype = config.dtype ?? commonDtype(checkpoint);
  checkTensors(config.file, geometry, checkpoint.tensors ?? []);
  return {
    architecture: config.architecture,
    layers, hiddenSize, intermediateSize, attentionHeads, kvHeads, headDim, vocabSize,
    ...plainCaches(geometry),
    maxModelLen: config.maxModelLen,
    // vLLM serves float32 checkpoints in bfloat16 (vllm/config/model.py, _resolve_auto_dtype); what is no dtype at all, a plan refuses
    dtype: dtype === 'float32' ? 'bfloat16' : dtype as ModelProps['dtype'],
    weightsBytes: weightsBytes(config, checkpoint, dtype),
    tieWordEmbeddings: config.tieWordEmbeddings,
    finalLogitSoftcapping: config.finalLogitSoftcapping,
    supportsFloat16: config.supportsFloat16,
    mla,
    experts: experts && quantization === 'fp8' && !config.quantizationConfig?.weight_block_size ? { ...experts, fp8BlockColumns: 0 } : experts,
    quantization,
    kvCacheDtype: config.kvCacheDtype,
    linearWeightBytes: linearWeightBytes(config, checkpoint, dtype),
    wholeWeightBytes: wholeWeightBytes(geometry, quantization),
    tensorParallelParts: binding([...geometry.parts ?? [], ...quantizedParts(config.quantizationConfig, geometry)], attentionHeads),
    multimodal: config.multimodal,
  };
}

/** The plain props say it where at most two kinds of layers cache keys and values as wide as one another; otherwise the list does. */
function plainCaches({ caches, mla, kvHeads, headDim, layers }: Geometry): Partial<ModelProps> {
  if (mla && caches.length === 1 && caches[0].kind === 'latent' && caches[0].layers === layers) {
    return { mla };
  }
  const full = caches.filter((cache): cache is AttentionCache => cache.kind === 'full');
  const sliding = caches.filter((cache): cache is AttentionCache => cache.kind === 'sliding');
  const alike = [...full, ...sliding].every(cache => cache.keyDim === cache.valueDim);
  const narrow = sliding.every(cache => cache.kvHeads === kvHeads && cache.keyDim === headDim);
  if (full.length + sliding.length < caches.length || full.length > 1 || sliding.length > 1 || !alike || !narrow
    || [...full, ...sliding].reduce((sum, cache) => sum + cache.layers, 0) !== layers) {
    return { mla, caches };
  }
  return {
    globalKvHeads: full[0] && full[0].kvHeads !== kvHeads ? full[0].kvHeads : undefined,
    globalHeadDim: full[0] && full[0].keyDim !== headDim ? full[0].keyDim : undefined,
    slidingWindow: sliding[0]?.window,
    slidingLayers: sliding[0]?.layers ?? 0,
  };
}

/** Linear layers have the width of the checkpoint's numbers: one byte in fp8, two otherwise, which is never too little. */
function wholeWeightBytes({ wholeLinearValues = 0, wholeBytes = 0 }: Geometry, quantization: string | undefined): number | undefined {
  return wholeLinearValues * (quantization === 'fp8' ? 1 : 2) + wholeBytes || undefined;
}

/** GPUs of the largest machine. */
const MOST_GPUS = 16;

/** Parts that every size which divides the attention heads divides as well say nothing. */
function binding(parts: readonly TensorParallelParts[], attentionHeads: number): readonly TensorParallelParts[] | undefined {
  const sizes = Array.from({ length: MOST_GPUS }, (_, index) => index + 1).filter(size => attentionHeads % size === 0);
  const found = parts.filter(({ count }) => sizes.some(size => count % size !== 0));
  return found.length > 0 ? found : undefined;
}

function weightsBytes(config: HuggingFaceConfig, { totalBytes, tensorBytes }: Checkpoint, dtype: string): number {
  const head = config.tieWordEmbeddings || !tensorBytes ? [] : [tensorBytes.outputHead];
  const fromIndex = dtype === 'float32' && !config.quantization ? totalBytes / 2 : totalBytes;
  const loaded = tensorBytes ? bytesOnGpu(config, [tensorBytes.linear, tensorBytes.other, ...head], dtype) : fromIndex;
  if (!config.sharesKeysAsValues) {
    return loaded;
  }
  const { caches, hiddenSize } = config.geometry;
  return loaded + caches.reduce((sum, cache) => sum + (cache.kind === 'full' ? cache.layers * hiddenSize * cache.kvHeads * cache.keyDim * 2 : 0), 0);
}

/** Bytes of the linear layers; without headers those of everything but the embeddings, which in a dense model are all but 0.1 %. */
function linearWeightBytes(config: HuggingFaceConfig, { totalBytes, tensorBytes }: Checkpoint, dtype: string): number | undefined {
  if (tensorBytes) {
    return bytesOnGpu(config, [tensorBytes.linear], dtype);
  }
  if (config.multimodal || config.quantization) {
    return undefined;
  }
  const { vocabSize, hiddenSize } = config.geometry;
  return Math.max(0, totalBytes - vocabSize * hiddenSize * (config.tieWordEmbeddings ? 1 : 2) * 2);
}

function bytesOnGpu(config: HuggingFaceConfig, parts: TensorBytes['linear'][], dtype: string): number {
  // vLLM loads 32-bit files into 16-bit parameters, whatever config.json calls them
  const halved = (tensorDtype: string) => tensorDtype === 'F32' && HALVED.includes(dtype) && !config.quantization;
  return parts.flatMap(part => Object.entries(part))
    .reduce((sum, [tensorDtype, bytes]) => sum + (halved(tensorDtype) ? bytes / 2 : bytes), 0);
}

function commonDtype({ tensorBytes }: Checkpoint): string {
  const loaded = tensorBytes ? [tensorBytes.linear, tensorBytes.outputHead, tensorBytes.other] : [];
  const dtypes = new Set(loaded.flatMap(part => Object.keys(part)));
  return dtypes.has('BF16') ? 'bfloat16' : dtypes.has('F16') ? 'float16' : 'float32';
}
