import { Cidr } from '../common/cidr';
import { Refusal } from '../common/refusal';
import { k8s } from '../pods/k8s';
import { VllmServerProps } from './vllm-server-props';

const PEER = ['podSelector', 'namespaceSelector', 'ipBlock'];
const SELECTOR = ['matchLabels', 'matchExpressions'];
const EXAMPLE = '{ namespaceSelector: { matchLabels: { team: \'search\' } } }';

/**
 * Who may call a server beside its own clients.
 *
 * @throws on what names nobody, on what is no range, and on addresses without a key: who comes from outside has no labels that say who
 * they are
 */
export function otherClients({ ingressFrom = [], apiKeySecretName }: VllmServerProps): readonly k8s.NetworkPolicyPeer[] {
  ingressFrom.forEach(requirePeer);
  const addresses = ingressFrom.flatMap(({ ipBlock }) => ipBlock ?? []);
  addresses.filter(({ cidr }) => !cidr.includes(':')).forEach(({ cidr }) => Cidr.of('ingressFrom', cidr));
  const [address] = addresses;
  if (address && apiKeySecretName === undefined) {
    throw new Refusal(`'ingressFrom' lets ${address.cidr} in, and the server asks nobody for a key; set apiKeySecretName, or name pods and`
      + ' namespaces');
  }
  return ingressFrom;
}

/** A misspelled selector would select everybody. */
function requirePeer(peer: unknown): void {
  const keys = typeof peer === 'object' && peer !== null ? Object.keys(peer) : [];
  const selectors = keys.filter(key => key !== 'ipBlock').flatMap(key => Object.keys((peer as Record<string, object>)[key] ?? {}));
  if (keys.length === 0 || keys.some(key => !PEER.includes(key)) || selectors.some(key => !SELECTOR.includes(key))) {
    throw new Refusal(`'ingressFrom' (${JSON.stringify(peer)}) is no peer of a network policy: it has ${PEER.join(', ')}, and selectors have`
      + ` ${SELECTOR.join(' and ')}; for example ${EXAMPLE}`);
  }
}
