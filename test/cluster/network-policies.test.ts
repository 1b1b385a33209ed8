import { Chart, Testing } from 'cdk8s';
import {
  Accelerator, InferenceGateway, InferenceGatewayProps, Model, VllmServer, VllmServerProps, WeightsStorage, WeightsVolume,
} from '../../lib';
import { clientLabels } from '../../lib/serving/labels';
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

const PRIVATE = '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 100.64.0.0/10';
const NAMES = ['namespace kube-system UDP 53 TCP 53', '169.254.20.10/32 UDP 53 TCP 53'];
const GOOGLE = ['169.254.169.252/32 TCP 988', '169.254.169.254/32 TCP 80', '199.36.153.8/30 TCP 443'];
const INTERNET = `0.0.0.0/0 except ${PRIVATE} TCP 443`;

/** Who may talk to a workload of a cell, and whom it may talk to: by what it is, and its name without the server's. */
function talks({ server, storage }: Cell): Record<string, { readonly in: string[]; readonly out: string[] }> {
  const pods = (name: string, app: string, port: number) => `pods app.kubernetes.io/instance=${server}${name},app.kubernetes.io/name=${app} TCP ${port}`;
  const toServer = pods('', 'vllm', 8000);
  return {
    vllm: {
      in: [`pods ${Object.keys(clientLabels(server))[0]}=true TCP 8000`, 'namespace gmp-system TCP 8000', 'namespace gke-gmp-system TCP 8000'],
      out: storage === 'gcs' ? [...NAMES, ...GOOGLE] : [],
    },
    'gradio-chat-chat': { in: [], out: [...NAMES, toServer] },
    'locust-load-test-load-test': {
      in: [pods('-load-test-worker', 'locust-load-test', 5557)], out: [...NAMES, toServer, ...GOOGLE],
    },
    'locust-load-test-load-test-worker': { in: [], out: [...NAMES, toServer, pods('-load-test', 'locust-load-test', 5557)] },
    'batch-inference-batch': { in: [], out: [...NAMES, toServer, ...GOOGLE] },
    'model-evaluation-evaluation': { in: [], out: [...NAMES, ...GOOGLE] },
    'weights-loader-loader': { in: [], out: [...NAMES, ...GOOGLE, INTERNET] },
    ...storage === 'gcs' ? {} : { 'weights-hydration-hydration': { in: [], out: [...NAMES, ...GOOGLE] } },
  };
}

const everything = cells.flatMap(cell => cell.workloads);

test.each(cells)('who may talk to whom: $id', (cell) => {
  const named = policies([...cell.manifests, ...cell.manifestsApart]);
  const found = cell.workloads.map(({ template: { metadata: { labels } } }) => {
    const selecting = named.filter(policy => matches(specOf(policy).podSelector.matchLabels!, labels));
    expect(selecting.map(policy => specOf(policy).policyTypes)).toEqual([['Ingress', 'Egress']]);
    const { podSelector, ingress, egress } = specOf(selecting[0]);
    // no policy is for the pods of another cell as well
    const selected = everything.filter(other => matches(podSelector.matchLabels!, other.template.metadata.labels));
    expect(selected).toHaveLength(1);
    const name = `${labels['app.kubernetes.io/name']}${labels['app.kubernetes.io/instance'].slice(cell.server.length)}`;
    return [name, { in: lines(ingress), out: lines(egress) }];
  });
  expect(Object.fromEntries(found)).toEqual(talks(cell));
  expect(named).toHaveLength(cell.workloads.length);

  const [client] = Object.keys(clientLabels(cell.server));
  expect(everything.filter(({ template }) => client in template.metadata.labels).map(({ name }) => name.slice(cell.server.length)).sort())
    .toEqual(['-batch', '-chat', '-load-test', '-load-test-worker']);
});

test('nothing else in the namespace of the servers lets anything through', () => {
  const cluster = policies(manifestsIn(CLUSTER_FOLDER)).map(({ metadata, spec }) => ({ ...metadata, ...spec as PolicySpec }));
  expect(cluster.map(({ name, namespace, podSelector, policyTypes, ingress, egress }) =>
    [namespace, name, podSelector.matchLabels ?? 'all pods', policyTypes, lines(ingress), lines(egress)])).toEqual([
    ['custom-metrics', 'custom-metrics-stackdriver-adapter', expect.any(Object), ['Ingress', 'Egress'], ['anyone TCP 4443'], ['anyone any port']],
    ['vllm', 'default-deny', 'all pods', ['Ingress', 'Egress'], [], []],
  ]);
});

/** Of a server that more than its own clients may call: by the names of its policies, whom each lets in. */
function letIn(server: Partial<VllmServerProps>, gateway?: Omit<InferenceGatewayProps, 'server'>): Record<string, string[]> {
  const chart = new Chart(Testing.app(), 'chart', { namespace: 'vllm' });
  const weights = new WeightsVolume(chart, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
  const made = new VllmServer(chart, 'server', { name: 'llm', weights, accelerator: Accelerator.H100, ...server });
  if (gateway) {
    new InferenceGateway(chart, 'gateway', { server: made, ...gateway });
  }
  const objects = Testing.synth(chart) as Manifest[];
  const { template: { metadata: { labels } } } = objects.find(({ kind }) => kind === 'Deployment')!.spec as { template: { metadata: { labels: Labels } } };
  const selecting = policies(objects).filter(policy => matches(specOf(policy).podSelector.matchLabels!, labels));
  expect(selecting).toHaveLength(policies(objects).length);
  return Object.fromEntries(selecting.map(policy => [policy.metadata.name, lines(specOf(policy).ingress)]));
}

const CLIENTS = 'pods client.cdk8s-vllm/llm=true TCP 8000';
const COLLECTORS = ['namespace gmp-system TCP 8000', 'namespace gke-gmp-system TCP 8000'];
/** https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges */
const HEALTH_CHECKS = ['35.191.0.0/16 TCP 8000', '130.211.0.0/22 TCP 8000'];

test('clients in another namespace, and addresses, are let in by name and nobody else with them', () => {
  const elsewhere = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'search' } } };
  expect(letIn({ ingressFrom: [elsewhere] })).toEqual({ llm: [CLIENTS, 'namespace search TCP 8000', ...COLLECTORS] });
  const one = { ...elsewhere, podSelector: { matchLabels: { app: 'frontend' } } };
  expect(letIn({ ingressFrom: [one, { ipBlock: { cidr: '10.8.0.0/14' } }], apiKeySecretName: 'key' })).toEqual({
    llm: [CLIENTS, 'pods app=frontend in namespace search TCP 8000', '10.8.0.0/14 TCP 8000', ...COLLECTORS],
  });
});

test.each<[string, Omit<InferenceGatewayProps, 'server'>, string[]]>([
  ['an internal gateway', { proxyCidr: '10.9.0.0/23' }, ['10.9.0.0/23 TCP 8000']],
  ['a regional one', { exposure: 'regional', proxyCidr: '10.9.0.0/23', certificateName: 'c' }, ['10.9.0.0/23 TCP 8000']],
  ['a global one', { exposure: 'global', certificateName: 'c' }, []],
  ['one with a picker', { proxyCidr: '10.9.0.0/23', endpointPicker: { serviceName: 'picker' } }, ['10.9.0.0/23 TCP 8000']],
])('%s adds the health checks and its proxies, and takes nobody away', (_, gateway, proxies) => {
  expect(letIn({ apiKeySecretName: 'key' }, gateway)).toEqual({ llm: [CLIENTS, ...COLLECTORS], 'llm-gateway': [...HEALTH_CHECKS, ...proxies] });
});
