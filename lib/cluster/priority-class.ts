import { Construct } from 'constructs';
import { wholeNumber } from '../common/whole-number';
import { k8s } from '../pods/k8s';

export interface PriorityClassProps {
  readonly name: string;
  readonly value: number;
  readonly description: string;
}

export class PriorityClass extends Construct {
  constructor(scope: Construct, id: string, props: PriorityClassProps) {
    super(scope, id);
    // What is above is the system's. https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#priorityclass
    wholeNumber('value', props.value, -(2 ** 31), 1e9, `PriorityClass '${id}': `);
    new k8s.KubePriorityClass(this, 'Resource', {
      metadata: { name: props.name }, value: props.value, description: props.description,
      preemptionPolicy: 'PreemptLowerPriority',
    });
  }
}
