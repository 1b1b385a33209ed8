import { Cidr } from '../common/cidr';
import { Refusal } from '../common/refusal';
import { k8s } from '../pods/k8s';
import { VllmServerProps } from './vllm-server-props';

/**
 * Who may call a server beside its own clients.
 *
 * @throws on what is no range, and on addresses without a key: who comes from outside has no labels that say who they are
 */
export function otherClients({ ingressFrom = [], apiKeySecretName }: VllmServerProps): readonly k8s.NetworkPolicyPeer[] {
  const addresses = ingressFrom.flatMap(({ ipBlock }) => ipBlock ?? []);
  addresses.filter(({ cidr }) => !cidr.includes(':')).forEach(({ cidr }) => Cidr.of('ingressFrom', cidr));
  const [address] = addresses;
  if (address && apiKeySecretName === undefined) {
    throw new Refusal(`'ingressFrom' lets ${address.cidr} in, and the server asks nobody for a key; set apiKeySecretName, or name pods and`
      + ' namespaces');
  }
  return ingressFrom;
}
