import { ACTIVATION_BYTES } from './activation-bytes';
import { Accelerator, Model, VllmModelRunner, VllmRelease } from '../catalog';
import { Lora } from './lora';
import { Speculation } from './speculation';

/** What the memory beside weights and KV cache depends on. */
export interface MemoryOverheadProps {
  readonly model: Model;
  readonly accelerator: Accelerator;
  readonly release: VllmRelease;
  readonly runner: VllmModelRunner;
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly enforceEager: boolean;
  /** Tokens of the longest request that the server starts with: the model's longest where the length is found. */
  readonly maxModelLen: number;
  readonly lora?: Lora;
  readonly speculative?: Speculation;
}

/**
 * Width of the feed-forward layers that every token goes through: all of them, or of a mixture the first dense layers. A mixture
 * without one repeats the width of its experts.
 */
export function denseWidth({ experts, intermediateSize }: Model): number {
  return experts && experts.intermediateSize === intermediateSize ? 0 : intermediateSize;
}

/** Bytes of one step of so many tokens: gate, up and their product of the dense layers, and the residual stream. */
export function denseStepBytes({ model, tensorParallelSize }: MemoryOverheadProps, tokens: number): number {
  return tokens * ACTIVATION_BYTES * (3 * denseWidth(model) / tensorParallelSize + 4 * model.hiddenSize);
}

/** Whether the attention is FlashAttention 3, as on Hopper (`vllm-project/vllm vllm/v1/attention/backends/fa_utils.py`). */
export function hasFlashAttention3({ accelerator }: MemoryOverheadProps): boolean {
  return Math.floor(accelerator.computeCapability) === 9;
}
