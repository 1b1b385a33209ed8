import { GIB, MIB } from '../common/bytes';
import { denseStepBytes, hasFlashAttention3, MemoryOverheadProps } from './memory-overhead-props';
import { draftedLayers, tokensPerStep } from './speculation';

/** Captured CUDA graphs, or what the release estimates them to be. */
export function cudaGraphBytes(props: MemoryOverheadProps): number {
  if (props.enforceEager) {
    return 0;
  }
  return props.release.countsKeptMemory(props.runner) ? estimatedBytes(props) : capturedBytes(props);
}

/**
 * Batch sizes that graphs are captured for: `vllm-project/vllm vllm/config/vllm.py`, `_set_cudagraph_sizes`. Speculation adds the tokens of
 * so many sequences as there is room for.
 */
export function captureSizes({ maxNumSeqs, maxNumBatchedTokens, release, accelerator, speculative }: MemoryOverheadProps): number[] {
  const tokens = tokensPerStep(speculative);
  const largest = Math.min(2 * maxNumSeqs * tokens, release.largestCudaGraph(accelerator.computeCapability), maxNumBatchedTokens);
  const steps = (from: number, to: number, by: number) =>
    Array.from({ length: Math.max(0, Math.ceil((to - from) / by)) }, (_, index) => from + index * by);
  const sequences = [1, 2, 4, ...steps(8, 256, 8), ...steps(256, largest + 1, 16), maxNumSeqs];
  const sizes = new Set([...sequences, ...sequences.filter(count => count <= maxNumSeqs).map(count => count * tokens)]);
  return [...sizes].filter(size => size <= largest);
}

/** FlashAttention 3 splits the context of a captured batch in 32: `vllm/config/attention.py`. */
const MOST_SPLITS = 32;

/**
 * The driver's memory for the kernels of a layer in one captured size: measured 0.11 to 0.16 MiB on dense models of up to 32 layers, 0.22
 * with collectives between them, 0.24 to 0.28 with the many kernels of experts and on a dense model of 64 layers; adapters have as many.
 */
const LAYER_BYTES = 0.17 * MIB;
const LAYER_BYTES_WITH_COLLECTIVES = 0.24 * MIB;
const MOST_LAYER_BYTES = 0.3 * MIB;
const FEW_LAYERS = 32;

/** Workspace that cuBLAS has on the stream of the capture, and the least that the estimate counts for each further graph. */
const CUBLAS_WORKSPACE = 32 * MIB;
const LEAST_GRAPH = 1 * MIB;

/**
 * The estimate of V2 (`vllm/v1/worker/gpu/cudagraph_utils.py`, `profile_cudagraph_memory`): it captures all sizes in pieces and the two
 * largest whole. Their warm-up, which the capture frees again, counts like a graph: buffers of split attention and one step's activations
 * are in it twice.
 */
function estimatedBytes(props: MemoryOverheadProps): number {
  const sizes = captureSizes(props);
  const largest = Math.max(...sizes);
  const whole = sizes.filter(size => size <= props.maxNumSeqs * tokensPerStep(props.speculative));
  return 2 * (splitAttentionBytes(props, Math.max(...whole)) + denseStepBytes(props, largest))
    + CUBLAS_WORKSPACE + cases(props) * (whole.length * LEAST_GRAPH + layersOfStage(props) * sizes.length * layerBytes(props));
}

/** With adapters each size is captured with and without them (`vllm/v1/worker/gpu/lora_utils.py`, `get_lora_capture_cases`). */
function cases({ lora }: MemoryOverheadProps): number {
  return lora ? 2 : 1;
}

function layerBytes({ model, tensorParallelSize, lora }: MemoryOverheadProps): number {
  if (model.experts || model.mla || lora || model.layers > FEW_LAYERS) {
    return MOST_LAYER_BYTES;
  }
  return tensorParallelSize > 1 ? LAYER_BYTES_WITH_COLLECTIVES : LAYER_BYTES;
}

/** What guesses is captured as well, for its first guess and for the next ones. */
function layersOfStage({ model, pipelineParallelSize, speculative }: MemoryOverheadProps): number {
  const guessing = speculative ? draftedLayers(speculative, model)?.layers ?? 0 : 0;
  return Math.ceil(model.layers / pipelineParallelSize) + 2 * guessing;
}

/** Partial results of split attention in 32 bit. */
function splitAttentionBytes(props: MemoryOverheadProps, tokens: number): number {
  const { model, tensorParallelSize } = props;
  if (!hasFlashAttention3(props)) {
    return 0;
  }
  const width = model.mla?.kvLoraRank ?? Math.max(model.headDim, model.globalHeadDim ?? 0);
  return MOST_SPLITS * (model.attentionHeads / tensorParallelSize) * tokens * width * 4;
}

/** What 0.26 captured on H200 with V2, and what it estimated with V1. */
function capturedBytes(props: MemoryOverheadProps): number {
  const { maxNumSeqs, release, accelerator } = props;
  const moreSizes = maxNumSeqs > 256 ? release.largestCudaGraph(accelerator.computeCapability) / 512 : 1;
  return capturedPerLayer(props) * cases(props) * moreSizes * layersOfStage(props) * GIB;
}

function capturedPerLayer({ model, tensorParallelSize, maxNumSeqs, runner }: MemoryOverheadProps): number {
  if (runner === 'V1') {
    // Two kinds of attention layers are captured apart: 0.016 to 0.017 with one kind, 0.024 with two.
    return model.slidingLayers > 0 ? 0.026 : 0.02;
  }
  if (model.mla || model.experts) {
    return 0.044;
  }
  if (maxNumSeqs <= 64) {
    return 0.008;
  }
  return maxNumSeqs <= 256 ? 0.022 : tensorParallelSize > 1 ? 0.02 : 0.031;
}
