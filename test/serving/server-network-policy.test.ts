import { WeightsStorage } from '../../lib';
import { objectOf, server, unit } from './rendered';

function policyOf(storage?: ReturnType<typeof WeightsStorage.gcsFuse>) {
  const scope = unit();
  const { clientLabels } = server(scope, {}, storage);
  return { ...objectOf(scope, 'NetworkPolicy').spec, clientLabels };
}

const DISK = WeightsStorage.persistentDisk({ zone: 'us-central1-a' });

test('in: the server\'s own clients and the collectors, on its port alone', () => {
  const { ingress, clientLabels } = policyOf();
  expect(clientLabels).toEqual({ 'client.cdk8s-vllm/vllm-openai-gcs-h100': 'true' });
  expect(ingress).toEqual([{
    from: [
      { podSelector: { matchLabels: clientLabels } },
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gmp-system' } } },
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gke-gmp-system' } } },
    ],
    ports: [{ protocol: 'TCP', port: 8000 }],
  }]);
});

test('out: nothing from a disk, and both directions are denied by name', () => {
  const { egress, policyTypes } = policyOf(DISK);
  expect(egress ?? []).toEqual([]);
  expect(policyTypes).toEqual(['Ingress', 'Egress']);
});

test('out: names, tokens and Google\'s addresses for a bucket, and no private address', () => {
  const { egress } = policyOf() as { egress: { to: { ipBlock?: { cidr: string; except?: string[] } }[]; ports: { port: number }[] }[] };
  const blocks = egress.flatMap(rule =>
    rule.to.flatMap(({ ipBlock }) => ipBlock ? [{ ...ipBlock, ports: rule.ports.map(({ port }) => port) }] : []));
  expect(blocks.map(({ cidr, ports }) => [cidr, ...ports])).toEqual([
    ['169.254.20.10/32', 53, 53], ['169.254.169.252/32', 988], ['169.254.169.254/32', 80], ['0.0.0.0/0', 443],
  ]);
  expect(blocks.at(-1)!.except).toEqual(expect.arrayContaining(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']));
});
