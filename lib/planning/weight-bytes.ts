import { bytesPerValue, cachesOf } from './layer-pages';
import { Model } from '../catalog';
import { GIB } from '../common/bytes';

/** Fused and padded tensors: 16-bit checkpoints were measured 0.00 to 0.05 GiB above their files, to 0.14 GiB when they are split. */
const LOADED_MARGIN = 0.1 * GIB;
const SPLIT_MARGIN = 0.17 * GIB;

/** Scales and repacked tensors of quantized weights: measured 0.08 to 0.32 GiB above the count, 1.7 % for mxfp4. */
const QUANTIZED_MARGIN = 0.34 * GIB;
const QUANTIZED_SHARE = 0.02;

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
  const stageLayers = Math.ceil(model.layers / pipelineParallelSize);
  const stage = layers * stageLayers / model.layers + embeddings;
  const share = stageLayers / model.layers / tensorParallelSize;
  const whole = wholeBytes(model) * (tensorParallelSize - 1) * share;
  const copies = (replicatedKvHeads(model, tensorParallelSize, valueBytes) + paddedExperts(model, tensorParallelSize, valueBytes)) * share;
  // what was measured of quantized weights has their routers and latent projections in it
  const margin = shrunk || model.quantization !== undefined
    ? Math.max(QUANTIZED_MARGIN, QUANTIZED_SHARE * stage / tensorParallelSize, whole)
    : (tensorParallelSize > 1 ? SPLIT_MARGIN : LOADED_MARGIN) + whole;
  return Math.ceil(stage / tensorParallelSize + copies + margin);
}

/** Weights that every GPU holds whole; never more than there are. */
function wholeBytes({ wholeWeightBytes = 0, weightsBytes }: Model): number {
  return Math.min(wholeWeightBytes, weightsBytes);
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
