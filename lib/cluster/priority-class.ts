import { Construct } from 'constructs';
import { refusing } from '../common/refusal';
import { wholeNumber } from '../common/whole-number';
import { k8s } from '../pods/k8s';
import { requirePropsOf } from '../common/props';

/** Props of `PriorityClass`. */
export interface PriorityClassProps {
  /** Name of the PriorityClass, by which servers ask for it: a DNS subdomain. */
  readonly name: string;
  /** Priority of the pods, from -2,147,483,648 to 1,000,000,000; the larger one goes first. */
  readonly value: number;
  /** Sentence on when to use the class. */
  readonly description: string;
}

/**
 * A priority that pods can ask for: those of a lower one make room for them. One a cluster.
 *
 * @throws on a value that is no whole number in the range
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
export class PriorityClass extends Construct {
  constructor(scope: Construct, id: string, props: PriorityClassProps) {
    super(scope, id);
    requirePropsOf(this, 'PriorityClassProps', props);
    // What is above is the system's. https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#priorityclass
    refusing(this, () => wholeNumber('value', props.value, -(2 ** 31), 1e9));
    new k8s.KubePriorityClass(this, 'Resource', {
      metadata: { name: props.name }, value: props.value, description: props.description,
      preemptionPolicy: 'PreemptLowerPriority',
    });
  }
}
