import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { clientLabels, selectorLabels } from './labels';

/** Google's managed collectors: Standard and Autopilot. https://cloud.google.com/stackdriver/docs/managed-prometheus/setup-managed */
const COLLECTOR_NAMESPACES = ['gmp-system', 'gke-gmp-system'];

/** GKE's metadata server, and where its daemon listens for pods. https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity */
const METADATA: { readonly cidr: string; readonly port: number }[] = [
  { cidr: '169.254.169.252/32', port: 988 },
  { cidr: '169.254.169.254/32', port: 80 },
];
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'];

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
          ports: [{ protocol: 'TCP', port: k8s.IntOrString.fromNumber(props.port) }],
        }],
        // No rule at all lets nothing out; an empty list would be dropped by the API server and be a change on every apply.
        egress: props.reachesGoogleApis ? googleApis() : undefined,
      },
    });
  }
}

function googleApis(): k8s.NetworkPolicyEgressRule[] {
  const tcp = (port: number) => ({ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) });
  const dns = [{ protocol: 'UDP', port: k8s.IntOrString.fromNumber(53) }, tcp(53)];
  return [
    { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }], ports: dns },
    // NodeLocal DNSCache. https://cloud.google.com/kubernetes-engine/docs/how-to/nodelocal-dns-cache
    { to: [{ ipBlock: { cidr: '169.254.20.10/32' } }], ports: dns },
    ...METADATA.map(({ cidr, port }) => ({ to: [{ ipBlock: { cidr } }], ports: [tcp(port)] })),
    { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: PRIVATE_RANGES } }], ports: [tcp(443)] },
  ];
}
