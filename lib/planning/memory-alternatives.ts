import { Accelerator, MachineType } from '../catalog';
import { orRefusal, Refusal } from '../common/refusal';
import { largestUtilization } from './memory-checks';
import { MemoryFindings, MemoryPlanProps } from './memory-plan-props';
import { SHORTEST_USEFUL_LEN, smallestPlan, suffices, tensorParallelSizes } from './smallest-plan';

/** A change that fits. */
export interface MemoryAlternative {
  /** The change in words, for example `tensorParallelSize 4 on g2-standard-48`. */
  readonly sentence: string;
  /** The props that make it. */
  readonly props: MemoryPlanProps;
}

const MOST_ALTERNATIVES = 5;

/** Nearest first: a setting, then more GPUs of the same kind, then other GPUs by price. */
export function memoryAlternatives(
  plan: MemoryFindings, props: MemoryPlanProps, planOf: (props: MemoryPlanProps) => MemoryFindings,
): MemoryAlternative[] {
  return new AlternativeSearch(plan, props, planOf).all().slice(0, MOST_ALTERNATIVES);
}

class AlternativeSearch {
  constructor(
    private readonly plan: MemoryFindings,
    private readonly props: MemoryPlanProps,
    private readonly planOf: (props: MemoryPlanProps) => MemoryFindings,
  ) {}

  all(): MemoryAlternative[] {
    const { accelerator, tensorParallelSize } = this.plan;
    return [
      ...this.settings().flatMap(change => this.offer(change)),
      ...this.firstFit(accelerator, tensorParallelSize + 1),
      ...this.otherAccelerators(),
    ];
  }

  private settings(): Partial<MemoryPlanProps>[] {
    const { perGpu, accelerator, model } = this.plan;
    const outsideFits = perGpu.outsideBudgetBytes <= perGpu.totalBytes - perGpu.budgetBytes;
    const fp8: Partial<MemoryPlanProps>[] = accelerator.supportsFp8 ? [{ kvCacheDtype: 'fp8' }] : [];
    if (accelerator.supportsFp8 && model.quantization === undefined) {
      fp8.push({ quantization: 'fp8' });
    }
    if (outsideFits) {
      return [{ maxModelLen: usefulLength(this.plan.largestModelLen) }, ...fp8];
    }
    const gpuMemoryUtilization = largestUtilization(perGpu.totalBytes, perGpu.outsideBudgetBytes);
    const maxModelLen = usefulLength(this.tryPlan({ gpuMemoryUtilization })?.largestModelLen ?? 0);
    return [{ gpuMemoryUtilization }, { gpuMemoryUtilization, maxModelLen }, { maxNumSeqs: 64 }, ...fp8];
  }

  private otherAccelerators(): MemoryAlternative[] {
    return Accelerator.all()
      .filter(accelerator => accelerator.id !== this.plan.accelerator.id)
      .flatMap(accelerator => this.firstFit(accelerator, 1))
      .sort((a, b) => priceOf(a.props) - priceOf(b.props));
  }

  private offer(change: Partial<MemoryPlanProps>): MemoryAlternative[] {
    // A length of its own beside one that fits without it would be no nearer.
    const pointless = change.maxModelLen === 0 || Number(change.maxModelLen) >= this.plan.maxModelLen;
    return !pointless && this.tryPlan(change)?.fits ? [{ sentence: describe(change), props: { ...this.props, ...change } }] : [];
  }

  /** The smallest tensor parallel size from `least` that fits, with a shorter context if need be. */
  private firstFit(accelerator: Accelerator, least: number): MemoryAlternative[] {
    const same = accelerator.id === this.plan.accelerator.id;
    // The same card keeps the utilization that was asked for, another one has its own default.
    const hardware = { accelerator, ...(same ? {} : { gpuMemoryUtilization: undefined }) };
    const asAsked = this.smallest(hardware, least);
    const shorter = this.smallest({ ...hardware, maxModelLen: 'auto' }, least);
    const nearest = !shorter || (asAsked && asAsked.tensorParallelSize <= shorter.tensorParallelSize) ? asAsked : shorter;
    const machine = nearest && machineFor(nearest);
    if (!machine) {
      return [];
    }
    const { tensorParallelSize } = nearest;
    const length = nearest === shorter ? { maxModelLen: usefulLength(shorter.maxModelLen) } : {};
    return [{
      sentence: `${same ? '' : `accelerator ${accelerator.id}, `}tensorParallelSize ${tensorParallelSize} on ${machine.name}`
        + (length.maxModelLen ? ` with maxModelLen <= ${length.maxModelLen}` : ''),
      props: { ...this.props, ...hardware, tensorParallelSize, ...length },
    }];
  }

  private smallest(change: Partial<MemoryPlanProps>, least: number): MemoryFindings | undefined {
    const props = { ...this.props, ...change };
    const sizes = tensorParallelSizes(props).filter(size => size >= least);
    const plan = sizes.length > 0 ? unlessContradictory(() => smallestPlan(props, sizes, this.planOf)) : undefined;
    return plan && suffices(plan, props) ? plan : undefined;
  }

  private tryPlan(change: Partial<MemoryPlanProps>): MemoryFindings | undefined {
    return unlessContradictory(() => this.planOf({ ...this.props, ...change }));
  }
}

/** A change that contradicts the model or the card is no alternative. */
function unlessContradictory<T>(plan: () => T): T | undefined {
  const answer = orRefusal(plan);
  return answer instanceof Refusal ? undefined : answer;
}

function priceOf(props: MemoryPlanProps): number {
  return machineFor(props)?.hourlyPriceUsd ?? Number.POSITIVE_INFINITY;
}

/** The smallest machine that holds all GPUs of the server. */
function machineFor({ accelerator, tensorParallelSize = 1, pipelineParallelSize = 1 }: MemoryPlanProps): MachineType | undefined {
  return MachineType.forAccelerator(accelerator).find(machine => machine.gpus >= tensorParallelSize * pipelineParallelSize);
}

function describe(change: Partial<MemoryPlanProps>): string {
  return Object.entries(change).map(([prop, value]) => prop === 'maxModelLen' ? `maxModelLen <= ${value}` : `${prop} ${value}`).join(', ');
}

/** Rounded down to a figure that people would type; 0 when it is too short to propose. */
function usefulLength(tokens: number): number {
  const step = tokens >= 16384 ? 1024 : 256;
  const rounded = Math.floor(tokens / step) * step;
  return rounded >= SHORTEST_USEFUL_LEN ? rounded : 0;
}
