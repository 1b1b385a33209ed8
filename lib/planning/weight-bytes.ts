import { bytesPerValue, cachesOf } from './layer-pages';
import { Model } from '../catalog';
import { GIB } from '../common/bytes';

/** Fused and padded tensors: 16-bit checkpoints were measured 0.00 to 0.05 GiB above their files, to 0.14 GiB when they are split. */
const LOADED_MARGIN = 0.1 * GIB;
const SPLIT_MARGIN = 0.17 * GIB;

/** Scales and repacked tensors of quantized weights: measured 0.08 to 0.32 GiB above the count online, 1.7 % in an mxfp4 checkpoint. */
const QUANTIZED_MARGIN = 0.34 * GIB;
const QUANTIZED_SHARE = 0.02;

/** A vision or audio tower loads more than its file has: measured 0.43 GiB on Gemma 3 27B. */
const TOWER_MARGIN = 0.45 * GIB;

/**
 * Bytes of weights on the fullest GPU.
 *
 * @param quantization online quantization, `fp8`: one byte a value for linear layers, the checkpoint's for embedding and head
 */
export function weightsPerGpu(model: Model, tensorParallelSize: number, pipelineParallelSize: number, quantization?: string): number {
  const valueBytes = bytesPerValue(model.dtype, model);
  const embeddings = model.vocabSize * model.hiddenSize * valueBytes * (model.tieWordEmbeddings ? 1 : 2);
  const linear = model.linearWeightBytes ?? Math.max(0, model.weightsBytes - embeddings);
  const shrunk = quantization === 'fp8' && model.quantization === undefined;
  const layers = shrunk ? model.weightsBytes - embeddings - linear + linear / valueBytes : model.weightsBytes - embeddings;

  // The first stage of a pipeline holds the embedding, the last one the head; the layers of the fullest stage are rounded up.
  const ends = pipelineParallelSize > 1 ? model.vocabSize * model.hiddenSize * valueBytes : embeddings;
  const stageLayers = Math.ceil(model.layers / pipelineParallelSize);
  const stage = layers * stageLayers / model.layers + ends;
  const share = stageLayers / model.layers / tensorParallelSize;
  const whole = wholeBytes(model) * (tensorParallelSize - 1) * share;
  const copies = (replicatedKvHeads(model, tensorParallelSize, valueBytes) + paddedExperts(model, tensorParallelSize, valueBytes)) * share;
  const margin = marginOf(model, shrunk, stage / tensorParallelSize, tensorParallelSize);
  // what was measured of quantized weights has their routers and latent projections in it
  const loaded = shrunk || model.quantization !== undefined ? Math.max(margin, whole) : margin + whole;
  return Math.ceil(stage / tensorParallelSize + copies + loaded);
}

/** Weights that every GPU holds whole; never more than there are. */
function wholeBytes({ wholeWeightBytes = 0, weightsBytes }: Model): number {
  return Math.min(wholeWeightBytes, weightsBytes);
}

function marginOf(model: Model, shrunk: boolean, bytes: number, tensorParallelSize: number): number {
  const quantized = model.quantization !== undefined ? QUANTIZED_SHARE * bytes : 0;
  const loaded = shrunk || quantized > 0 ? Math.max(QUANTIZED_MARGIN, quantized) : tensorParallelSize > 1 ? SPLIT_MARGIN : LOADED_MARGIN;
  return Math.max(loaded, model.multimodal ? TOWER_MARGIN : 0);
}

/** More GPUs than key-value heads: each keeps a whole head's projections. */
function replicatedKvHeads(model: Model, tensorParallelSize: number, valueBytes: number): number {
  return cachesOf(model).reduce((sum, cache) => 'kvHeads' in cache
    ? sum + Math.max(0, tensorParallelSize - cache.kvHeads) * (cache.keyDim + cache.valueDim) * model.hiddenSize * valueBytes * cache.layers
    : sum, 0);
}

/** Columns that a GPU's part of an expert is padded with, over all GPUs. */
function paddedExperts({ experts, layers, hiddenSize }: Model, tensorParallelSize: number, valueBytes: number): number {
  if (!experts?.shardMultiple) {
    return 0;
  }
  const part = experts.intermediateSize / tensorParallelSize;
  const padding = Math.ceil(part / experts.shardMultiple) * experts.shardMultiple - part;
  return padding * tensorParallelSize * experts.count * layers * 3 * hiddenSize * valueBytes;
}
