import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

export interface PriorityClassProps {
  readonly name: string;
  readonly value: number;
  readonly description: string;
}

export class PriorityClass extends Construct {
  constructor(scope: Construct, id: string, props: PriorityClassProps) {
    super(scope, id);
    new k8s.KubePriorityClass(this, 'Resource', {
      metadata: { name: props.name }, value: props.value, description: props.description, globalDefault: false,
      preemptionPolicy: 'PreemptLowerPriority',
    });
  }
}
