import { MemoryPlanProps } from './memory-plan-props';
import { ServingGoal } from './serving-goal';

/** Props of `ServingChoice.of`. */
export interface ServingChoiceProps extends ServingGoal {
  /** Settings of the server; those that are given are kept. */
  readonly memory: MemoryPlanProps;
  /**
   * Number of API server processes, from 1 to 64.
   * @default - it is chosen, of 1 and 4, or of 1 and 2 where there are no virtual CPUs for 4
   */
  readonly apiServerCount?: number;
  /**
   * Number of virtual CPUs of the machine that one server has, 1 or more: 2 for each GPU, and 1 for each API server after the first.
   * @default - as many as the API servers need
   */
  readonly virtualCpus?: number;
}
