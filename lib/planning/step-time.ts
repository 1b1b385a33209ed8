import { MemoryPlan } from './memory-plan';
import { SpeedCoefficients } from './speed-coefficients';
import { StepWork } from './step-work';

/** What one step of the whole server does. */
export interface Step {
  /** Sequences that each get one token. */
  readonly decoding: number;
  /** Tokens that such a sequence has, on average. */
  readonly tokensEach: number;
  /** Tokens of prompts. */
  readonly promptTokens: number;
  /** Operations of attention of these, on each GPU. */
  readonly promptOperations: number;
  /** Prompts that end in the step. */
  readonly prompts: number;
}

/** Where the time of a step goes, in seconds. The parts hide each other, so that they are no sum. */
export interface StepSeconds {
  readonly bandwidth: number;
  readonly compute: number;
  readonly overhead: number;
  readonly engine: number;
  readonly total: number;
}

/** A smooth maximum: the sum at an exponent of 1, and the larger the exponent, the better the smaller part hides behind the larger one. */
export function blend(a: number, b: number, exponent: number): number {
  const larger = Math.max(a, b);
  return larger === 0 ? 0 : larger * (1 + (Math.min(a, b) / larger) ** exponent) ** (1 / exponent);
}

/** How long a step takes: a roofline of bytes and operations, what each layer costs beside them, and the processor that launches it all. */
export class StepTime {
  readonly work: StepWork;
  private readonly stages: number;
  private readonly largestGraph: number;
  private readonly weightSeconds: number;
  private readonly cacheSeconds: number;
  private readonly operationSeconds: number;
  private readonly expertOperationSeconds: number;
  private readonly layerSeconds: number;
  private readonly allReduceByteSeconds: number;

  constructor(private readonly plan: MemoryPlan, private readonly fitted: SpeedCoefficients) {
    const { model, accelerator, release } = plan;
    const speed = accelerator.speed!;
    this.work = new StepWork(plan);
    this.stages = plan.pipelineParallelSize;
    this.largestGraph = plan.props.enforceEager
      ? 0
      : Math.min(2 * plan.maxNumSeqs, release.largestCudaGraph(accelerator.computeCapability), plan.maxNumBatchedTokens);
    this.weightSeconds = 1 / (speed.memoryBytesPerSecond * fitted.weightsShare);
    this.cacheSeconds = 1 / (speed.memoryBytesPerSecond * fitted.cacheShare);
    const fp8 = this.quantization?.includes('fp8') && accelerator.supportsFp8 ? speed.fp8OperationsPerSecond : undefined;
    this.operationSeconds = 1 / (fp8 === undefined ? speed.halfOperationsPerSecond * fitted.halfShare : fp8 * fitted.fp8Share);
    this.expertOperationSeconds = this.operationSeconds * (1 + fitted.expertHalfWidth / (model.experts?.intermediateSize ?? 1));
    this.layerSeconds = fitted.layerSeconds + (model.experts ? fitted.expertsLayerSeconds : 0)
      + (model.mla ? fitted.latentLayerSeconds : 0);
    this.allReduceByteSeconds = 1 / (speed.linkBytesPerSecond / 2 * fitted.linkShare);
  }

  /** One step; with a pipeline the round in which each of its stages has computed its part of the sequences. */
  of(step: Step): StepSeconds {
    const { stages } = this;
    if (stages === 1) {
      return this.ofStage(step);
    }
    const prompts = this.fitted.stagePrompts / stages;
    const part = this.ofStage({
      tokensEach: step.tokensEach, decoding: step.decoding / stages, promptTokens: step.promptTokens * prompts,
      promptOperations: step.promptOperations * prompts, prompts: step.prompts / stages,
    });
    return {
      bandwidth: stages * part.bandwidth, compute: stages * part.compute, overhead: stages * part.overhead, engine: stages * part.engine,
      total: stages * part.total,
    };
  }

  private get quantization(): string | undefined {
    return this.plan.props.quantization ?? this.plan.model.quantization;
  }

  private ofStage(step: Step): StepSeconds {
    const { fitted, plan, stages } = this;
    const tokens = step.decoding + step.promptTokens;
    const bandwidth = this.bandwidth(step, tokens) / stages;
    const compute = this.compute(step, tokens) / stages;
    const overhead = plan.model.layers / stages * (this.layerSeconds + 2 * this.allReduce(tokens)) + (stages > 1 ? fitted.stageSeconds : 0);
    const gpu = blend(bandwidth, compute, fitted.kernelOverlap) + overhead;
    const ownProcess = plan.tensorParallelSize * stages === 1;
    const scheduling = fitted.engineSeconds + fitted.sequenceSeconds * (step.decoding + step.prompts);
    const launch = this.launch(tokens, step.promptTokens > 0) / stages;
    const engine = (ownProcess ? 1 : fitted.workersShare) * scheduling + launch;
    return { bandwidth, compute, overhead, engine, total: blend(gpu, engine, launch > 0 ? fitted.launchOverlap : fitted.engineOverlap) };
  }

  private bandwidth({ decoding, tokensEach }: Step, tokens: number): number {
    const { work } = this;
    const weights = work.commonBytes + work.expertBytes * work.expertsTouched(tokens);
    return weights * this.weightSeconds + work.cacheBytes(decoding, tokensEach) * this.cacheSeconds;
  }

  private compute({ decoding, prompts, promptOperations }: Step, tokens: number): number {
    const { work } = this;
    const operations = work.operationsPerToken * tokens + work.headOperations * (decoding + prompts) + promptOperations;
    return operations * this.operationSeconds + work.expertOperationsPerToken * tokens * this.expertOperationSeconds;
  }

  /** Seconds to launch all layers where no graph of the whole step does it at once. */
  private launch(tokens: number, withPrompts: boolean): number {
    const { fitted, plan: { model } } = this;
    // mxfp4 is in the experts only
    const quantized = this.quantization === undefined || this.quantization === 'mxfp4' ? 1 : fitted.quantizedLaunch;
    if (tokens <= this.largestGraph) {
      return withPrompts ? model.layers * fitted.piecesLayerSeconds * quantized : 0;
    }
    const experts = model.experts ? fitted.expertsLaunch : 1;
    const latent = model.mla ? fitted.latentLaunch : 1;
    return model.layers * fitted.eagerLayerSeconds * Math.max(quantized, experts) * latent;
  }

  private allReduce(tokens: number): number {
    const { tensorParallelSize: gpus, model } = this.plan;
    const bytes = 2 * (gpus - 1) / gpus * tokens * model.hiddenSize * 2;
    return gpus === 1 ? 0 : this.fitted.allReduceSeconds + bytes * this.allReduceByteSeconds;
  }
}
