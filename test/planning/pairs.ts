import { Accelerator, Model } from '../../lib/catalog';
import { MemoryPlan, MemoryPlanProps } from '../../lib/planning';

export { refusalOf } from '../refusal-of';

/** Every model of the catalogue on every accelerator, with the dtype that the card asks for. */
export const PAIRS: MemoryPlanProps[] = Model.all().flatMap(model => Accelerator.all().map(accelerator => ({
  model, accelerator, dtype: accelerator.supportsBfloat16 ? undefined : 'half',
})));

export function nameOf({ model, accelerator, tensorParallelSize = 1 }: MemoryPlanProps): string {
  return `${model.id} on ${tensorParallelSize} x ${accelerator.id}`;
}

/** The plan, or the contradiction for which there is none. */
export function planOrRefusal(props: MemoryPlanProps): MemoryPlan | string {
  try {
    return MemoryPlan.of(props);
  } catch (error) {
    return (error as Error).message;
  }
}

/** The pairs that can be planned at all, with their plan. */
export function planned(change: Partial<MemoryPlanProps> = {}): [MemoryPlanProps, MemoryPlan][] {
  return PAIRS.map(props => ({ ...props, ...change })).flatMap((props) => {
    const plan = planOrRefusal(props);
    return plan instanceof MemoryPlan ? [[props, plan] as [MemoryPlanProps, MemoryPlan]] : [];
  });
}
