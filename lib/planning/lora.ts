import { Model } from '../catalog';
import { GIB } from '../common/bytes';
import { ACTIVATION_BYTES } from './activation-bytes';

/** Adapters of low rank that a server has beside its model: `--enable-lora`. */
export interface Lora {
  /**
   * Number of adapters that one batch can use, each with a place on the GPU, 1 or more.
   * @default 1, or as many as there are adapters
   */
  readonly maxLoras?: number;
  /**
   * The largest rank of an adapter: 1, 8, 16, 32, 64, 128, 256, 320 or 512.
   * @default 16
   */
  readonly maxRank?: number;
  /**
   * Adapters that are there from the start: the name that requests ask for, and its folder below the mounted weights.
   * @default - none
   */
  readonly adapters?: { readonly [name: string]: string };
}

/** `MaxLoRARanks` of `vllm-project/vllm vllm/config/lora.py`. */
export const LORA_RANKS: readonly number[] = [1, 8, 16, 32, 64, 128, 256, 320, 512];

/** A head with more tokens takes no adapter: `vllm/lora/layers/logits_processor.py`. */
export const LORA_VOCABULARY = 258048;

/** Many small tensors: the allocator's blocks of 2 and 20 MiB are not filled to the end; and the kernels for them. Neither was measured. */
const UNUSED_SHARE = 0.05;
const KERNELS = 0.05 * GIB;

/** Places and rank with every default filled in. */
export function loraPlaces({ maxLoras, maxRank = 16, adapters = {} }: Lora): { maxLoras: number; maxRank: number } {
  return { maxLoras: maxLoras ?? Math.max(1, Object.keys(adapters).length), maxRank };
}

/**
 * Buffers of all places on each GPU, 16-bit, whatever is in them (`vllm/lora/layers`): of a layer that is cut by columns the A matrix is
 * whole and the B matrix a share, of one cut by rows it is the other way round. Embedding and head are not cut.
 */
export function loraBytes(lora: Lora | undefined, model: Model, tensorParallelSize: number, pipelineParallelSize: number): number {
  if (!lora) {
    return 0;
  }
  const { maxLoras, maxRank } = loraPlaces(lora);
  const layers = Math.ceil(model.layers / pipelineParallelSize);
  const width = attentionWidth(model, tensorParallelSize) + feedForwardWidth(model, tensorParallelSize);
  const ends = 2 * (model.vocabSize + model.hiddenSize);
  return maxLoras * maxRank * ACTIVATION_BYTES * (layers * width + ends) * (1 + UNUSED_SHARE) + KERNELS;
}

/** Three projections of the hidden values and one back to them. */
function attentionWidth({ hiddenSize, attentionHeads, kvHeads, headDim }: Model, gpus: number): number {
  const queries = attentionHeads / gpus * headDim;
  const keysAndValues = 2 * Math.max(1, kvHeads / gpus) * headDim;
  return 3 * hiddenSize + queries + keysAndValues + queries + hiddenSize;
}

/** Gate and up, and down; each expert has its own. */
function feedForwardWidth({ hiddenSize, intermediateSize, experts }: Model, gpus: number): number {
  const width = (experts?.intermediateSize ?? intermediateSize) / gpus;
  return (experts?.count ?? 1) * (2 * (hiddenSize + width) + width + hiddenSize);
}

/** Values between the two matrices of the widest layer, 32-bit, for every token of a batch (`add_lora_linear`). */
export function loraStepBytes(lora: Lora | undefined, model: Model, tokens: number): number {
  return lora ? 3 * tokens * (model.experts?.perToken ?? 1) * loraPlaces(lora).maxRank * 4 : 0;
}
