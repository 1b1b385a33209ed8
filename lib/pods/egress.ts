import { Construct } from 'constructs';
import { GOOGLE_APIS, googleApisOf } from '../common/google-apis';
import { k8s } from './k8s';

/** GKE's metadata server, and where its daemon listens for pods. https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity */
const METADATA: { readonly cidr: string; readonly port: number }[] = [
  { cidr: '169.254.169.252/32', port: 988 },
  { cidr: '169.254.169.254/32', port: 80 },
];
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'];

export function tcp(port: number): k8s.NetworkPolicyPort {
  return { protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) };
}

/** A port of a Service that is called as the container's is. */
export function servicePort(name: string, port: number): k8s.ServicePort {
  return { name, port, targetPort: k8s.IntOrString.fromString(name), protocol: 'TCP' };
}

/** All pods of a namespace. */
export function inNamespace(name: string): k8s.NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } };
}

/** To the cluster's name servers. */
export function toNameServers(): k8s.NetworkPolicyEgressRule[] {
  const dns = [{ protocol: 'UDP', port: k8s.IntOrString.fromNumber(53) }, tcp(53)];
  return [
    { to: [inNamespace('kube-system')], ports: dns },
    // NodeLocal DNSCache. https://cloud.google.com/kubernetes-engine/docs/how-to/nodelocal-dns-cache
    { to: [{ ipBlock: { cidr: '169.254.20.10/32' } }], ports: dns },
  ];
}

/** To pods of the same namespace. */
export function toPods(labels: { readonly [label: string]: string }, ...ports: number[]): k8s.NetworkPolicyEgressRule {
  return { to: [{ podSelector: { matchLabels: { ...labels } } }], ports: ports.map(tcp) };
}

/** To any public address by HTTPS: the addresses of what is there change, and a network policy knows no names. */
export function toInternet(): k8s.NetworkPolicyEgressRule {
  return { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: PRIVATE_RANGES } }], ports: [tcp(443)] };
}

/** To Google's APIs with the pod's own identity, from what a name is to what answers to it. */
export function toGoogleApis(scope: Construct): k8s.NetworkPolicyEgressRule[] {
  return [...toNameServers(), ...toGoogle(scope)];
}

/** The same for what asks others as well. */
export function toGoogleApisAndInternet(scope: Construct): k8s.NetworkPolicyEgressRule[] {
  return [...toGoogleApis(scope), ...googleApisOf(scope) === 'internet' ? [] : [toInternet()]];
}

/** The same for what reaches the name servers already. */
export function toGoogle(scope: Construct): k8s.NetworkPolicyEgressRule[] {
  const apis = googleApisOf(scope);
  return [
    ...METADATA.map(({ cidr, port }) => ({ to: [{ ipBlock: { cidr } }], ports: [tcp(port)] })),
    apis === 'internet' ? toInternet() : { to: [{ ipBlock: { cidr: GOOGLE_APIS[apis].cidr } }], ports: [tcp(443)] },
  ];
}
