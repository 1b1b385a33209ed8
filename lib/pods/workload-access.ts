import { Construct } from 'constructs';
import { Grant } from '../common/grant';
import { ServiceIdentity } from '../common/identity';
import { requireServiceAccountName } from '../common/names';
import { k8s } from './k8s';
import { selectorLabelsOf, workloadLabels } from './labels';
import { some } from './some';

export interface WorkloadAccessProps {
  /** Name of the workload. */
  readonly name: string;
  /** What it is: `vllm`, `gradio-chat`. */
  readonly app: string;
  /** Part that it plays: `server`, `weights`. */
  readonly component: string;
  readonly namespace: string;
  /**
   * Who may talk to it.
   * @default - nobody
   */
  readonly ingress?: readonly k8s.NetworkPolicyIngressRule[];
  /**
   * Whom it may talk to.
   * @default - nobody
   */
  readonly egress?: readonly k8s.NetworkPolicyEgressRule[];
  /**
   * What it may do in Google Cloud.
   * @default - nothing
   */
  readonly grants?: readonly Grant[];
  /**
   * Name of a service account that exists.
   * @default - one is made, of the workload's name
   */
  readonly serviceAccountName?: string;
}

/** Who a workload is, and who may talk to whom: labels, a service account of its own or one that exists, and a network policy. */
export class WorkloadAccess extends Construct {
  readonly identity: ServiceIdentity;
  /** Labels of every object. */
  readonly labels: { [label: string]: string };
  /** Labels that select the pods. */
  readonly selectorLabels: { [label: string]: string };

  constructor(scope: Construct, id: string, props: WorkloadAccessProps) {
    super(scope, id);
    const names = { app: props.app, instance: props.name };
    this.labels = workloadLabels(names, props.component);
    this.selectorLabels = selectorLabelsOf(names);
    const metadata = { name: props.name, labels: this.labels };
    this.identity = identityOf(props);
    if (!this.identity.existing) {
      new k8s.KubeServiceAccount(this, 'Identity', { metadata, automountServiceAccountToken: false });
    }
    new k8s.KubeNetworkPolicy(this, 'NetworkPolicy', {
      metadata,
      spec: {
        podSelector: { matchLabels: this.selectorLabels },
        policyTypes: ['Ingress', 'Egress'],
        // No rule at all lets nothing through; an empty list would be dropped by the API server and be a change on every apply.
        ingress: some(props.ingress),
        egress: some(props.egress),
      },
    });
  }
}

function identityOf({ namespace, name, grants, serviceAccountName: existing }: WorkloadAccessProps): ServiceIdentity {
  const serviceAccountName = existing === undefined ? name : requireServiceAccountName('serviceAccountName', existing);
  return new ServiceIdentity({ namespace, serviceAccountName, grants, existing: existing !== undefined });
}
