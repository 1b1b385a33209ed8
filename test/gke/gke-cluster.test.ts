import { clusterIn, synthesized } from './synthesized';

const FUSE = 'gcsfuse.csi.storage.gke.io';
const cluster = (props = {}) => synthesized((stack, project) => { clusterIn(stack, project, props); }).one('google_container_cluster');

test('the default cluster is regional, private, reached by an identity only, and cannot be deleted by mistake', () => {
  expect(cluster()).toMatchObject({
    name: 'vllm', location: 'us-central1', networking_mode: 'VPC_NATIVE', deletion_protection: true,
    private_cluster_config: { enable_private_nodes: true },
    control_plane_endpoints_config: { dns_endpoint_config: { allow_external_traffic: true }, ip_endpoints_config: { enabled: false } },
    master_auth: { client_certificate_config: { issue_client_certificate: false } },
    workload_identity_config: { workload_pool: '${var.project_id}.svc.id.goog' },
    datapath_provider: 'ADVANCED_DATAPATH', enable_intranode_visibility: true, enable_shielded_nodes: true,
    ip_allocation_policy: { cluster_secondary_range_name: 'pods', services_secondary_range_name: 'services' },
    release_channel: { channel: 'REGULAR' },
  });
  expect(cluster().master_authorized_networks_config).toBeUndefined();
});

test('its default node pool goes, and what GKE tells of its nodes afterwards does not make it anew', () => {
  expect(cluster()).toMatchObject({
    remove_default_node_pool: true, initial_node_count: 1, lifecycle: { ignore_changes: ['node_config', 'initial_node_count'] },
  });
});

test('it measures, posts security findings, serves gateways and secrets, and says what it costs', () => {
  expect(cluster()).toMatchObject({
    monitoring_config: {
      enable_components: ['SYSTEM_COMPONENTS', 'STORAGE', 'HPA', 'POD', 'DEPLOYMENT', 'DCGM'], managed_prometheus: { enabled: true },
    },
    gateway_api_config: { channel: 'CHANNEL_STANDARD' }, secret_manager_config: { enabled: true },
    security_posture_config: { mode: 'BASIC', vulnerability_mode: 'VULNERABILITY_DISABLED' },
    cost_management_config: { enabled: true }, pod_autoscaling: { hpa_profile: 'PERFORMANCE' },
    binary_authorization: { evaluation_mode: 'PROJECT_SINGLETON_POLICY_ENFORCE' },
    node_pool_defaults: { node_config_defaults: { gcfs_config: { enabled: true }, insecure_kubelet_readonly_port_enabled: 'FALSE' } },
    cluster_autoscaling: { enabled: false, autoscaling_profile: 'OPTIMIZE_UTILIZATION' },
  });
});

test('what it needs is enabled and granted before it is made', () => {
  const made = synthesized((stack, project) => { clusterIn(stack, project); });
  expect(made.one('google_container_cluster').depends_on.map((name: string) => made.reference(name))).toEqual([
    'google_project_iam_member.nodes_Grant',
    ...['container', 'binaryauthorization', 'containerfilesystem', 'containersecurity', 'logging', 'monitoring', 'secretmanager']
      .map(api => `google_project_service.project_${api}`),
  ]);
});

test.each([
  [[FUSE], true, false], [['filestore.csi.storage.gke.io'], false, true], [['pd.csi.storage.gke.io', FUSE, FUSE], true, false], [[], false, false],
])('the drivers %j', (csiDrivers, fuse, filestore) => {
  expect(cluster({ csiDrivers }).addons_config).toMatchObject({
    gcs_fuse_csi_driver_config: { enabled: fuse }, gcp_filestore_csi_driver_config: { enabled: filestore },
    gce_persistent_disk_csi_driver_config: { enabled: true }, http_load_balancing: { disabled: false },
  });
});

test('ranges that may reach the control plane open its address, to them only', () => {
  expect(cluster({ authorizedCidrs: ['203.0.113.0/24'] })).toMatchObject({
    control_plane_endpoints_config: { ip_endpoints_config: { enabled: true } },
    master_authorized_networks_config: { gcp_public_cidrs_access_enabled: false, cidr_blocks: [{ cidr_block: '203.0.113.0/24' }] },
  });
});

test.each([['03:00', '03:00:00Z', '2026-01-01T07:00:00Z'], ['22:30', '22:30:00Z', '2026-01-02T02:30:00Z']])('maintenance at %s', (start, from, to) => {
  expect(cluster({ maintenanceStart: start }).maintenance_policy.recurring_window).toEqual({
    start_time: `2026-01-01T${from}`, end_time: to, recurrence: 'FREQ=DAILY',
  });
});

test('limits let GKE provision node pools of its own, with the nodes\' account', () => {
  const { cluster_autoscaling: scaling } = cluster({
    autoProvisioning: { maxVcpus: 96, maxMemoryGib: 400, gpus: [{ gkeLabel: 'nvidia-l4', maximum: 8 }] },
  });
  expect(scaling).toMatchObject({
    enabled: true, auto_provisioning_defaults: { image_type: 'COS_CONTAINERD', shielded_instance_config: { enable_secure_boot: true } },
    resource_limits: [
      { resource_type: 'cpu', maximum: 96 }, { resource_type: 'memory', maximum: 400 }, { resource_type: 'nvidia-l4', maximum: 8 },
    ],
  });
  expect(scaling.auto_provisioning_defaults.service_account).toMatch(/^\$\{google_service_account\.nodes_Account_\w+\.email\}$/);
});

test('a group for RBAC, and no protection, when asked for', () => {
  expect(cluster({ securityGroup: 'gke-security-groups@example.com', deletionProtection: false })).toMatchObject({
    authenticator_groups_config: { security_group: 'gke-security-groups@example.com' }, deletion_protection: false,
  });
});
