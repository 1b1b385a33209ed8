import { clientLabels } from '../../lib';
import { Cell, CLUSTER_FOLDER, Manifest, manifestsIn } from './cells';

type Labels = Record<string, string>;

interface Peer {
  readonly podSelector?: { readonly matchLabels: Labels };
  readonly namespaceSelector?: { readonly matchLabels: Labels };
  readonly ipBlock?: { readonly cidr: string; readonly except?: string[] };
}

interface Rule {
  readonly from?: Peer[];
  readonly to?: Peer[];
  readonly ports?: { readonly port: number; readonly protocol: string }[];
}

interface PolicySpec {
  readonly podSelector: { readonly matchLabels?: Labels };
  readonly policyTypes: string[];
  readonly ingress?: Rule[];
  readonly egress?: Rule[];
}

const cells = Cell.all();
const policies = (manifests: readonly Manifest[]) => manifests.filter(({ kind }) => kind === 'NetworkPolicy');
const specOf = (policy: Manifest) => policy.spec as PolicySpec;
const matches = (selector: Labels, labels: Labels) => Object.entries(selector).every(([key, value]) => labels[key] === value);

function peer({ podSelector, namespaceSelector, ipBlock }: Peer): string {
  const labels = (selector: { matchLabels: Labels }) => Object.entries(selector.matchLabels).map(([key, value]) => `${key}=${value}`).join(',');
  return [
    podSelector && `pods ${labels(podSelector)}`,
    namespaceSelector && `namespace ${labels(namespaceSelector).replace('kubernetes.io/metadata.name=', '')}`,
    ipBlock && `${ipBlock.cidr}${ipBlock.except ? ` except ${ipBlock.except.join(' ')}` : ''}`,
  ].filter(Boolean).join(' in ');
}

/** One line for each that a rule lets through; a rule without peers or ports lets through all. */
function lines(rules: readonly Rule[] = []): string[] {
  return rules.flatMap(({ from, to, ports }) => (from ?? to ?? [undefined])
    .map(one => `${one ? peer(one) : 'anyone'} ${ports ? ports.map(({ protocol, port }) => `${protocol} ${port}`).join(' ') : 'any port'}`));
}

const NAMESERVERS = 'UDP 53 TCP 53';
const PRIVATE = '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 100.64.0.0/10';

test.each(cells)('who may talk to whom: $id', ({ server, manifests, podTemplate, storage }) => {
  const labels = podTemplate.metadata.labels;
  const [policy, ...more] = policies(manifests);
  expect(more).toEqual([]);
  const { podSelector, policyTypes, ingress, egress } = specOf(policy);
  expect(policyTypes).toEqual(['Ingress', 'Egress']);
  expect(matches(podSelector.matchLabels!, labels)).toBe(true);
  const selected = cells.filter(other => matches(podSelector.matchLabels!, other.podTemplate.metadata.labels));
  expect(selected.map(other => other.server)).toEqual([server]);

  const [[client]] = Object.entries(clientLabels(server));
  expect(lines(ingress)).toEqual([
    `pods ${client}=true TCP 8000`,
    'namespace gmp-system TCP 8000',
    'namespace gke-gmp-system TCP 8000',
  ]);
  expect(lines(egress)).toEqual(storage === 'gcs' ? [
    `namespace kube-system ${NAMESERVERS}`,
    `169.254.20.10/32 ${NAMESERVERS}`,
    '169.254.169.252/32 TCP 988',
    '169.254.169.254/32 TCP 80',
    `0.0.0.0/0 except ${PRIVATE} TCP 443`,
  ] : []);
  // no server is a client of another
  expect(cells.filter(other => client in other.podTemplate.metadata.labels)).toEqual([]);
});

test('nothing else in the namespace of the servers lets anything through', () => {
  const cluster = policies(manifestsIn(CLUSTER_FOLDER)).map(({ metadata, spec }) => ({ ...metadata, ...spec as PolicySpec }));
  expect(cluster.map(({ name, namespace, podSelector, policyTypes, ingress, egress }) =>
    [namespace, name, podSelector.matchLabels ?? 'all pods', policyTypes, lines(ingress), lines(egress)])).toEqual([
    ['custom-metrics', 'custom-metrics-stackdriver-adapter', expect.any(Object), ['Ingress', 'Egress'], ['anyone TCP 4443'], ['anyone any port']],
    ['vllm', 'default-deny', 'all pods', ['Ingress', 'Egress'], [], []],
  ]);
});
