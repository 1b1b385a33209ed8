import { buildMatrix } from '../../apps/matrix';
import { readSettings } from '../../apps/settings';
import { ServiceIdentity } from '../../lib/common/identity';
import { PROJECT } from '../house/sources';
import { disagreements } from './disagreements';
import { Block } from './synthesized';
import { committedWorlds, objects, resources, Workload, Worlds } from './worlds';

const WORLDS = committedWorlds();
const { cluster: CLUSTER, cells: CELLS } = buildMatrix(PROJECT, readSettings({}, '/nowhere'));
const IDENTITIES = [CLUSTER, ...CELLS].flatMap(({ identities }) => identities);

test('the manifests and the cloud fit together', () => {
  expect(Workload.all(WORLDS).length).toBeGreaterThan(20);
  expect(disagreements(WORLDS, IDENTITIES)).toEqual([]);
});

const server = (worlds: Worlds, name: string) => objects(worlds, 'Deployment').find(({ metadata }) => metadata.name === name)!;
const podOf = (worlds: Worlds, name: string): Block => server(worlds, name).spec.template.spec;
const pool = (worlds: Worlds, name: string) => resources(worlds, 'google_container_node_pool').find(block => block.name === name)!;
const cluster = (worlds: Worlds) => resources(worlds, 'google_container_cluster')[0];
const grantOf = (worlds: Worlds, account: string) =>
  resources(worlds, 'google_storage_bucket_iam_member').find(({ member }) => member.endsWith(`/sa/${account}`))!;
const hpa = (worlds: Worlds, name: string) => objects(worlds, 'HorizontalPodAutoscaler').find(({ metadata }) => metadata.name === name)!;

/** What is changed in one world only, and what must be said of it. */
const PLANTS: { readonly [name: string]: readonly [(worlds: Worlds) => void, string] } = {
  'another accelerator on the node': [(worlds) => { pool(worlds, 'g2-standard-24').node_config.guest_accelerator[0].type = 'nvidia-tesla-t4'; },
    'Deployment/vllm-openai-gcs-l4 fits no node pool: cloud.google.com/gke-accelerator=nvidia-l4'],
  'another accelerator asked for': [(worlds) => { podOf(worlds, 'vllm-openai-gcs-l4').nodeSelector['cloud.google.com/gke-accelerator'] = 'nvidia-l40'; },
    'Deployment/vllm-openai-gcs-l4 fits no node pool: cloud.google.com/gke-accelerator=nvidia-l40'],
  'another machine type': [(worlds) => { podOf(worlds, 'vllm-openai-gcs-l4').nodeSelector['node.kubernetes.io/instance-type'] = 'g2-standard-48'; },
    'Deployment/vllm-openai-gcs-l4 fits no node pool: node.kubernetes.io/instance-type=g2-standard-48'],
  'more GPUs than the machine has': [(worlds) => { podOf(worlds, 'vllm-openai-gcs-l4').containers[0].resources.requests['nvidia.com/gpu'] = 4; },
    'Deployment/vllm-openai-gcs-l4 fits no node pool: too few GPUs'],
  'more memory than is left of the machine': [(worlds) => { podOf(worlds, 'vllm-openai-hdml-l4').containers[0].resources.requests.memory = '90Gi'; },
    'Deployment/vllm-openai-hdml-l4 fits no node pool: too few memoryBytes'],
  'more CPUs than are left of the machine': [(worlds) => { podOf(worlds, 'vllm-openai-hdml-l4').containers[0].resources.requests.cpu = '24'; },
    'Deployment/vllm-openai-hdml-l4 fits no node pool: too few cpuMillis'],
  'a boot disk too small for what pods write': [(worlds) => { pool(worlds, 'g2-standard-24').node_config.boot_disk.size_gb = 30; },
    'Deployment/vllm-openai-hdml-l4 fits no node pool: too few ephemeralStorageBytes'],
  'a sidecar that needs what is left': [(worlds) => {
    server(worlds, 'vllm-openai-gcs-l4').spec.template.metadata.annotations['gke-gcsfuse/memory-request'] = '80Gi';
  }, 'Deployment/vllm-openai-gcs-l4 fits no node pool: too few memoryBytes'],
  'no toleration of GPU nodes': [(worlds) => { podOf(worlds, 'vllm-openai-hdml-l4').tolerations = []; },
    'Deployment/vllm-openai-hdml-l4 fits no node pool: nvidia.com/gpu not tolerated'],
  'a taint that nobody tolerates': [(worlds) => {
    pool(worlds, 'g2-standard-24').node_config.taint.push({ key: 'cloud.google.com/gke-spot', value: 'true', effect: 'NO_SCHEDULE' });
  }, 'Deployment/vllm-openai-hdml-l4 fits no node pool: cloud.google.com/gke-spot not tolerated'],
  'a taint on the nodes without GPUs': [(worlds) => { pool(worlds, 'cpu').node_config.taint = [{ key: 'a', value: 'b', effect: 'NO_SCHEDULE' }]; },
    'Deployment/custom-metrics-stackdriver-adapter fits no node pool: a not tolerated'],
  'no local SSD on the node': [(worlds) => { delete pool(worlds, 'a2-ultragpu-1g').node_config.ephemeral_storage_local_ssd_config; },
    'Deployment/vllm-openai-gcs-a100-80gb fits no node pool: cloud.google.com/gke-ephemeral-storage-local-ssd=true'],
  'a disk in a zone without nodes': [(worlds) => { pool(worlds, 'g2-standard-24').node_locations = ['us-central1-b', 'us-central1-c']; },
    'Deployment/vllm-openai-hdml-l4: its disk is in us-central1-a, node pool g2-standard-24 is not'],
  'a disk in a zone where nothing fills it': [(worlds) => { pool(worlds, 'cpu').node_locations = ['us-central1-c']; },
    'Job/vllm-openai-hdml-l4-hydration-11c9b309: its disk is in us-central1-a, node pool cpu is not'],
  'a disk that the machine does not attach': [(worlds) => {
    objects(worlds, 'StorageClass').find(({ metadata }) => metadata.name === 'weights-pd-ssd')!.parameters.type = 'hyperdisk-balanced';
  }, 'Deployment/vllm-openai-pd-l4: node pool g2-standard-24 attaches no hyperdisk-balanced'],
  'nodes that cannot fill Hyperdisk ML': [(worlds) => { pool(worlds, 'cpu').node_config.machine_type = 'e2-standard-4'; },
    'Job/vllm-openai-hdml-l4-hydration-11c9b309 fits no node pool: cloud.google.com/machine-family=c3|c3d'],
  'no driver for buckets': [(worlds) => { cluster(worlds).addons_config.gcs_fuse_csi_driver_config.enabled = false; },
    'the cluster lacks the driver gcsfuse.csi.storage.gke.io'],
  'no driver for disks': [(worlds) => { delete cluster(worlds).addons_config.gce_persistent_disk_csi_driver_config; },
    'the cluster lacks the driver pd.csi.storage.gke.io'],
  'a share that no driver mounts': [(worlds) => { objects(worlds, 'StorageClass')[0].provisioner = 'filestore.csi.storage.gke.io'; },
    'the cluster lacks the driver filestore.csi.storage.gke.io'],
  'another bucket made': [(worlds) => { resources(worlds, 'google_storage_bucket')[0].name = 'vllm-weights'; },
    'Deployment/vllm-openai-gcs-l4 uses the bucket vllm-models, which is not made'],
  'another bucket mounted': [(worlds) => {
    podOf(worlds, 'vllm-openai-gcs-l4').volumes.find(({ csi }: Block) => csi).csi.volumeAttributes.bucketName = 'other';
  }, 'Deployment/vllm-openai-gcs-l4 uses the bucket other, which is not made'],
  'another bucket in an argument': [(worlds) => { podOf(worlds, 'vllm-openai-gcs-l4').containers[0].args.push('gs://other/models'); },
    'Deployment/vllm-openai-gcs-l4 uses the bucket other, which is not made'],
  'a grant in another namespace': [(worlds) => {
    const grant = grantOf(worlds, 'vllm-openai-gcs-l4');
    grant.member = grant.member.replace('ns/vllm', 'ns/default');
  }, 'no ServiceAccount default/vllm-openai-gcs-l4'],
  'a grant to a workload on the project': [(worlds) => {
    worlds.terraform.resource.google_project_iam_member.planted = { role: 'roles/owner', member: 'serviceAccount:vllm@example.iam.gserviceaccount.com' };
  }, 'granted and not wanted: serviceAccount:vllm@example.iam.gserviceaccount.com roles/owner project'],
  'an account that is not there': [({ manifests }) => {
    manifests.splice(manifests.findIndex(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === 'vllm-openai-gcs-l4'), 1);
  }, 'no ServiceAccount vllm/vllm-openai-gcs-l4'],
  'an autoscaler that asks for more': [(worlds) => { hpa(worlds, 'vllm-openai-gcs-l4').spec.maxReplicas += 1; },
    'node pool g2-standard-24 has at most 15 nodes, and the autoscalers can ask for 16'],
  'a pool that has fewer': [(worlds) => { pool(worlds, 'g2-standard-24').autoscaling.total_max_node_count = 14; },
    'node pool g2-standard-24 has at most 14 nodes, and the autoscalers can ask for 15'],
};

test.each(Object.entries(PLANTS))('%s is found', (_, [plant, said]) => {
  const worlds = structuredClone(WORLDS);
  plant(worlds);
  expect(disagreements(worlds, IDENTITIES)).toContain(said);
});

test('a workload that wants more than it is granted is found', () => {
  const more = new ServiceIdentity({ namespace: 'vllm', serviceAccountName: 'vllm-openai-pd-l4', grants: [{ role: 'roles/monitoring.viewer' }] });
  expect(disagreements(WORLDS, [...IDENTITIES, more])).toEqual(['not granted: vllm/vllm-openai-pd-l4 roles/monitoring.viewer project']);
});
