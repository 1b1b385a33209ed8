import { Model, TensorParallelParts } from '../catalog';
import { cachesOf } from './layer-pages';

const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 16];
/** vllm/model_executor/layers/vocab_parallel_embedding.py, DEFAULT_VOCAB_PADDING_SIZE, 0.32. */
const VOCABULARY_PADDING = 64;

/** Tensor parallel sizes up to `limit` that vLLM can cut the model into. */
export function legalTensorParallelSizes(model: Model, limit: number): number[] {
  return SIZES.filter(size => size <= limit && undivided(model, size) === undefined);
}

/** The first part of the model that so many GPUs cannot share. */
export function undivided(model: Model, tensorParallelSize: number): TensorParallelParts | undefined {
  return partsOf(model).find(({ count, replicated }) =>
    count % tensorParallelSize !== 0 && !(replicated === true && tensorParallelSize % count === 0));
}

/** All that tensor parallelism has to divide. */
function partsOf(model: Model): TensorParallelParts[] {
  const keyHeads = cachesOf(model).flatMap(cache => 'kvHeads' in cache ? [cache.kvHeads] : []);
  return [
    { what: 'attention heads', count: model.attentionHeads },
    ...[...new Set(keyHeads)].map(count => ({ what: 'key-value heads', count, replicated: true })),
    { what: 'rows of the padded vocabulary', count: Math.ceil(model.vocabSize / VOCABULARY_PADDING) * VOCABULARY_PADDING },
    ...model.tensorParallelParts ?? [],
  ];
}
