import { Model, VllmModelRunner, VllmRelease } from '../catalog';
import { gib } from '../common/bytes';
import { KvCache, KvCachePerRequest } from './kv-cache';
import { loraBytes } from './lora';
import { MemoryAlternative, memoryAlternatives } from './memory-alternatives';
import { checkMemoryPlanProps, largestUtilization } from './memory-checks';
import { MemoryOverhead } from './memory-overhead';
import { MemoryPerGpu, MemoryPlanProps, ResolvedMemoryProps } from './memory-plan-props';
import { smallestPlan, tensorParallelSizes } from './smallest-plan';
import { draftedLayers, draftWeights, SpeculatedKvCache } from './speculation';
import { weightsPerGpu } from './weight-bytes';
import { requireProps } from '../common/props';

/** The settings of the plan, with every default filled in. */
export interface MemoryPlan extends ResolvedMemoryProps {}

/**
 * Whether a model fits an accelerator, and the sum that shows it, by vLLM's own accounting on a new node (cold compile cache).
 *
 * @see https://docs.vllm.ai/en/latest/configuration/conserving_memory/
 */
export class MemoryPlan {
  /**
   * The plan for these settings. A plan that merely does not fit says so in `fits`.
   *
   * @throws on contradictions: a tensor parallel size that does not divide the heads, a `maxModelLen` above the model's, more sequences
   *   than batched tokens, a dtype that the accelerator lacks
   */
  static of(props: MemoryPlanProps): MemoryPlan {
    requireProps('MemoryPlanProps', props, 'MemoryPlan');
    const plan = new MemoryPlan(props);
    // fewer sequences leave more memory for the cache, so that the second plan has room for them
    const lowered = props.maxNumSeqs === undefined && plan.stateBlocks < plan.maxNumSeqs;
    return lowered ? new MemoryPlan(props, Math.max(1, plan.stateBlocks)) : plan;
  }

  /**
   * The plan with the smallest tensor parallel size that fits a machine of the catalogue; when none does, the plan of the smallest
   * size, which says why. With `maxModelLen` `auto`, sizes that hold at least 2,048 tokens, or all of the model's, come first.
   *
   * @param props - `tensorParallelSize` is not looked at
   * @throws on contradictions that no tensor parallel size resolves
   */
  static smallest(props: MemoryPlanProps): MemoryPlan {
    requireProps('MemoryPlanProps', props, 'MemoryPlan');
    return smallestPlan(props, tensorParallelSizes(props), MemoryPlan.of);
  }

  /** Bytes on each GPU. */
  readonly perGpu: MemoryPerGpu;
  /** Tokens that the KV cache of the whole server holds, as vLLM prints it. */
  readonly kvCacheTokens: number;
  /** Tokens of the longest request that the server accepts. */
  readonly maxModelLen: number;
  /** Tokens of the longest request that the KV cache could hold. */
  readonly largestModelLen: number;
  /** Requests of `maxModelLen` that run at once, as vLLM prints it. */
  readonly maxConcurrency: number;
  /** Bytes of the KV cache that one request of `maxModelLen` tokens can come to hold, on each GPU. */
  readonly perRequest: KvCachePerRequest;
  /** Bytes per GPU that are missing; 0 when it fits. */
  readonly shortfallBytes: number;
  /** Why it does not fit, each reason with its sum; empty when it fits. */
  readonly reasons: readonly string[];
  /** Remarks on figures that are estimates outside of what was measured. */
  readonly notes: readonly string[];

  /**
   * The settings as they were given.
   *
   * @internal
   */
  readonly props: MemoryPlanProps;
  /** Sequences whose states the KV cache has blocks for; without a bound as many as one likes. */
  private readonly stateBlocks: number;

  private constructor(props: MemoryPlanProps, maxNumSeqs?: number) {
    const resolved = { ...withDefaults(props), ...(maxNumSeqs === undefined ? {} : { maxNumSeqs }) };
    checkMemoryPlanProps(resolved, props);
    const runner = runnerOf(resolved, props);
    const { lora, speculative } = props;
    const overhead = new MemoryOverhead({
      ...resolved, runner, lora, speculative, enforceEager: props.enforceEager ?? false,
      maxModelLen: typeof props.maxModelLen === 'number' ? props.maxModelLen : resolved.model.maxModelLen,
    });
    const gpuMemoryUtilization = props.gpuMemoryUtilization ?? affordableUtilization(resolved, overhead.outsideBudgetBytes);
    Object.assign(this, resolved, { gpuMemoryUtilization });
    this.props = props;
    const totalBytes = this.accelerator.memoryBytes;
    const budgetBytes = Math.ceil(totalBytes * this.gpuMemoryUtilization);
    const weightsBytes = weightsPerGpu(this.model, this.tensorParallelSize, this.pipelineParallelSize, props.quantization)
      + Math.ceil(loraBytes(lora, this.model, this.tensorParallelSize, this.pipelineParallelSize))
      + draftWeights(speculative, this.tensorParallelSize);
    const graphsInBudget = this.release.estimatesCudaGraphs(runner) ? overhead.cudaGraphBytes : 0;
    const { activationBytes, nonTorchBytes, cudaGraphBytes, outsideBudgetBytes } = overhead;
    const kvCacheBytes = budgetBytes - weightsBytes - activationBytes - nonTorchBytes - graphsInBudget;
    this.perGpu = {
      totalBytes, budgetBytes, weightsBytes, activationBytes, nonTorchBytes, cudaGraphBytes, kvCacheBytes, outsideBudgetBytes,
    };
    this.notes = maxNumSeqs === undefined
      ? overhead.notes
      : [...overhead.notes, `maxNumSeqs is ${maxNumSeqs}: each sequence needs a block of the KV cache for its state, and there are no more`];

    const cache = this.cacheOf(runner);
    this.largestModelLen = cache.largestRequest(kvCacheBytes, this.model.maxModelLen);
    this.maxModelLen = props.maxModelLen === 'auto' ? this.largestModelLen : props.maxModelLen ?? this.model.maxModelLen;
    // a model that caches nothing runs as many sequences as it is told to
    const tokens = cache.isEmpty ? this.maxNumSeqs * this.maxModelLen : cache.poolTokens(kvCacheBytes, Math.max(1, this.maxModelLen));
    this.kvCacheTokens = this.maxModelLen > 0 ? tokens : 0;
    this.perRequest = cache.perRequest(Math.max(1, this.maxModelLen));
    this.maxConcurrency = this.maxModelLen > 0 ? this.kvCacheTokens / this.maxModelLen : 0;

    // vllm/config/compilation.py, 0.32: with CUDA graphs every sequence needs a block for its state, or the server does not start
    const bounded = cache.hasStates && !props.enforceEager;
    this.stateBlocks = bounded ? cache.poolBlocks(kvCacheBytes, Math.max(1, this.maxModelLen)) : Number.POSITIVE_INFINITY;
    const missing = [
      this.missingKvCache(this.perRequest.bytes, graphsInBudget),
      this.missingStates(cache),
      this.missingOutside(),
      this.missingAtStart(),
    ].filter(lack => lack.bytes > 0);
    this.shortfallBytes = Math.ceil(Math.max(0, ...missing.map(lack => lack.bytes)));
    this.reasons = missing.map(lack => lack.reason);
  }

  /** Whether the model fits. */
  get fits(): boolean {
    return this.shortfallBytes === 0;
  }

  /** Nearest changes that fit, at most five, the best first; none when the plan itself fits. */
  get alternatives(): MemoryAlternative[] {
    return this.fits ? [] : memoryAlternatives(this, this.props, MemoryPlan.of);
  }

  /**
   * How many requests of that many tokens the KV cache holds at once; without a bound where nothing is cached.
   *
   * @internal
   */
  requestsHeld(tokens: number): number {
    const cache = this.cacheOf(runnerOf(this, this.props));
    return cache.isEmpty ? Number.POSITIVE_INFINITY : Math.max(0, this.perGpu.kvCacheBytes / cache.perRequest(tokens).bytes);
  }

  /** GPUs of the plan for people: `2 x NVIDIA L4 (tensorParallelSize 2)`. */
  get hardware(): string {
    const gpus = this.tensorParallelSize * this.pipelineParallelSize;
    const stages = this.pipelineParallelSize > 1 ? `, pipelineParallelSize ${this.pipelineParallelSize}` : '';
    return `${gpus} x ${this.accelerator.displayName} (tensorParallelSize ${this.tensorParallelSize}${stages})`;
  }

  /** Text of the refusal: what does not fit, the sum per GPU, and what would. */
  explain(): string {
    const fixes = this.alternatives.map(alternative => alternative.sentence);
    return [
      `${this.model.id} ${this.fits ? 'fits' : 'does not fit'} ${this.hardware}.`,
      ...this.reasons.map(reason => `  per GPU: ${reason}`),
      ...(this.fits ? [] : fixes.length > 0 ? fixes : ['nothing near was found; take a smaller model']).map((fix, index) =>
        `  ${index === 0 ? 'fits:   ' : '        '} ${fix}`),
    ].join('\n');
  }

  private cacheOf(runner: VllmModelRunner): SpeculatedKvCache {
    const { model, props: { speculative } } = this;
    const drafted = speculative && draftedLayers(speculative, model);
    return new SpeculatedKvCache(this.kvCacheOf(model, runner), drafted && this.kvCacheOf(drafted, runner));
  }

  /** How a GPU pages the KV cache of the model, or of what guesses for it: one stage of a pipeline has that. */
  private kvCacheOf(model: Model, runner: VllmModelRunner): KvCache {
    const { tensorParallelSize, pipelineParallelSize, release, maxNumBatchedTokens } = this;
    return new KvCache({
      model,
      tensorParallelSize,
      pipelineParallelSize: model === this.model ? pipelineParallelSize : 1,
      kvCacheDtype: this.props.kvCacheDtype ?? 'auto',
      maxNumBatchedTokens,
      checkpointsInPrefill: release.facts.checkpointsInPrefill,
      tokensInFlight: release.slidingWindowBatches(runner, pipelineParallelSize) * maxNumBatchedTokens,
    });
  }

  private missingKvCache(needed: number, graphs: number): { bytes: number; reason: string } {
    const { weightsBytes, activationBytes, nonTorchBytes, kvCacheBytes, budgetBytes, totalBytes } = this.perGpu;
    const overhead = activationBytes + nonTorchBytes + graphs;
    const bytes = needed - kvCacheBytes;
    const none = this.maxModelLen === 0;
    const cache = none ? 'the KV cache of a single token' : `${gib(needed, 2)} KV cache for one request of ${this.maxModelLen} tokens`;
    return {
      bytes,
      reason: `${gib(weightsBytes)} weights + ${gib(overhead)} overhead + ${cache}`
        + ` = ${gib(weightsBytes + overhead + needed)} > ${gib(budgetBytes)} usable (${gib(totalBytes)} x ${this.gpuMemoryUtilization})`
        + (none ? `; ${gib(bytes, 2)} are missing, so that maxModelLen 'auto' finds no length` : ''),
    };
  }

  private missingStates({ blockBytes }: SpeculatedKvCache): { bytes: number; reason: string } {
    const lacking = Math.max(0, this.maxNumSeqs - this.stateBlocks);
    return {
      bytes: lacking * blockBytes,
      reason: `the states of ${this.maxNumSeqs} sequences need a block of ${gib(blockBytes, 2)} each, and the KV cache has`
        + ` ${this.stateBlocks}; lower maxNumSeqs to ${Math.max(1, this.stateBlocks)}`,
    };
  }

  private missingOutside(): { bytes: number; reason: string } {
    const { totalBytes, budgetBytes, outsideBudgetBytes } = this.perGpu;
    return {
      bytes: outsideBudgetBytes - (totalBytes - budgetBytes),
      reason: `${gib(outsideBudgetBytes, 2)} for sampler and driver outside the budget > ${gib(totalBytes - budgetBytes, 2)}`
        + ` left by gpuMemoryUtilization ${this.gpuMemoryUtilization} of ${gib(totalBytes)}`,
    };
  }

  private missingAtStart(): { bytes: number; reason: string } {
    const { budgetBytes } = this.perGpu;
    const free = this.accelerator.freeMemoryBytes;
    return {
      bytes: budgetBytes - free,
      reason: `gpuMemoryUtilization ${this.gpuMemoryUtilization} asks for ${gib(budgetBytes, 2)} > ${gib(free, 2)} free at start`,
    };
  }
}

function withDefaults(props: MemoryPlanProps): ResolvedMemoryProps {
  const { model, accelerator } = props;
  const release = props.release ?? VllmRelease.DEFAULT;
  const { memoryBytes, isA100 } = accelerator;
  const maxNumBatchedTokens = props.maxNumBatchedTokens ?? release.defaultMaxNumBatchedTokens(memoryBytes, isA100);
  return {
    model,
    accelerator,
    release,
    tensorParallelSize: props.tensorParallelSize ?? 1,
    pipelineParallelSize: props.pipelineParallelSize ?? 1,
    gpuMemoryUtilization: props.gpuMemoryUtilization ?? release.defaultGpuMemoryUtilization,
    maxNumBatchedTokens,
    maxNumSeqs: props.maxNumSeqs ?? Math.min(release.defaultMaxNumSeqs(memoryBytes, isA100), maxNumBatchedTokens),
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
  const largest = largestUtilization(accelerator.memoryBytes, outsideBudgetBytes);
  return largest > 0 ? Math.min(gpuMemoryUtilization, largest) : gpuMemoryUtilization;
}
