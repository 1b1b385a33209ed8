import { committedWorlds, objects, resources, Worlds } from '../gke/worlds';
import { Block } from '../gke/synthesized';

const WORLDS = committedWorlds();

/** Name servers on the node, and GKE's metadata server: they are reached by no network. */
const ON_THE_NODE = ['169.254.20.10/32', '169.254.169.252/32', '169.254.169.254/32'];

/** Addresses outside of the cluster that a policy lets pods reach; a rule without peers lets them reach all. */
function outside({ spec }: Block): string[] {
  const rules = (spec.egress ?? []) as Block[];
  const cidrs = rules.flatMap(({ to }) => to === undefined ? ['all'] : (to as Block[]).flatMap(({ ipBlock }) => ipBlock?.cidr ?? []));
  return [...new Set(cidrs)].filter(cidr => !ON_THE_NODE.includes(cidr));
}

const nameOf = ({ metadata }: Block): string => metadata.name;

/** Workloads that ask somebody on the internet: the hub; the API server, whose address nobody knows in advance. */
function mayNeedInternet({ metadata }: Block, worlds: Worlds): boolean {
  const job = objects(worlds, 'Job').find(({ metadata: { labels } }) => labels.app === metadata.name);
  return metadata.name === 'custom-metrics-stackdriver-adapter' || job?.spec.template.spec.containers[0].args[0] === 'load';
}

test('who may reach the internet: those that load from the hub, and the metrics adapter', () => {
  const policies = objects(WORLDS, 'NetworkPolicy');
  const reaching = policies.filter(policy => outside(policy).some(cidr => !cidr.startsWith('199.36.153.')));
  expect(policies.length).toBeGreaterThan(100);
  expect(reaching.map(nameOf)).toEqual(policies.filter(policy => mayNeedInternet(policy, WORLDS)).map(nameOf));
  expect(reaching.length).toBeLessThan(policies.length / 4);
});

test('the addresses of Google\'s APIs are those to which the network leads their names', () => {
  const cidrs = new Set(objects(WORLDS, 'NetworkPolicy').flatMap(outside).filter(cidr => cidr.startsWith('199.36.153.')));
  const [{ dest_range: route }] = resources(WORLDS, 'google_compute_route');
  const [addresses, names] = resources(WORLDS, 'google_dns_record_set');
  expect([...cidrs]).toEqual([route]);
  expect(addresses).toMatchObject({ name: 'private.googleapis.com.', type: 'A', rrdatas: [8, 9, 10, 11].map(last => `199.36.153.${last}`) });
  expect(names).toMatchObject({ name: '*.googleapis.com.', type: 'CNAME', rrdatas: [addresses.name] });
  expect(resources(WORLDS, 'google_compute_subnetwork').map(({ private_ip_google_access: access }) => access)).toEqual([true]);
});
