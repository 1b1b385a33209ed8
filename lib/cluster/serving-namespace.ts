import { Construct } from 'constructs';
import { k8s } from '../pods/k8s';
import { requirePropsOf } from '../common/props';

/** Props of `ServingNamespace`. */
export interface ServingNamespaceProps {
  /** Name of the namespace: a DNS label. */
  readonly name: string;
}

/**
 * A namespace in which nothing runs, talks or is reached but what says so: Pod Security "restricted", no traffic by default, no Service
 * that is open to the outside, and default requests for pods that name none. One a cluster and namespace.
 */
export class ServingNamespace extends Construct {
  constructor(scope: Construct, id: string, props: ServingNamespaceProps) {
    super(scope, id);
    requirePropsOf(this, 'ServingNamespaceProps', props);
    const { name } = props;
    const modes = ['enforce', 'warn', 'audit'].map(mode => [`pod-security.kubernetes.io/${mode}`, 'restricted']);
    new k8s.KubeNamespace(this, 'Resource', { metadata: { name, labels: Object.fromEntries(modes) } });
    new k8s.KubeNetworkPolicy(this, 'DefaultDeny', {
      metadata: { name: 'default-deny', namespace: name },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
    const none = k8s.Quantity.fromString('0');
    new k8s.KubeResourceQuota(this, 'Quota', {
      metadata: { name: 'no-public-services', namespace: name },
      spec: { hard: { 'services.loadbalancers': none, 'services.nodeports': none } },
    });
    // Requests only: a default limit would also throttle the sidecars that drivers inject without one.
    const defaultRequest = { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '128Mi' };
    new k8s.KubeLimitRange(this, 'Defaults', {
      metadata: { name: 'defaults', namespace: name },
      spec: {
        limits: [{
          type: 'Container',
          defaultRequest: Object.fromEntries(
            Object.entries(defaultRequest).map(([resource, amount]) => [resource, k8s.Quantity.fromString(amount)]),
          ),
        }],
      },
    });
  }
}
