import { Accelerator, MachineType } from '../catalog';
import { legalTensorParallelSizes } from './memory-checks';
import { MemoryFindings, MemoryPlanProps } from './memory-plan-props';

/** A change that fits: a sentence for people, and the props that make it. */
export interface MemoryAlternative {
  readonly sentence: string;
  readonly props: MemoryPlanProps;
}

/** Shorter is not worth proposing. */
const SHORTEST_USEFUL_LEN = 2048;
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
    const gpuMemoryUtilization = Math.floor((1 - perGpu.outsideBudgetBytes / perGpu.totalBytes) * 100) / 100;
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
    const { pipelineParallelSize } = this.plan;
    const most = Math.max(0, ...MachineType.forAccelerator(accelerator).map(machine => machine.gpus)) / pipelineParallelSize;
    const same = accelerator.id === this.plan.accelerator.id;
    for (const tensorParallelSize of legalTensorParallelSizes(this.plan.model.attentionHeads, most).filter(size => size >= least)) {
      // The same card keeps the utilization that was asked for, another one has its own default.
      const hardware = { accelerator, tensorParallelSize, ...(same ? {} : { gpuMemoryUtilization: undefined }) };
      const maxModelLen = usefulLength(this.tryPlan({ ...hardware, maxModelLen: 'auto' })?.maxModelLen ?? 0);
      for (const change of [hardware, { ...hardware, maxModelLen }]) {
        if (!('maxModelLen' in change && change.maxModelLen === 0) && this.tryPlan(change)?.fits) {
          const machine = machineFor({ ...this.props, ...change })!;
          const length = 'maxModelLen' in change ? ` with maxModelLen <= ${change.maxModelLen}` : '';
          const where = same ? '' : `accelerator ${accelerator.id}, `;
          return [{
            sentence: `${where}tensorParallelSize ${tensorParallelSize} on ${machine.name}${length}`,
            props: { ...this.props, ...change },
          }];
        }
      }
    }
    return [];
  }

  /** A change that contradicts the model or the card is no alternative. */
  private tryPlan(change: Partial<MemoryPlanProps>): MemoryFindings | undefined {
    try {
      return this.planOf({ ...this.props, ...change });
    } catch {
      return undefined;
    }
  }
}

function priceOf(props: MemoryPlanProps): number {
  return machineFor(props)?.hourlyPriceUsd ?? Number.POSITIVE_INFINITY;
}

/** The smallest machine that holds all GPUs of the server. */
function machineFor(props: MemoryPlanProps): MachineType | undefined {
  const gpus = (props.tensorParallelSize ?? 1) * (props.pipelineParallelSize ?? 1);
  return MachineType.forAccelerator(props.accelerator).find(machine => machine.gpus >= gpus);
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
