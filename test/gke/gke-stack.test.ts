import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProjectCopy } from '../dist/project-copy';
import { PROJECT } from '../house/sources';
import { Accelerator, CellUnit, KustomizeApp, Model, StorageId, VllmCell } from '../../lib';
import { GkeStack } from '../../lib/gke';
import { temporaryApp } from './app';
import { appStack, settingsOf } from './app-stack';
import { finished } from './synthesized';

test('each machine of the cells has one node pool, and there is one without GPUs', () => {
  const pools = appStack({ CDK8S_VLLM_CELLS: 'l4-gcs,l4-pd,a100-gcs' }).all('google_container_node_pool');
  expect(pools.map(({ name, autoscaling }) => [name, autoscaling.total_max_node_count])).toEqual([
    ['cpu', 5], ['g2-standard-24', 10], ['a2-highgpu-1g', 5],
  ]);
});

test('what is not sold on demand is lent', () => {
  const pools = appStack({ CDK8S_VLLM_CELLS: 'h100-gcs,rtx-pro-6000-gcs' }).all('google_container_node_pool');
  expect(pools.map(({ name, node_config: { flex_start: lent } }) => [name, lent])).toEqual([
    ['cpu', undefined], ['a3-highgpu-1g-flex-start', true], ['g4-standard-48', undefined],
  ]);
});

test('two reservations of one machine type are refused', () => {
  const app = new KustomizeApp();
  const cells = ['one', 'two'].map(reservation => new VllmCell(app, {
    accelerator: Accelerator.L4, storage: 'gcs', model: Model.QWEN3_8B, units: [], namespace: 'own', bucket: 'my-models', region: 'us-central1',
    variant: reservation, server: { capacity: 'reservation', reservation },
  }));
  expect(() => new GkeStack(temporaryApp(), 'own', { region: 'us-central1', bucket: 'my-models', cells }))
    .toThrow(/the cells on g2-standard-\d+ name the reservations one and two; give them one, or make a GkeStack for each/);
});

test('only the drivers that the cells mount', () => {
  expect(appStack({ CDK8S_VLLM_CELLS: 'l4-gcs' }).one('google_container_cluster').addons_config).toMatchObject({
    gcs_fuse_csi_driver_config: { enabled: true }, gcp_filestore_csi_driver_config: { enabled: false },
  });
});

test.each([['private', 1], ['restricted', 1], ['internet', 0]] as const)('names of Google\'s APIs as the settings say: %s', (apis, zones) => {
  const stack = appStack({ CDK8S_VLLM_CELLS: 'l4-pd', CDK8S_VLLM_GOOGLE_APIS: apis });
  expect(stack.all('google_dns_managed_zone')).toHaveLength(zones);
  expect(stack.all('google_dns_record_set').filter(({ name }) => name === `${apis}.googleapis.com.`)).toHaveLength(zones);
});

test('a cell of disks has the driver by which its batch mounts the bucket', () => {
  expect(appStack({ CDK8S_VLLM_CELLS: 'l4-pd' }).one('google_container_cluster').addons_config).toMatchObject({
    gcs_fuse_csi_driver_config: { enabled: true }, gcp_filestore_csi_driver_config: { enabled: false },
  });
});

test('cells of one\'s own make a stack of their own, without an output of settings', () => {
  const app = new KustomizeApp();
  const cell = (storage: StorageId, units: CellUnit[]) => new VllmCell(app, {
    accelerator: Accelerator.L4, storage, model: Model.QWEN3_8B, units, namespace: 'own', bucket: 'my-models', region: 'us-central1', maxNodes: 2,
  });
  const cells = [cell('hdml', ['chat']), cell('pd', ['autoscaling'])];
  const made = finished(new GkeStack(temporaryApp(), 'own', { region: 'us-central1', bucket: 'my-models', cells }));
  expect(Object.keys(made.json.output)).toEqual(['credentials_command', 'registry_url', 'docker_hub_prefix', 'hub_token_command']);
  expect(made.one('google_container_cluster').addons_config).toMatchObject({ gcs_fuse_csi_driver_config: { enabled: false } });
  expect(made.all('google_container_node_pool').map(({ name, autoscaling }) => [name, autoscaling.total_max_node_count])).toEqual([
    ['cpu', 5], [cells[0].plan.placement.machineType.name, 4],
  ]);
  expect(made.json.resource).not.toHaveProperty('google_storage_bucket_iam_member');
});

test('another region, bucket and size', () => {
  const made = appStack({
    CDK8S_VLLM_REGION: 'europe-west4', CDK8S_VLLM_BUCKET: 'my-models', CDK8S_VLLM_MAX_NODES: '2', CDK8S_VLLM_CELLS: 'l4-gcs',
    CDK8S_VLLM_STATE_BUCKET: 'my-state',
  });
  expect(made.json.terraform.backend).toEqual({ gcs: { bucket: 'my-state', prefix: 'cdk8s-vllm/gke' } });
  expect(made.one('google_storage_bucket')).toMatchObject({ name: 'my-models', location: 'europe-west4' });
  const [, pool] = made.all('google_container_node_pool');
  expect(pool.autoscaling.total_max_node_count).toBe(2);
  expect(pool.node_locations.filter((zone: string) => !zone.startsWith('europe-west4-'))).toEqual([]);
});

test.each([
  {}, { CDK8S_VLLM_NAMESPACE: 'serving', CDK8S_VLLM_REGION: 'europe-west4', CDK8S_VLLM_BUCKET: 'my-models', CDK8S_VLLM_MAX_NODES: '7' },
  { CDK8S_VLLM_STATE_BUCKET: 'my-state', CDK8S_VLLM_CELLS: 'l4-gcs,a100-gcs' },
] as Record<string, string>[])('the output of the settings %j is read back as the same settings', (environment) => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  try {
    const file = join(folder, '.env');
    const { json } = appStack(environment);
    writeFileSync(file, json.output.settings.value);
    expect(settingsOf({}, file)).toEqual(settingsOf(environment));
    expect(appStack({}, file).json).toEqual(json);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('nothing of the machine is in it', () => {
  const text = JSON.stringify(appStack().json);
  expect([PROJECT, homedir(), tmpdir()].filter(own => text.includes(own))).toEqual([]);
});

test('no secret and no key is in it, and no role on the project but reading metrics and the nodes\' own', () => {
  const made = appStack();
  expect(Object.keys(made.json.resource).filter(type => /key$|secret_version/.test(type))).toEqual([]);
  expect(new Set(made.all('google_project_iam_member').map(({ role }) => role)))
    .toEqual(new Set(['roles/container.defaultNodeServiceAccount', 'roles/monitoring.viewer']));
});

test('what the cloud refuses is said, and neither of the two outputs changes', async () => {
  const copy = new ProjectCopy();
  try {
    expect((await copy.synth({ CDK8S_VLLM_CELLS: 'l4-gcs' })).code).toBe(0);
    const before = copy.dist;
    const { code, output } = await copy.synth({ CDK8S_VLLM_CELLS: 'l4-gcs', CDK8S_VLLM_STATE_BUCKET: 'gs://state' });
    expect([code, output]).toEqual([1, 'GkeStack \'gke\': \'stateBucket\' (gs://state) is no bucket name: 3 to 63 lower case letters, digits,'
    + ' \'-\', \'_\' and \'.\', without gs:// and without \'google\'\n']);
    expect(copy.dist).toEqual(before);
  } finally {
    copy.remove();
  }
});
