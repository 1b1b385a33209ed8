import { KvCache } from './kv-cache';
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
  const valueBytes = KvCache.bytesPerValue('auto', model.dtype);
  const embeddings = model.vocabSize * model.hiddenSize * valueBytes * (model.tieWordEmbeddings ? 1 : 2);
  const linear = model.linearWeightBytes ?? Math.max(0, model.weightsBytes - embeddings);
  const shrunk = quantization === 'fp8' && model.quantization === undefined;
  const layers = shrunk ? model.weightsBytes - embeddings - linear + linear / valueBytes : model.weightsBytes - embeddings;

  // The first stage of a pipeline holds the embedding, the last one the head; the layers of the fullest stage are rounded up.
  const ends = pipelineParallelSize > 1 ? model.vocabSize * model.hiddenSize * valueBytes : embeddings;
  const stage = layers * Math.ceil(model.layers / pipelineParallelSize) / model.layers + ends;
  const margin = marginOf(model, shrunk, stage / tensorParallelSize, tensorParallelSize);
  return Math.ceil((stage + replicatedKvHeads(model, tensorParallelSize, valueBytes)) / tensorParallelSize + margin);
}

function marginOf(model: Model, shrunk: boolean, bytes: number, tensorParallelSize: number): number {
  const quantized = model.quantization !== undefined ? QUANTIZED_SHARE * bytes : 0;
  const loaded = shrunk || quantized > 0 ? Math.max(QUANTIZED_MARGIN, quantized) : tensorParallelSize > 1 ? SPLIT_MARGIN : LOADED_MARGIN;
  return Math.max(loaded, model.multimodal ? TOWER_MARGIN : 0);
}

/** More GPUs than key-value heads: each keeps a whole head's projections. */
function replicatedKvHeads(model: Model, tensorParallelSize: number, valueBytes: number): number {
  if (model.mla) {
    return 0;
  }
  const replicated = (kvHeads: number, headDim: number, layers: number) =>
    Math.max(0, tensorParallelSize - kvHeads) * 2 * headDim * model.hiddenSize * valueBytes * layers;
  const fullLayers = model.layers - model.slidingLayers;
  return replicated(model.kvHeads, model.headDim, model.slidingLayers)
    + replicated(model.globalKvHeads ?? model.kvHeads, model.globalHeadDim ?? model.headDim, fullLayers);
}
