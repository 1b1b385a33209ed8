import { DnsName } from '../common/dns-name';
import { Refusal } from '../common/refusal';
import { inNamespace, tcp } from './egress';
import { k8s } from './k8s';
import { PodMount } from './pod-mount';

/** A key of a ConfigMap that exists in the cluster. */
export interface ConfigMapKey {
  /** Name of the ConfigMap, in the namespace of the pod. */
  readonly configMapName: string;
  /** Key of the ConfigMap: letters, digits and any of `- _ .`. */
  readonly key: string;
}

/** How a workload leaves a network that has no way to the internet but one. */
export interface OutboundProps {
  /**
   * Proxy to the internet, `http://HOST:PORT`: an address, a name, or a Service, `http://squid.proxy.svc:3128`, whose pods listen on the same
   * port. The network policy lets the pods out to it, and to Google's APIs. It may not ask for a password, which would stand here in
   * clear.
   * @default - public addresses are called directly
   */
  readonly httpsProxy?: string;
  /**
   * Hosts that are called past the proxy; a dot before a name stands for all below it.
   * @default - Google's APIs, which have addresses inside of the network
   */
  readonly noProxy?: readonly string[];
  /**
   * Certificates in PEM of authorities that are trusted besides the public ones, such as that of a proxy which looks into what it passes
   * on.
   * @default - the public ones alone
   */
  readonly caCertificates?: ConfigMapKey;
}

/** Where the certificates are, in the container. */
const CA = { volume: 'ca-certificates', path: '/etc/cdk8s-vllm-ca', file: 'ca.crt' };
export const CA_FILE = `${CA.path}/${CA.file}`;

/** What has an identity of the pod to show: https://cloud.google.com/vpc/docs/configure-private-google-access */
const GOOGLE = ['.googleapis.com', 'metadata.google.internal', '169.254.169.254'];
/** GKE's metadata server is there, which gives tokens. */
const LINK_LOCAL = '169.254.0.0/16';
const ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** What a pod needs for its way out. */
export interface Outbound {
  readonly env: { readonly [name: string]: string };
  readonly mounts: readonly PodMount[];
  /** To the proxy; undefined without one. */
  readonly egress?: readonly k8s.NetworkPolicyEgressRule[];
}

interface Proxy {
  readonly host: string;
  readonly port: number;
}

/** @throws on what is no proxy, no host and no ConfigMap */
export function outbound({ httpsProxy, noProxy, caCertificates }: OutboundProps): Outbound {
  if (httpsProxy === undefined && noProxy !== undefined) {
    throw new Refusal('\'noProxy\' says what is called past a proxy, and there is none; set httpsProxy, or leave it out');
  }
  const proxy = httpsProxy === undefined ? undefined : requireProxy(httpsProxy);
  return {
    env: proxy === undefined ? {} : { HTTPS_PROXY: `http://${proxy.host}:${proxy.port}`, NO_PROXY: (noProxy ?? GOOGLE).map(requireHost).join(',') },
    mounts: caCertificates === undefined ? [] : [certificates(caCertificates)],
    egress: proxy && [{ to: [peerOf(proxy.host)], ports: [tcp(proxy.port)] }],
  };
}

function requireProxy(text: string): Proxy {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || !/^(?:[^/]*@)?[^/@?#]+:\d+\/?$/.test(text.replace(/^https?:\/\//, ''))) {
    throw new Refusal(`'httpsProxy' (${withoutPassword(text)}) must be an address with its port, http://HOST:PORT, for example http://10.0.0.7:3128`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Refusal(`'httpsProxy' (${withoutPassword(text)}) has a password, which would be committed in clear; let the proxy know the pods by`
      + ' their addresses');
  }
  if (url.protocol === 'https:') {
    throw new Refusal(`'httpsProxy' (${text}) is called by TLS itself, which Python's standard library does not do; what goes through it is`
      + ` encrypted already. Write http://${text.slice('https://'.length)}`);
  }
  requireAddressOrName('httpsProxy', url.hostname);
  // The URL parser leaves the port out that it takes for granted.
  return { host: url.hostname, port: Number(url.port || 80) };
}

function withoutPassword(text: string): string {
  return text.includes('@') ? `…${text.slice(text.lastIndexOf('@'))}` : text;
}

function requireAddressOrName(prop: string, host: string): void {
  if (/^(?:localhost|127\.)/.test(host)) {
    throw new Refusal(`'${prop}' (${host}) is the pod itself, where no proxy is; name the proxy's own address`);
  }
  if (!ADDRESS.test(host) && !DnsName.SUBDOMAIN.accepts(host)) {
    throw new Refusal(`'${prop}' (${host}) must be an IPv4 address or a DNS name`);
  }
}

function requireHost(host: string): string {
  if (/:\/\/|\/|,|\s/.test(host)) {
    throw new Refusal(`'noProxy' (${host}) must be a host alone, each an entry of its own, without protocol, path and range, such as hub.example.com or .example.com`);
  }
  if (host.startsWith('*')) {
    throw new Refusal(`'noProxy' (${host}) must not have a star; ${host === '*' ? 'leave httpsProxy out' : `write ${host.slice(1)}`}`);
  }
  if (!DnsName.SUBDOMAIN.accepts(host.replace(/^\./, ''))) {
    throw new Refusal(`'noProxy' (${host}) must be an IPv4 address or a DNS name, such as hub.example.com or .example.com`);
  }
  return host;
}

/** A policy knows addresses and pods, and no names: a name may be at any address but those of the node. */
function peerOf(host: string): k8s.NetworkPolicyPeer {
  const [, namespace] = /^[^.]+\.([^.]+)\.svc(?:\.|$)/.exec(host) ?? [];
  if (namespace !== undefined) {
    return inNamespace(namespace);
  }
  return { ipBlock: ADDRESS.test(host) ? { cidr: `${host}/32` } : { cidr: '0.0.0.0/0', except: [LINK_LOCAL] } };
}

function certificates({ configMapName: name, key }: ConfigMapKey): PodMount {
  if (!DnsName.SUBDOMAIN.accepts(name)) {
    throw new Refusal(`'caCertificates.configMapName' ${DnsName.SUBDOMAIN.explain(name)}; make one with kubectl create configmap NAME --from-file=ca.crt=FILE`);
  }
  if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
    throw new Refusal(`'caCertificates.key' (${key}) is no key of a ConfigMap: 1 to 253 letters, digits, '-', '_' and '.'`);
  }
  return {
    volume: { name: CA.volume, configMap: { name, defaultMode: 0o444, items: [{ key, path: CA.file }] } },
    mount: { name: CA.volume, mountPath: CA.path, readOnly: true },
  };
}
