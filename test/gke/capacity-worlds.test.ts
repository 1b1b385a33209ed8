import { ProjectCopy } from '../dist/project-copy';
import { capacityFaults } from './capacity-faults';
import { disagreements } from './disagreements';
import { Block } from './synthesized';
import { committedWorlds, objects, resources, Worlds } from './worlds';

/** What the settings make of two storages and of a machine that is not sold on demand. */
const SETTINGS = {
  usual: {}, spot: { CDK8S_VLLM_CAPACITY: 'spot' }, 'flex-start': { CDK8S_VLLM_CAPACITY: 'flex-start' },
  reservation: { CDK8S_VLLM_CAPACITY: 'reservation', CDK8S_VLLM_RESERVATION: 'mine' },
};
type Name = keyof typeof SETTINGS;

const worldsOf = new Map<string, Worlds>();
beforeAll(async () => {
  const copy = new ProjectCopy();
  try {
    for (const [name, settings] of Object.entries(SETTINGS)) {
      expect(await copy.synth({ CDK8S_VLLM_CELLS: 'l4-gcs,l4-hdml,h100-gcs', ...settings })).toMatchObject({ code: 0 });
      worldsOf.set(name, committedWorlds(copy.path('dist')));
    }
  } finally {
    copy.remove();
  }
}, 120_000);

/** Grants are compared where all cells are. */
const faultsOf = (worlds: Worlds) => [...disagreements(worlds, []).filter(fault => !fault.startsWith('granted and not wanted')), ...capacityFaults(worlds)];

test.each(Object.keys(SETTINGS))('%s: the pools are what the pods ask for', (name) => {
  expect(faultsOf(worldsOf.get(name)!)).toEqual([]);
});

test.each<[Name, string[]]>([
  ['usual', ['g2-standard-24', 'a3-highgpu-1g-flex-start']], ['spot', ['g2-standard-24-spot', 'a3-highgpu-1g-spot']],
  ['flex-start', ['g2-standard-24-flex-start', 'a3-highgpu-1g-flex-start']],
  ['reservation', ['g2-standard-24-reservation', 'a3-highgpu-1g-reservation']],
])('%s: one pool for each machine of the cells, and none beside', (name, pools) => {
  expect(resources(worldsOf.get(name)!, 'google_container_node_pool').map(pool => pool.name)).toEqual(['cpu', ...pools]);
});

test('the committed pools are what their pods ask for', () => {
  expect(capacityFaults(committedWorlds())).toEqual([]);
});

const pool = (worlds: Worlds): Block => resources(worlds, 'google_container_node_pool').find(({ name }) => name.startsWith('g2-standard-24'))!;
const node = (worlds: Worlds): Block => pool(worlds).node_config;
const pod = (worlds: Worlds): Block => objects(worlds, 'Deployment').find(({ metadata }) => metadata.name === 'vllm-openai-gcs-l4')!.spec.template.spec;
const untainted = (worlds: Worlds) => { node(worlds).taint.pop(); };
const noToleration = (worlds: Worlds) => { pod(worlds).tolerations.pop(); };
const server = 'Deployment/vllm-openai-gcs-l4';

/** What is changed in one world only, and what must be said of it. */
const PLANTS: { readonly [name: string]: readonly [Name, (worlds: Worlds) => void, string] } = {
  'a pool on demand for pods of spot': ['spot', (worlds) => { delete node(worlds).spot; }, `${server} fits no node pool: cloud.google.com/gke-spot=true`],
  'a spot pool that takes any pod': ['spot', untainted, 'node pool g2-standard-24-spot is of spot, and pods that did not ask for it are put there'],
  'a spot pod that tolerates no spot': ['spot', noToleration, `${server} fits no node pool: cloud.google.com/gke-spot not tolerated`],
  'a taint of another value': ['spot', (worlds) => { node(worlds).taint.at(-1).value = 'yes'; },
    `${server} fits no node pool: cloud.google.com/gke-spot not tolerated`],
  'a pod that may go to spot, or not': ['spot', (worlds) => { delete pod(worlds).nodeSelector['cloud.google.com/gke-spot']; },
    `${server} tolerates cloud.google.com/gke-spot and does not ask for it`],
  'a pod that leaves too slowly': ['spot', (worlds) => { pod(worlds).terminationGracePeriodSeconds = 140; },
    `${server} leaves within 140 s, and spot nodes give it 15`],
  'a spot pool that ends as well': ['spot', (worlds) => { node(worlds).max_run_duration = '604800s'; }, 'node pool g2-standard-24-spot is not lent and ends'],
  'spot and lent at once': ['spot', (worlds) => { node(worlds).flex_start = true; }, 'node pool g2-standard-24-spot is of spot and lent'],
  'spot that uses up a reservation': ['spot', (worlds) => { delete node(worlds).reservation_affinity; },
    'node pool g2-standard-24-spot takes from reservations of others'],
  'a spot pool in another zone than the disk': ['spot', (worlds) => { pool(worlds).node_locations = ['us-central1-c']; },
    'Deployment/vllm-openai-hdml-l4: its disk is in us-central1-a, node pool g2-standard-24-spot is not'],
  'a spot pool for fewer than the autoscalers ask for': ['spot', (worlds) => { pool(worlds).autoscaling.total_max_node_count = 3; },
    'node pool g2-standard-24-spot has at most 3 nodes, and the autoscalers can ask for 10'],
  'two pools of one name': ['spot', (worlds) => { pool(worlds).name = 'cpu'; }, 'two node pools are called cpu'],
  'a pool on demand for pods of flex-start': ['flex-start', (worlds) => { delete node(worlds).flex_start; },
    `${server} fits no node pool: cloud.google.com/gke-flex-start=true`],
  'a lent pool without an end': ['flex-start', (worlds) => { delete node(worlds).max_run_duration; }, 'node pool g2-standard-24-flex-start is lent without an end'],
  'a lent pool with nodes from the start': ['flex-start', (worlds) => { pool(worlds).autoscaling.total_min_node_count = 1; },
    'node pool g2-standard-24-flex-start is lent and has nodes from the start'],
  'a lent pool that is repaired': ['flex-start', (worlds) => { pool(worlds).management.auto_repair = true; },
    'node pool g2-standard-24-flex-start is lent and repaired'],
  'a lent pool that any pod of the machine may take': ['flex-start', (worlds) => {
    untainted(worlds);
    delete pod(worlds).nodeSelector['cloud.google.com/gke-flex-start'];
  }, 'node pool g2-standard-24-flex-start is lent, and pods that did not ask for it are put there'],
  'a queued pool': ['flex-start', (worlds) => { pool(worlds).queued_provisioning = { enabled: true }; },
    'node pool g2-standard-24-flex-start is queued, and no server has a ProvisioningRequest'],
  'a pool of another reservation': ['reservation', (worlds) => { node(worlds).reservation_affinity.values = ['other']; },
    'node pool g2-standard-24-reservation says vllm-reservation=mine and takes from other'],
  'a pool that says another reservation': ['reservation', (worlds) => { node(worlds).labels['vllm-reservation'] = 'other'; },
    `${server} fits no node pool: vllm-reservation=mine`],
  'a reserved pool that does not say so': ['reservation', (worlds) => { delete node(worlds).labels['vllm-reservation']; },
    'node pool g2-standard-24-reservation takes from mine and does not say so'],
  'a pod of another reservation': ['reservation', (worlds) => { pod(worlds).nodeSelector['vllm-reservation'] = 'other'; },
    `${server} fits no node pool: vllm-reservation=other`],
  'a reserved pool that takes from any': ['reservation', (worlds) => { node(worlds).reservation_affinity.consume_reservation_type = 'ANY_RESERVATION'; },
    'node pool g2-standard-24-reservation names mine and takes from any'],
  'a reservation by another key': ['reservation', (worlds) => { node(worlds).reservation_affinity.key = 'reservation'; },
    'node pool g2-standard-24-reservation names mine by what is no key'],
  'a reserved pool that takes any pod': ['reservation', untainted,
    'node pool g2-standard-24-reservation is reserved, and pods that did not ask for it are put there'],
  'a pod that tolerates no reservation': ['reservation', noToleration, `${server} fits no node pool: vllm-reservation not tolerated`],
  'an old driver': ['usual', (worlds) => { node(worlds).guest_accelerator[0].gpu_driver_installation_config.gpu_driver_version = 'DEFAULT'; },
    'node pool g2-standard-24 has GKE\'s default driver, which may be older than the images of vLLM'],
  'a pool that does not stream images': ['usual', (worlds) => { node(worlds).gcfs_config.enabled = false; }, 'node pool g2-standard-24 does not stream images'],
  'nodes that may not pull images': ['usual', (worlds) => { node(worlds).service_account = 'default'; },
    'node pool g2-standard-24 has an account that may not pull from the registry'],
};

test.each(Object.entries(PLANTS))('%s is found', (_, [name, plant, said]) => {
  const worlds = structuredClone(worldsOf.get(name)!);
  plant(worlds);
  expect(faultsOf(worlds)).toContain(said);
});
