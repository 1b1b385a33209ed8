import { MachineType } from '../catalog';
import { orRefusal, Refusal } from '../common/refusal';
import { legalTensorParallelSizes } from './tensor-parallel';
import { MemoryFindings, MemoryPlanProps } from './memory-plan-props';

/** A shorter context is not worth a server. */
export const SHORTEST_USEFUL_LEN = 2048;

/** Whether a plan fits, and a length that it had to find is worth a server, or all that the model was made for. */
export function suffices({ fits, maxModelLen, model }: MemoryFindings, asked: MemoryPlanProps): boolean {
  return fits && (asked.maxModelLen !== 'auto' || maxModelLen >= Math.min(SHORTEST_USEFUL_LEN, model.maxModelLen));
}

/** Tensor parallel sizes that divide the heads and that one machine with the card has the GPUs for, ascending; at least 1 itself. */
export function tensorParallelSizes({ model, accelerator, pipelineParallelSize = 1 }: MemoryPlanProps): number[] {
  const sizes = legalTensorParallelSizes(model, MachineType.mostGpus(accelerator) / pipelineParallelSize);
  return sizes.length > 0 ? sizes : [1];
}

/**
 * The first plan that suffices, of some tensor parallel sizes; else the first one that fits, else the first one.
 *
 * @throws when every size contradicts the model or the card
 */
export function smallestPlan<Plan extends MemoryFindings>(
  props: MemoryPlanProps, sizes: readonly number[], planOf: (props: MemoryPlanProps) => Plan,
): Plan {
  const plans: Plan[] = [];
  let contradiction: Refusal | undefined;
  for (const tensorParallelSize of sizes) {
    const plan = orRefusal(() => planOf({ ...props, tensorParallelSize }));
    if (plan instanceof Refusal) {
      contradiction ??= plan;
    } else if (suffices(plan, props)) {
      return plan;
    } else {
      plans.push(plan);
    }
  }
  if (plans.length === 0) {
    throw contradiction;
  }
  return plans.find(plan => plan.fits) ?? plans[0];
}
