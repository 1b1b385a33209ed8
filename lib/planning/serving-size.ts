import { orRefusal, Refusal } from '../common/refusal';
import { MemoryPlan } from './memory-plan';
import { comparedWithSize } from './replica-comparison';
import { ServingChoice, SURE_GAIN } from './serving-choice';
import { ServingChoiceProps } from './serving-choice-props';
import { suffices, tensorParallelSizes } from './smallest-plan';
import { ThroughputPlan } from './throughput-plan';

/**
 * The choice of arguments and of the tensor parallel size, unless that is given: the smallest that keeps the goal, or a larger one that
 * gives clearly more tokens than replicas of each smaller one on the same GPUs.
 *
 * @param virtualCpusOf - virtual CPUs of a server of so many GPUs
 * @throws as `ServingChoice.of` does, for the smallest size that holds the model
 */
export function choiceOfSize(props: Omit<ServingChoiceProps, 'virtualCpus'>, virtualCpusOf: (gpus: number) => number): ServingChoice {
  const { pipelineParallelSize = 1 } = props.memory;
  const choice = (tensorParallelSize: number) => ServingChoice.of({
    ...props, memory: { ...props.memory, tensorParallelSize }, virtualCpus: virtualCpusOf(tensorParallelSize * pipelineParallelSize),
  });
  const tried = sizesOf(props).map(size => orRefusal(() => choice(size)));
  const kept = tried.filter((one): one is ServingChoice => !(one instanceof Refusal));
  if (kept.length === 0) {
    throw tried[0] as Refusal;
  }
  return kept.filter((one, index) => kept.slice(0, index).every(smaller => clearlyMore(one, smaller))).at(-1)!;
}

/** Whether one server gives clearly more tokens than replicas of a smaller one on as many GPUs, with the load shared among them. */
function clearlyMore({ throughput, memory }: ServingChoice, { memory: { tensorParallelSize } }: ServingChoice): boolean {
  if (memory.tensorParallelSize % tensorParallelSize !== 0) {
    return false;
  }
  const compared = orRefusal(() => comparedWithSize(throughput, tensorParallelSize, props => ThroughputPlan.of(props)));
  return !(compared instanceof Refusal) && compared.ratio < 1 / (1 + SURE_GAIN);
}

function sizesOf({ memory }: Pick<ServingChoiceProps, 'memory'>): number[] {
  if (memory.tensorParallelSize !== undefined) {
    return [memory.tensorParallelSize];
  }
  const plans = tensorParallelSizes(memory).map(tensorParallelSize => orRefusal(() => MemoryPlan.of({ ...memory, tensorParallelSize })));
  const holding = plans.filter((plan): plan is MemoryPlan => !(plan instanceof Refusal) && suffices(plan, memory))
    .map(plan => plan.tensorParallelSize);
  return holding.length > 0 ? holding : [MemoryPlan.smallest(memory).tensorParallelSize];
}
