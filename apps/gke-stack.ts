import { TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import {
  ArtifactRegistry, CpuNodePool, GkeCluster, GpuNodePool, HubToken, keepState, ModelBucket, Network, NodeIdentity, Project, ServingAlerts,
  ServingDashboard, WorkloadIdentity,
} from '../lib/gke';
import { BuiltCell, BuiltMatrix } from './cells';
import { likelyZone } from './cell-storage';
import { Settings } from './settings';

/** A regional cluster that is made in one zone of its region only could not be upgraded without a gap; three are enough. */
const MOST_CPU_ZONES = 3;

/** The cluster, node pools, bucket and grants that the cells need, and nothing else. */
export class GkeStack extends TerraformStack {
  constructor(scope: Construct, id: string, settings: Settings, { cells, identities }: BuiltMatrix) {
    super(scope, id);
    keepState(this, settings.stateBucket);
    const project = new Project(this, 'project', { region: settings.region });
    const protection = new TerraformVariable(this, 'deletion_protection', {
      type: 'bool', default: true, nullable: false,
      description: 'Whether the cluster, the bucket with its weights and the secret are kept from being destroyed',
    });
    const deletionProtection = protection.booleanValue;
    const network = new Network(this, 'network', { project });
    const nodes = new NodeIdentity(this, 'nodes', { project });
    const cluster = new GkeCluster(this, 'cluster', {
      project, network, nodes, deletionProtection, storages: cells.map(({ cell }) => cell.storage),
    });
    const pools = poolsOf(cells, settings);
    // Weights are copied to a disk in its zone.
    new CpuNodePool(this, 'cpu', { cluster, zones: cpuZones(pools, settings) });
    for (const { name, cells: users, zones } of pools) {
      const { machineType, localSsdCount, bootDiskBytes } = users[0].server.plan.placement;
      new GpuNodePool(this, name, {
        cluster, machineType, localSsdCount, bootDiskBytes, zones,
        maxNodes: users.length * settings.maxNodes, requiredNodes: nodesAskedFor(users),
        // What is not sold on demand is lent for a week.
        capacity: machineType.provisioning.includes('on-demand') ? 'on-demand' : 'flex-start',
      });
    }
    const bucket = new ModelBucket(this, 'models', { project, deletionProtection, name: settings.bucket });
    new WorkloadIdentity(this, 'identities', { cluster, buckets: [bucket], identities });
    const registry = new ArtifactRegistry(this, 'registry', { project, nodes });
    const token = new HubToken(this, 'hub-token', { project, deletionProtection });
    new ServingDashboard(this, 'dashboard', { project, release: settings.release });
    new ServingAlerts(this, 'alerts', { project, release: settings.release });

    const output = (name: string, value: string, description: string) =>
      new TerraformOutput(this, name, { value, description, staticId: true });
    output('settings', environmentOf(settings), 'Settings of the manifests: terraform output -raw settings > .env');
    output('credentials_command', `gcloud container clusters get-credentials ${cluster.name} --dns-endpoint --location ${project.region} --project ${project.id}`,
      'What gives kubectl access to the cluster');
    output('registry_url', registry.url, 'Where images of your own are pushed to');
    output('hub_token_command', `gcloud secrets versions add ${token.secret.secretId} --project ${project.id} --data-file=-`,
      'What takes the token for gated models, from standard input');
  }
}

interface Pool {
  readonly name: string;
  readonly cells: readonly BuiltCell[];
  readonly zones: readonly string[];
}

/** Cells that want the same nodes share them. */
function poolsOf(cells: readonly BuiltCell[], { region }: Settings): Pool[] {
  const groups = new Map<string, BuiltCell[]>();
  for (const cell of cells) {
    const { machineType, localSsdCount } = cell.server.plan.placement;
    const name = `${machineType.name}-${machineType.gpus}gpu-${localSsdCount}ssd`;
    groups.set(name, [...groups.get(name) ?? [], cell]);
  }
  return [...groups].map(([name, users]) => {
    const { machineType } = users[0].server.plan.placement;
    const known = machineType.zones.filter(zone => zone.startsWith(`${region}-`));
    const required = users.flatMap(({ server }) => server.plan.placement.requiredZones);
    const zones = known.length > 0 ? known : required.length > 0 ? [...new Set(required)] : [likelyZone(region)];
    return { name, cells: users, zones };
  });
}

function nodesAskedFor(users: readonly BuiltCell[]): number {
  return users.reduce((sum, { server, hpa }) => sum + server.plan.placement.nodes(hpa.maxReplicas), 0);
}

/** Those of the disks first: what fills a disk runs in its zone. */
function cpuZones(pools: readonly Pool[], { region }: Settings): string[] {
  const ofDisks = pools.flatMap(pool => pool.cells.flatMap(({ server }) => server.plan.placement.requiredZones));
  const zones = [...new Set([...ofDisks, ...pools.flatMap(pool => pool.zones)])];
  const disks = new Set(ofDisks).size;
  return zones.length > 0 ? zones.slice(0, Math.max(MOST_CPU_ZONES, disks)) : [likelyZone(region)];
}

/** A value ends up in a file that is read as lines of `NAME=value`. */
function environmentOf({ namespace, bucket, region, maxNodes, release, stateBucket, cells }: Settings): string {
  const values = {
    NAMESPACE: namespace, BUCKET: bucket, REGION: region, MAX_NODES: `${maxNodes}`, RELEASE: release.version, STATE_BUCKET: stateBucket,
    CELLS: cells?.join(','),
  };
  return Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => `CDK8S_VLLM_${name}=${value}\n`).join('');
}
