import { VllmModelRunner, VllmRelease } from '../catalog';
import { Facts } from '../catalog/facts';
import { gib, GIB } from '../common/bytes';
import { KvCache } from './kv-cache';
import { MemoryAlternative, memoryAlternatives } from './memory-alternatives';
import { checkMemoryPlanProps } from './memory-checks';
import { MemoryOverhead } from './memory-overhead';
import { MemoryFindings, MemoryPerGpu, MemoryPlanProps, ResolvedMemoryProps } from './memory-plan-props';
import { weightsPerGpu } from './weight-bytes';

export type { MemoryPerGpu, MemoryPlanProps } from './memory-plan-props';
export type { MemoryAlternative } from './memory-alternatives';

/**
 * Whether a model fits an accelerator, and the sum that shows it, by vLLM's own accounting on a new node (cold compile cache).
 *
 * @see https://docs.vllm.ai/en/latest/configuration/conserving_memory/
 */
export class MemoryPlan extends Facts<ResolvedMemoryProps>() implements MemoryFindings {
  /**
   * @throws on contradictions: a tensor parallel size that does not divide the heads, a `maxModelLen` above the model's, more sequences
   *   than batched tokens, a dtype that the accelerator lacks. A plan that merely does not fit says so in `fits`.
   */
  static of(props: MemoryPlanProps): MemoryPlan {
    return new MemoryPlan(props);
  }

  readonly perGpu: MemoryPerGpu;
  /** Tokens that the KV cache of the whole server holds, as vLLM prints it. */
  readonly kvCacheTokens: number;
  /** Tokens of the longest request that the server accepts. */
  readonly maxModelLen: number;
  /** Tokens of the longest request that the KV cache could hold. */
  readonly largestModelLen: number;
  /** Requests of `maxModelLen` that run at once, as vLLM prints it. */
  readonly maxConcurrency: number;
  /** Bytes per GPU that are missing; 0 when it fits. */
  readonly shortfallBytes: number;
  /** Why it does not fit, each reason with its sum; empty when it fits. */
  readonly reasons: string[];
  /** Where a figure is an estimate outside of what was measured. */
  readonly notes: string[];

  private readonly props: MemoryPlanProps;

  private constructor(props: MemoryPlanProps) {
    const resolved = withDefaults(props);
    checkMemoryPlanProps(resolved, props);
    const runner = runnerOf(resolved, props);
    const overhead = new MemoryOverhead({ ...resolved, runner, enforceEager: props.enforceEager ?? false });
    const gpuMemoryUtilization = props.gpuMemoryUtilization ?? affordableUtilization(resolved, overhead.outsideBudgetBytes);
    super({ ...resolved, gpuMemoryUtilization });
    this.props = props;
    const totalBytes = this.accelerator.memoryBytes;
    const budgetBytes = Math.ceil(totalBytes * this.gpuMemoryUtilization);
    const weightsBytes = weightsPerGpu(this.model, this.tensorParallelSize, this.pipelineParallelSize, props.quantization);
    const graphsInBudget = this.release.estimatesCudaGraphs(runner) ? overhead.cudaGraphBytes : 0;
    const { activationBytes, nonTorchBytes, cudaGraphBytes, outsideBudgetBytes } = overhead;
    const kvCacheBytes = budgetBytes - weightsBytes - activationBytes - nonTorchBytes - graphsInBudget;
    this.perGpu = {
      totalBytes, budgetBytes, weightsBytes, activationBytes, nonTorchBytes, cudaGraphBytes, kvCacheBytes, outsideBudgetBytes,
    };
    this.notes = overhead.notes;

    const cache = new KvCache({
      model: this.model, tensorParallelSize: this.tensorParallelSize, pipelineParallelSize: this.pipelineParallelSize,
      kvCacheDtype: props.kvCacheDtype ?? 'auto',
      tokensInFlight: this.release.slidingWindowBatches(runner, this.pipelineParallelSize) * this.maxNumBatchedTokens,
    });
    this.largestModelLen = cache.largestRequest(kvCacheBytes, this.model.maxModelLen);
    this.maxModelLen = props.maxModelLen === 'auto' ? this.largestModelLen : props.maxModelLen ?? this.model.maxModelLen;
    this.kvCacheTokens = this.maxModelLen > 0 ? cache.poolTokens(kvCacheBytes, this.maxModelLen) : 0;
    this.maxConcurrency = this.maxModelLen > 0 ? this.kvCacheTokens / this.maxModelLen : 0;

    const needed = cache.requestBytes(Math.max(1, this.maxModelLen));
    const missing = [
      this.missingKvCache(needed, graphsInBudget),
      this.missingOutside(),
      this.missingAtStart(),
    ].filter(lack => lack.bytes > 0);
    this.shortfallBytes = Math.ceil(Math.max(0, ...missing.map(lack => lack.bytes)));
    this.reasons = missing.map(lack => lack.reason);
  }

  get fits(): boolean {
    return this.shortfallBytes === 0;
  }

  /** Nearest changes that fit, best first. */
  get alternatives(): MemoryAlternative[] {
    return this.fits ? [] : memoryAlternatives(this, this.props, MemoryPlan.of);
  }

  /** `2 x NVIDIA L4 (tensorParallelSize 2)` */
  get hardware(): string {
    const gpus = this.tensorParallelSize * this.pipelineParallelSize;
    const stages = this.pipelineParallelSize > 1 ? `, pipelineParallelSize ${this.pipelineParallelSize}` : '';
    return `${gpus} x ${this.accelerator.displayName} (tensorParallelSize ${this.tensorParallelSize}${stages})`;
  }

  /** The refusal's text: what does not fit, the sum per GPU, and what would. */
  explain(): string {
    const fixes = this.alternatives.map(alternative => alternative.sentence);
    return [
      `${this.model.id} ${this.fits ? 'fits' : 'does not fit'} ${this.hardware}.`,
      ...this.reasons.map(reason => `  per GPU: ${reason}`),
      ...(this.fits ? [] : fixes.length > 0 ? fixes : ['nothing near was found; take a smaller model']).map((fix, index) =>
        `  ${index === 0 ? 'fits:   ' : '        '} ${fix}`),
    ].join('\n');
  }

  private missingKvCache(needed: number, graphs: number): { bytes: number; reason: string } {
    const { weightsBytes, activationBytes, nonTorchBytes, kvCacheBytes, budgetBytes, totalBytes } = this.perGpu;
    const overhead = activationBytes + nonTorchBytes + graphs;
    const bytes = needed - kvCacheBytes;
    const none = this.maxModelLen === 0;
    const cache = none ? 'the KV cache of a single token' : `${preciseGib(needed)} KV cache for one request of ${this.maxModelLen} tokens`;
    return {
      bytes,
      reason: `${gib(weightsBytes)} weights + ${gib(overhead)} overhead + ${cache}`
        + ` = ${gib(weightsBytes + overhead + needed)} > ${gib(budgetBytes)} usable (${gib(totalBytes)} x ${this.gpuMemoryUtilization})`
        + (none ? `; ${preciseGib(bytes)} are missing, so that maxModelLen 'auto' finds no length` : ''),
    };
  }

  private missingOutside(): { bytes: number; reason: string } {
    const { totalBytes, budgetBytes, outsideBudgetBytes } = this.perGpu;
    return {
      bytes: outsideBudgetBytes - (totalBytes - budgetBytes),
      reason: `${preciseGib(outsideBudgetBytes)} for sampler and driver outside the budget > ${preciseGib(totalBytes - budgetBytes)}`
        + ` left by gpuMemoryUtilization ${this.gpuMemoryUtilization} of ${gib(totalBytes)}`,
    };
  }

  private missingAtStart(): { bytes: number; reason: string } {
    const { budgetBytes } = this.perGpu;
    const free = this.accelerator.freeMemoryBytes;
    return {
      bytes: budgetBytes - free,
      reason: `gpuMemoryUtilization ${this.gpuMemoryUtilization} asks for ${preciseGib(budgetBytes)} > ${preciseGib(free)} free at start`,
    };
  }
}

function withDefaults(props: MemoryPlanProps): ResolvedMemoryProps {
  const { model, accelerator } = props;
  const release = props.release ?? VllmRelease.DEFAULT;
  // Of both memory sizes: a100, a100-80gb.
  const isA100 = accelerator.id.split('-')[0] === 'a100';
  const maxNumBatchedTokens = props.maxNumBatchedTokens ?? release.defaultMaxNumBatchedTokens(accelerator.memoryBytes, isA100);
  return {
    model,
    accelerator,
    release,
    tensorParallelSize: props.tensorParallelSize ?? 1,
    pipelineParallelSize: props.pipelineParallelSize ?? 1,
    gpuMemoryUtilization: props.gpuMemoryUtilization ?? release.defaultGpuMemoryUtilization,
    maxNumBatchedTokens,
    maxNumSeqs: props.maxNumSeqs ?? Math.min(release.defaultMaxNumSeqs(accelerator.memoryBytes, isA100), maxNumBatchedTokens),
  };
}

function runnerOf({ model, release }: ResolvedMemoryProps, props: MemoryPlanProps): VllmModelRunner {
  return props.modelRunner ?? release.modelRunner({
    architecture: model.architecture,
    mixtureOfExperts: model.experts !== undefined,
    quantized: (props.quantization ?? model.quantization) !== undefined,
  });
}

/** The release's default, or what the memory used beside the budget leaves of the card. */
function affordableUtilization({ accelerator, gpuMemoryUtilization }: ResolvedMemoryProps, outsideBudgetBytes: number): number {
  const largest = Math.floor((1 - outsideBudgetBytes / accelerator.memoryBytes) * 100) / 100;
  return largest > 0 ? Math.min(gpuMemoryUtilization, largest) : gpuMemoryUtilization;
}

function preciseGib(bytes: number): string {
  return `${(bytes / GIB).toFixed(2)} GiB`;
}
