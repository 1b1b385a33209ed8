import { MachineType } from '../../lib/catalog';
import { GpuNodePoolProps } from '../../lib/gke';
import { gpuPoolIn, synthesized } from './synthesized';

const pool = (props: Partial<GpuNodePoolProps> = {}) =>
  synthesized((stack, project) => { gpuPoolIn(stack, project, props); }).one('google_container_node_pool');

test('the default pool: from no node, on demand, private, shielded, with the newest driver', () => {
  const made = pool({ zones: ['us-central1-b', 'us-central1-a'] });
  expect(made).toMatchObject({
    name: 'g2-standard-24', location: 'us-central1', node_locations: ['us-central1-a', 'us-central1-b'], initial_node_count: 0,
    autoscaling: { total_min_node_count: 0, total_max_node_count: 3, location_policy: 'ANY' },
    network_config: { enable_private_nodes: true }, management: { auto_repair: true, auto_upgrade: true },
    upgrade_settings: { strategy: 'SURGE', max_surge: 0, max_unavailable: 1 },
    node_config: {
      machine_type: 'g2-standard-24', image_type: 'COS_CONTAINERD', boot_disk: { disk_type: 'pd-balanced', size_gb: 200 },
      guest_accelerator: [{ type: 'nvidia-l4', count: 2, gpu_driver_installation_config: { gpu_driver_version: 'LATEST' } }],
      taint: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NO_SCHEDULE' }],
      gcfs_config: { enabled: true }, gvnic: { enabled: true }, workload_metadata_config: { mode: 'GKE_METADATA' },
      shielded_instance_config: { enable_secure_boot: true, enable_integrity_monitoring: true },
    },
  });
  for (const absent of ['ephemeral_storage_local_ssd_config', 'reservation_affinity', 'spot', 'flex_start', 'secondary_boot_disks']) {
    expect(made.node_config).not.toHaveProperty(absent);
  }
  expect(made).not.toHaveProperty('placement_policy');
  expect(made).not.toHaveProperty('node_count');
});

test('nodes have no label where a kubelet may set none', () => {
  const inKubernetes = Object.keys(pool().node_config.labels).filter(label => /(^|\.)(kubernetes|k8s)\.io\//.test(label));
  expect(inKubernetes).toEqual([]);
});

const TAINTS: { readonly [capacity: string]: readonly string[] } = {
  spot: ['cloud.google.com/gke-spot'], 'flex-start': ['cloud.google.com/gke-flex-start'], reservation: ['vllm-reservation'],
};
const NOTHING_RESERVED = { consume_reservation_type: 'NO_RESERVATION' };
test.each([
  ['on-demand', 'g2-standard-24', undefined, undefined, true, {}],
  ['spot', 'g2-standard-24-spot', undefined, NOTHING_RESERVED, true, { spot: true }],
  ['reservation', 'g2-standard-24-reservation', 'mine', {
    consume_reservation_type: 'SPECIFIC_RESERVATION', key: 'compute.googleapis.com/reservation-name', values: ['mine'],
  }, true, {}],
  ['flex-start', 'g2-standard-24-flex-start', undefined, NOTHING_RESERVED, false, { flex_start: true, max_run_duration: '604800s' }],
  ['queued', 'g2-standard-24-queued', undefined, NOTHING_RESERVED, false, { flex_start: true, max_run_duration: '604800s' }],
] as const)('capacity %s', (capacity, name, reservation, affinity, repaired, nodeConfig) => {
  const made = pool({ capacity, reservation });
  expect(made).toMatchObject({ name, management: { auto_repair: repaired, auto_upgrade: true }, node_config: nodeConfig });
  expect(made.node_config.reservation_affinity).toEqual(affinity);
  expect(made.queued_provisioning).toEqual(capacity === 'queued' ? { enabled: true } : undefined);
  expect('upgrade_settings' in made).toBe(repaired);
  expect(made.node_config.taint.map(({ key }: { key: string }) => key))
    .toEqual(['nvidia.com/gpu', ...TAINTS[capacity] ?? []]);
});

test('local SSDs: those that come with the machine are named, others when asked for', () => {
  expect(pool({ machineType: MachineType.fromName('a2-ultragpu-1g') }).node_config.ephemeral_storage_local_ssd_config)
    .toEqual({ local_ssd_count: 1 });
  expect(pool({ localSsdCount: 2 })).toMatchObject({
    name: 'g2-standard-24-2ssd', node_config: { ephemeral_storage_local_ssd_config: { local_ssd_count: 2 } },
  });
});

test.each(['g4-standard-48', 'a4-highgpu-8g', 'a3-ultragpu-8g'])('%s boots from the only disk it takes', (name) => {
  const machineType = MachineType.fromName(name);
  const capacity = machineType.provisioning.includes('on-demand') ? 'on-demand' : 'spot';
  expect(pool({ machineType, zones: ['us-central1-b'], capacity }).node_config.boot_disk.disk_type).toBe('hyperdisk-balanced');
});

test('pools of one machine with other numbers of GPUs have other names', () => {
  const names = [1, 2, 4].map(gpus => pool({ machineType: MachineType.fromName('n1-standard-8', gpus) }).name);
  expect(names).toEqual(['n1-standard-8-t4x1', 'n1-standard-8-t4x2', 'n1-standard-8-t4x4']);
});

test('an image on a second boot disk, and nodes near each other, when asked for', () => {
  expect(pool({ secondaryBootDiskImage: 'global/images/vllm-0-32', compactPlacement: true })).toMatchObject({
    placement_policy: { type: 'COMPACT' },
    node_config: { secondary_boot_disks: [{ disk_image: 'global/images/vllm-0-32', mode: 'CONTAINER_IMAGE_CACHE' }], gcfs_config: { enabled: true } },
  });
});

test('a driver of one\'s own is not installed once more', () => {
  const installed = (driver?: number) => pool({ driver }).node_config.guest_accelerator[0].gpu_driver_installation_config;
  expect(installed()).toEqual({ gpu_driver_version: 'LATEST' });
  expect(installed(580)).toEqual({ gpu_driver_version: 'INSTALLATION_DISABLED' });
});
