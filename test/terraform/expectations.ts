import { MachineType } from '../../lib/catalog';
import { Filestore, GatewayAccess, GpuNodePool, ModelBucket, Network, WeightsDisk } from '../../lib/gke';
import { appStack, settingsOf } from '../gke/app-stack';
import { Block, clusterIn, synthesized } from '../gke/synthesized';
import { addressOf } from './addresses';

/** What Terraform must have planned: a resource, and expressions over it. `one(x[*].y)` reads a block, be it a list of one or an object. */
type Expectation = readonly [type: string, name: string, ...conditions: string[]];

export interface Case {
  readonly json: Block;
  readonly expectations: readonly Expectation[];
}

export const VARIABLES = { project_id: 'my-project', project_number: '123456789012', alert_emails: ['a@example.com', 'b@example.com'] };
const PRINCIPAL = 'principal://iam.googleapis.com/projects/${var.project_number}/locations/global/workloadIdentityPools/${var.project_id}.svc.id.goog';
const POOL = 'google_container_node_pool';

const machineOf = (block: string, path: string) => `one(one($.node_config[*].${block})[*].${path})`;
const SERVER = '$["ns/vllm/sa/vllm-openai-gcs-l4"]';
const server = `${PRINCIPAL}/subject/ns/vllm/sa/vllm-openai-gcs-l4`;

const DEFAULT: readonly Expectation[] = [
  ['google_container_cluster', 'vllm',
    '$.location == "us-central1"', '$.deletion_protection', '$.remove_default_node_pool', '$.datapath_provider == "ADVANCED_DATAPATH"',
    'one($.workload_identity_config[*].workload_pool) == "my-project.svc.id.goog"', 'one($.private_cluster_config[*].enable_private_nodes)',
    'one(one($.control_plane_endpoints_config[*].ip_endpoints_config)[*].enabled) == false',
    'one(one($.addons_config[*].gcs_fuse_csi_driver_config)[*].enabled)',
    'one(one($.monitoring_config[*].managed_prometheus)[*].enabled)', 'contains(one($.monitoring_config[*].enable_components), "DCGM")',
    'one($.cluster_autoscaling[*].enabled) == false', 'one($.secret_manager_config[*].enabled)'],
  [POOL, 'cpu', 'one($.autoscaling[*].total_min_node_count) == 1', 'one($.node_config[*].machine_type) == "c3d-standard-4"'],
  [POOL, 'g2-standard-24', 'one($.autoscaling[*].total_max_node_count) == 15', 'one($.autoscaling[*].location_policy) == "ANY"',
    'toset($.node_locations) == toset(["us-central1-a", "us-central1-b", "us-central1-c"])', '$.initial_node_count == 0',
    `${machineOf('guest_accelerator', 'type')} == "nvidia-l4"`, `${machineOf('guest_accelerator', 'count')} == 2`,
    `one(${machineOf('guest_accelerator', 'gpu_driver_installation_config')}[*].gpu_driver_version) == "LATEST"`,
    `${machineOf('boot_disk', 'disk_type')} == "pd-balanced"`, `${machineOf('boot_disk', 'size_gb')} == 200`,
    `${machineOf('taint', 'key')} == "nvidia.com/gpu"`, `${machineOf('gcfs_config', 'enabled')}`, `${machineOf('gvnic', 'enabled')}`,
    `${machineOf('shielded_instance_config', 'enable_secure_boot')}`, `${machineOf('workload_metadata_config', 'mode')} == "GKE_METADATA"`],
  [POOL, 'a2-ultragpu-1g', `${machineOf('ephemeral_storage_local_ssd_config', 'local_ssd_count')} == 1`],
  [POOL, 'a3-highgpu-1g-flex-start', 'one($.node_config[*].flex_start)', 'one($.management[*].auto_repair) == false'],
  ['google_storage_bucket', 'vllm-models', '$.force_destroy == false', '$.uniform_bucket_level_access', '$.public_access_prevention == "enforced"',
    'one($.hierarchical_namespace[*].enabled)', 'one($.soft_delete_policy[*].retention_duration_seconds) == 604800'],
  ['google_storage_bucket_iam_member', 'roles/storage.objectViewer', `${SERVER}.bucket == "vllm-models"`, 'length($) > 80',
    `startswith(one(${SERVER}.condition[*].expression), "resource.type == \\"storage.googleapis.com/Bucket\\" || resource.name.startsWith(")`,
    `${SERVER}.member == "${server.replace('${var.project_number}', VARIABLES.project_number).replace('${var.project_id}', VARIABLES.project_id)}"`],
  ['google_dns_managed_zone', 'vllm-googleapis', '$.dns_name == "googleapis.com."', '$.visibility == "private"'],
  ['google_dns_record_set', 'private.googleapis.com.', '$.type == "A"', 'toset($.rrdatas) == toset(["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"])'],
  ['google_compute_route', 'vllm-googleapis', '$.dest_range == "199.36.153.8/30"', '$.next_hop_gateway == "default-internet-gateway"'],
  ['google_artifact_registry_repository', 'vllm', '$.format == "DOCKER"', 'one($.docker_config[*].immutable_tags)'],
  ['google_artifact_registry_repository', 'docker-hub', '$.mode == "REMOTE_REPOSITORY"',
    'one(one($.remote_repository_config[*].docker_repository)[*].public_repository) == "DOCKER_HUB"'],
  ['google_monitoring_notification_channel', 'vLLM alerts: ${each.value}', 'length($) == 2'],
  ['google_monitoring_alert_policy', 'vLLM: KV cache full', '$.severity == "WARNING"',
    'one(one($.conditions[*].condition_prometheus_query_language)[*].disable_metric_validation)'],
];

const NOTHING_RESERVED = `${machineOf('reservation_affinity', 'consume_reservation_type')} == "NO_RESERVATION"`;
const CAPACITIES: readonly Expectation[] = [
  [POOL, 'g2-standard-24', 'one($.upgrade_settings[*].max_surge) == 0'],
  [POOL, 'g2-standard-24-spot', 'one($.node_config[*].spot)', NOTHING_RESERVED,
    'contains(one($.node_config[*].taint)[*].key, "cloud.google.com/gke-spot")'],
  [POOL, 'g2-standard-24-reservation', `${machineOf('reservation_affinity', 'consume_reservation_type')} == "SPECIFIC_RESERVATION"`,
    `contains(${machineOf('reservation_affinity', 'values')}, "mine")`],
  [POOL, 'g2-standard-24-flex-start', 'one($.node_config[*].flex_start)', 'one($.node_config[*].max_run_duration) == "604800s"', NOTHING_RESERVED],
  [POOL, 'g2-standard-24-queued', 'one($.queued_provisioning[*].enabled)', 'one($.node_config[*].flex_start)', NOTHING_RESERVED],
];

const REST: readonly Expectation[] = [
  ['google_filestore_instance', 'weights', '$.tier == "ZONAL"', 'one($.file_shares[*].capacity_gb) == 1024', '$.location == "us-central1-a"'],
  ['google_compute_disk', 'weights', '$.type == "hyperdisk-ml"', '$.access_mode == "READ_ONLY_MANY"'],
  ['google_compute_global_address', 'vllm-gateway', '$.project == "my-project"'],
  ['google_compute_managed_ssl_certificate', 'vllm-gateway', 'one(one($.managed[*].domains)) == "chat.example.com"'],
  ['google_iap_web_iam_member', 'group:team@example.com', '$.role == "roles/iap.httpsResourceAccessor"'],
  ['google_compute_subnetwork', 'vllm-proxies', '$.purpose == "REGIONAL_MANAGED_PROXY"', '$.role == "ACTIVE"'],
  ['google_container_cluster', 'vllm', 'one($.cluster_autoscaling[*].enabled)',
    'one(one($.master_authorized_networks_config[*].cidr_blocks)[*].cidr_block) == "203.0.113.0/24"'],
  [POOL, 'g2-standard-24', 'one($.placement_policy[*].type) == "COMPACT"',
    `${machineOf('secondary_boot_disks', 'disk_image')} == "global/images/vllm"`],
];

function capacities(): Block {
  return synthesized((stack, project) => {
    const cluster = clusterIn(stack, project);
    for (const capacity of ['on-demand', 'spot', 'reservation', 'flex-start', 'queued'] as const) {
      new GpuNodePool(stack, capacity, {
        cluster, capacity, machineType: MachineType.fromName('g2-standard-24'), zones: ['us-central1-a'], maxNodes: 3,
        reservation: capacity === 'reservation' ? 'mine' : undefined,
      });
    }
  }).json;
}

/** What the app's stack does not use. */
function rest(): Block {
  return synthesized((stack, project) => {
    const network = new Network(stack, 'proxied', { project, proxyCidr: '10.9.0.0/23' });
    const machineType = MachineType.fromName('g2-standard-24');
    const cluster = clusterIn(stack, project, {
      network, authorizedCidrs: ['203.0.113.0/24'], securityGroup: 'gke-security-groups@example.com', csiDrivers: ['filestore.csi.storage.gke.io'],
      autoProvisioning: { maxVcpus: 96, maxMemoryGib: 384, gpus: [{ gkeLabel: 'nvidia-l4', maximum: 8 }] },
    });
    new GpuNodePool(stack, 'pool', {
      cluster, machineType, zones: ['us-central1-a'], maxNodes: 2, compactPlacement: true, secondaryBootDiskImage: 'global/images/vllm',
    });
    new Filestore(stack, 'share', { project, network, name: 'weights', tier: 'ZONAL', sizeGib: 1024, zone: 'us-central1-a' });
    new WeightsDisk(stack, 'disk', {
      project, name: 'weights', zone: 'us-central1-a', diskType: 'hyperdisk-ml', sizeGib: 64, source: 'projects/p/global/images/weights', machineType,
    });
    new ModelBucket(stack, 'models', { project, name: 'vllm-models', anywhereCacheZones: ['us-central1-a'] });
    new GatewayAccess(stack, 'gateway', { project, hosts: ['chat.example.com'], members: ['group:team@example.com'] });
  }).json;
}

export const CASES: { readonly [name: string]: () => Case } = {
  'the default cells': () => ({ json: appStack().json, expectations: DEFAULT }),
  'state in a bucket': () => ({ json: appStack({ CDK8S_VLLM_STATE_BUCKET: 'my-state' }).json, expectations: DEFAULT }),
  'every kind of capacity': () => ({ json: capacities(), expectations: CAPACITIES }),
  'what the app does not use': () => ({ json: rest(), expectations: REST }),
};

/** What the provider makes up is random; what is a mail address or a path to the next resource has its form. */
const MOCKS = `mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = {
      email  = "vllm-nodes@my-project.iam.gserviceaccount.com"
      member = "serviceAccount:vllm-nodes@my-project.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_container_cluster" {
    defaults = { id = "projects/my-project/locations/us-central1/clusters/vllm" }
  }
  mock_resource "google_compute_network" {
    defaults = { id = "projects/my-project/global/networks/vllm" }
  }
  mock_resource "google_compute_subnetwork" {
    defaults = { id = "projects/my-project/regions/us-central1/subnetworks/vllm-nodes" }
  }
}
`;

/** For `terraform test`: a plan and an apply that expect the same. `own` says how a resource, or the one of a key, is called there. */
export function testFileOf({ json, expectations }: Case, own: (address: string, key: string) => string): string {
  const variables = Object.entries(VARIABLES).filter(([name]) => name in (json.variable as Block));
  const asserts = expectations.flatMap(([type, name, ...conditions]) => conditions.map(condition =>
    `  assert {\n    condition     = ${condition.replaceAll(/\$(\["[^"]+"\])?/g, (_, key?: string) => own(addressOf(json, type, name), key ?? ''))}\n`
    + `    error_message = ${literal(`${type} ${name}: ${condition}`)}\n  }\n`));
  const settings = 'settings' in (json.output as Block ?? {})
    ? `  assert {\n    condition     = startswith(output.settings, "CDK8S_VLLM_NAMESPACE=${settingsOf().namespace}\\n")\n    error_message = "settings"\n  }\n` : '';
  const run = (command: string) => `run "${command}" {\n  command = ${command}\n${asserts.join('')}${settings}}\n`;
  return `${MOCKS}variables {\n${variables.map(([name, value]) => `  ${name} = ${JSON.stringify(value)}\n`).join('')}}\n${run('plan')}${run('apply')}`;
}

function literal(text: string): string {
  return JSON.stringify(text).replaceAll('${', () => '$${');
}
