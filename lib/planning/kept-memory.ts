import { GIB } from '../common/bytes';
import { ACTIVATION_BYTES } from './activation-bytes';
import { hasFlashAttention3, MemoryOverheadProps } from './memory-overhead-props';
import { speculationBytes } from './speculation';

/** Rows of 4 bytes that each sequence has for logit bias (2 x 1024), allowed, bad, stop and scored tokens: `vllm/v1/worker/gpu/sample`. */
const SAMPLING_LIST_BYTES = 4 * (3 * 1024 + 128 + 1024 + 129 + 128);

/** Counts of what was generated, 4 bytes; a bit each for what stood in the prompt and for what a grammar allows. */
const SAMPLING_BYTES_PER_LOGIT = 4 + 2 / 8;

/**
 * NCCL's channel buffers, which its first large collective allocates, after the server took its first reading: measured 0.88 GiB at
 * tensor parallel 2. Without NVLink it goes through host memory with more buffers; not measured, so 0.1 GiB more.
 */
const COLLECTIVES = 1 * GIB;
const COLLECTIVES_WITHOUT_NVLINK = 1.1 * GIB;

/**
 * What the V2 runner keeps on the GPU beside weights, KV cache and CUDA graphs (`vllm-project/vllm vllm/v1/worker/gpu`, 0.32). Releases
 * that count it take it from the KV cache, others have it beside the budget.
 */
export function keptBytes(props: MemoryOverheadProps): number {
  return lastStageBytes(props) + expertWorkspaceBytes(props) + collectiveBytes(props);
}

/** What only the last stage of a pipeline keeps: the sampler's state, and the hidden and residual values that it is handed. */
export function lastStageBytes(props: MemoryOverheadProps): number {
  const { model, maxNumBatchedTokens, pipelineParallelSize, speculative } = props;
  return samplerBytes(props) + speculationBytes(speculative, model, props)
    + (pipelineParallelSize > 1 ? maxNumBatchedTokens * model.hiddenSize * 2 * ACTIVATION_BYTES : 0);
}

/** State of the sampler, for as many sequences as there can be (`sample/penalties.py` and others). */
export function samplerBytes({ model, maxNumSeqs }: MemoryOverheadProps): number {
  return maxNumSeqs * (model.vocabSize * SAMPLING_BYTES_PER_LOGIT + SAMPLING_LIST_BYTES);
}

/**
 * Two buffers for the tokens of a batch, each as often as it has experts: `workspace_shapes` of
 * `vllm/model_executor/layers/fused_moe/experts`. The mxfp4 kernels of Hopper have most of it inside, those
 * of 0.26 all.
 */
export function expertWorkspaceBytes(props: MemoryOverheadProps): number {
  const { model, tensorParallelSize, maxNumBatchedTokens, release, runner } = props;
  if (!model.experts) {
    return 0;
  }
  const { perToken, intermediateSize, count } = model.experts;
  const width = intermediateSize / tensorParallelSize;
  if (model.quantization === 'mxfp4' && hasFlashAttention3(props)) {
    const inner = release.countsKeptMemory(runner) ? perToken * width : 0;
    return maxNumBatchedTokens * ACTIVATION_BYTES * (inner + model.hiddenSize);
  }
  // Blockwise fp8 kernels round the tokens of each expert up to 128: deep_gemm_utils.py
  const rows = maxNumBatchedTokens * perToken + (model.quantization === 'fp8' ? count * 128 : 0);
  return rows * ACTIVATION_BYTES * (Math.max(width, model.hiddenSize) + Math.max(2 * width, model.hiddenSize));
}

function collectiveBytes({ tensorParallelSize, accelerator }: MemoryOverheadProps): number {
  if (tensorParallelSize === 1) {
    return 0;
  }
  return accelerator.nvlink ? COLLECTIVES : COLLECTIVES_WITHOUT_NVLINK;
}
