import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { tcp, toGoogleApis } from '../pods';
import { clientLabels, selectorLabels } from './labels';

/** Google's managed collectors: Standard and Autopilot. https://cloud.google.com/stackdriver/docs/managed-prometheus/setup-managed */
const COLLECTOR_NAMESPACES = ['gmp-system', 'gke-gmp-system'];

export interface ServerNetworkPolicyProps {
  /** Of the server. */
  readonly name: string;
  readonly port: number;
  readonly labels: { readonly [name: string]: string };
  readonly reachesGoogleApis: boolean;
}

/** In: its clients and the metrics collectors. Out: nothing, or what a bucket needs. */
export class ServerNetworkPolicy extends Construct {
  constructor(scope: Construct, id: string, props: ServerNetworkPolicyProps) {
    super(scope, id);
    new k8s.KubeNetworkPolicy(this, 'Resource', {
      metadata: { name: props.name, labels: { ...props.labels } },
      spec: {
        podSelector: { matchLabels: selectorLabels(props.name) },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{
          from: [
            { podSelector: { matchLabels: clientLabels(props.name) } },
            ...COLLECTOR_NAMESPACES.map(namespace => ({
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
            })),
          ],
          ports: [tcp(props.port)],
        }],
        // No rule at all lets nothing out; an empty list would be dropped by the API server and be a change on every apply.
        egress: props.reachesGoogleApis ? toGoogleApis() : undefined,
      },
    });
  }
}
