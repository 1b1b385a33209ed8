import { Accelerator, Model, VllmRelease } from '../catalog';

export interface MemoryPlanProps {
  readonly model: Model;
  readonly accelerator: Accelerator;
  /** @default VllmRelease.DEFAULT */
  readonly release?: VllmRelease;
  /** @default 1 */
  readonly tensorParallelSize?: number;
  /** @default 1 */
  readonly pipelineParallelSize?: number;
  /**
   * Share of the GPU's total memory that vLLM may use.
   * @default - the release's, 0.92, or less where the sampler and the collectives need more beside it
   */
  readonly gpuMemoryUtilization?: number;
  /**
   * Tokens of the longest request, or `auto` for the most that fits.
   * @default - the model's longest
   */
  readonly maxModelLen?: number | 'auto';
  /** @default - the release's for that much GPU memory */
  readonly maxNumSeqs?: number;
  /** @default - the release's for that much GPU memory */
  readonly maxNumBatchedTokens?: number;
  /**
   * As in `--dtype`.
   * @default - the model's
   */
  readonly dtype?: string;
  /** @default auto */
  readonly kvCacheDtype?: string;
  /**
   * Online quantization of the weights; `fp8` is the one that can be planned.
   * @default - as the checkpoint is
   */
  readonly quantization?: string;
  /** @default false */
  readonly enforceEager?: boolean;
  /**
   * V1 or V2, where `VLLM_USE_V2_MODEL_RUNNER` overrides the release.
   * @default - the release's for that architecture
   */
  readonly modelRunner?: 'V1' | 'V2';
}

/** Bytes on each GPU. The KV cache is what the budget leaves after all the others inside it. */
export interface MemoryPerGpu {
  readonly totalBytes: number;
  readonly budgetBytes: number;
  readonly weightsBytes: number;
  readonly activationBytes: number;
  readonly nonTorchBytes: number;
  /** Part of the budget when the release estimates it, otherwise part of `outsideBudgetBytes`. */
  readonly cudaGraphBytes: number;
  readonly kvCacheBytes: number;
  readonly outsideBudgetBytes: number;
}

/** The props with every default filled in. */
export interface ResolvedMemoryProps {
  readonly model: Model;
  readonly accelerator: Accelerator;
  readonly release: VllmRelease;
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly gpuMemoryUtilization: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
}

/** What a plan found, as far as the search for alternatives needs it. */
export interface MemoryFindings extends ResolvedMemoryProps {
  readonly fits: boolean;
  readonly perGpu: MemoryPerGpu;
  readonly maxModelLen: number;
  readonly largestModelLen: number;
}
