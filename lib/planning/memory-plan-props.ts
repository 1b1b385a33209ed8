import { Accelerator, Model, VllmDtype, VllmKvCacheDtype, VllmModelRunner, VllmQuantization, VllmRelease } from '../catalog';
import { Lora } from './lora';
import { Speculation } from './speculation';

/** Props of `MemoryPlan.of`. Those that become arguments of `vllm serve` have their names. */
export interface MemoryPlanProps {
  /** The model that is served. */
  readonly model: Model;
  /** The GPU that it is served on. */
  readonly accelerator: Accelerator;
  /**
   * Release of vLLM that serves it.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
  /**
   * Number of GPUs that share each layer, 1 or more; it has to divide the attention heads.
   * @default 1
   */
  readonly tensorParallelSize?: number;
  /**
   * Number of stages that the layers are spread over, from 1 to the number of layers.
   * @default 1
   */
  readonly pipelineParallelSize?: number;
  /**
   * Share of the GPU's total memory that vLLM may use, above 0 and at most 1.
   * @default - the release's, 0.92, or less where the sampler and the collectives need more beside it
   */
  readonly gpuMemoryUtilization?: number;
  /**
   * Tokens of the longest request, from 1 to the model's longest, or `auto` for the most that fits.
   * @default - the model's longest
   */
  readonly maxModelLen?: number | 'auto';
  /**
   * Number of sequences that run at once, from 1 to `maxNumBatchedTokens`.
   * @default - the release's for that much GPU memory
   */
  readonly maxNumSeqs?: number;
  /**
   * Number of tokens that one step computes, `maxNumSeqs` or more.
   * @default - the release's for that much GPU memory
   */
  readonly maxNumBatchedTokens?: number;
  /**
   * Number format of weights and computation.
   * @default - the model's
   */
  readonly dtype?: VllmDtype;
  /**
   * Number format of the KV cache. Only those whose size a plan knows are accepted: `auto`, `bfloat16`, `float16` and `fp8*`.
   * @default auto
   */
  readonly kvCacheDtype?: VllmKvCacheDtype;
  /**
   * Quantization of the weights while they load; `fp8` is the one that can be planned.
   * @default - as the checkpoint is
   */
  readonly quantization?: VllmQuantization;
  /**
   * Whether the server runs without compilation and CUDA graphs.
   * @default false
   */
  readonly enforceEager?: boolean;
  /**
   * Model runner, where `VLLM_USE_V2_MODEL_RUNNER` overrides the release.
   * @default - the release's for that architecture
   */
  readonly modelRunner?: VllmModelRunner;
  /**
   * Adapters of low rank beside the model.
   * @default - none
   */
  readonly lora?: Lora;
  /**
   * Speculative decoding.
   * @default - none
   */
  readonly speculative?: Speculation;
}

/** Bytes on each GPU. The KV cache is what the budget leaves after all the others inside it. */
export interface MemoryPerGpu {
  /** Total memory of the GPU. */
  readonly totalBytes: number;
  /** Memory that vLLM may use: the total times `gpuMemoryUtilization`. */
  readonly budgetBytes: number;
  /** Weights on the fullest GPU: the model's, the draft model's and the places of adapters. */
  readonly weightsBytes: number;
  /** Peak of the profile run beyond the weights. */
  readonly activationBytes: number;
  /** Memory that is allocated past torch: NCCL, cuBLAS, kernels. */
  readonly nonTorchBytes: number;
  /** Captured CUDA graphs: part of the budget when the release estimates them, otherwise part of `outsideBudgetBytes`. */
  readonly cudaGraphBytes: number;
  /** Memory that is left for the KV cache; negative when the others exceed the budget. */
  readonly kvCacheBytes: number;
  /** Memory that a running server uses beyond its budget: context, sampler, collectives. */
  readonly outsideBudgetBytes: number;
}

/** Settings of a memory plan with every default filled in. */
export interface ResolvedMemoryProps {
  /** The model that is served. */
  readonly model: Model;
  /** The GPU that it is served on. */
  readonly accelerator: Accelerator;
  /** Release of vLLM that serves it. */
  readonly release: VllmRelease;
  /** Number of GPUs that share each layer. */
  readonly tensorParallelSize: number;
  /** Number of stages that the layers are spread over. */
  readonly pipelineParallelSize: number;
  /** Share of the GPU's total memory that vLLM may use, above 0 and at most 1. */
  readonly gpuMemoryUtilization: number;
  /** Number of sequences that run at once. */
  readonly maxNumSeqs: number;
  /** Number of tokens that one step computes. */
  readonly maxNumBatchedTokens: number;
}

/** What a plan found, as far as the search for alternatives needs it. */
export interface MemoryFindings extends ResolvedMemoryProps {
  readonly fits: boolean;
  readonly perGpu: MemoryPerGpu;
  readonly maxModelLen: number;
  readonly largestModelLen: number;
}
