import { TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { VllmRelease } from '../catalog';
import { GoogleApis } from '../common/google-apis';
import { isFolderGrant } from '../common/grant';
import { ServiceIdentity } from '../common/identity';
import { Refusal, refusing } from '../common/refusal';
import { Region } from '../common/region';
import { Placement } from '../planning';
import { usualCapacity } from '../planning/node-capacity';
import { ArtifactRegistry } from './artifact-registry';
import { CpuNodePool } from './cpu-node-pool';
import { DockerHubMirror } from './docker-hub-mirror';
import { GkeCluster } from './gke-cluster';
import { GpuNodePool } from './gpu-node-pool';
import { HubToken } from './hub-token';
import { ModelBucket } from './model-bucket';
import { Network } from './network';
import { NodeIdentity } from './node-identity';
import { Project } from './project';
import { ServingAlerts } from './serving-alerts';
import { ServingDashboard } from './serving-dashboard';
import { keepState } from './terraform-state';
import { WorkloadIdentity } from './workload-identity';
import { requirePropsOf } from '../common/props';

/** A regional cluster that is made in one zone of its region only could not be upgraded without a gap; three are enough. */
const MOST_CPU_ZONES = 3;

/** What the cloud has to know of a cell; a `VllmCell` says all of it. */
export interface GkeCell {
  /** Placement of its servers. */
  readonly plan: { readonly placement: Placement };
  /**
   * Release of vLLM that serves.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
  /** Number of servers at most that it asks for. */
  readonly maxReplicas: number;
  /** Number of nodes at most that the pool of its servers can have for it. */
  readonly maxNodes: number;
  /** CSI drivers that its pods mount by. */
  readonly csiDrivers: readonly string[];
  /** Type of the disk that its weights are copied to; undefined: they stay in the bucket. */
  readonly diskType?: string;
  /** Identities of its workloads, with what they may do. */
  readonly identities: readonly ServiceIdentity[];
}

/** Props of `GkeStack`. */
export interface GkeStackProps {
  /** Name of the region of everything, for example `us-central1`. */
  readonly region: string;
  /** Name of the bucket that the cells use. */
  readonly bucket: string;
  /** Cells that the cluster serves. */
  readonly cells: readonly GkeCell[];
  /**
   * Identities of the cluster's own workloads.
   * @default - there are none
   */
  readonly identities?: readonly ServiceIdentity[];
  /**
   * Release whose metrics are watched.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
  /**
   * Addresses at which pods reach Google's APIs, as the cells have it.
   * @default private
   */
  readonly googleApis?: GoogleApis;
  /**
   * Name of the bucket that keeps Terraform's state.
   * @default - a file beside the Terraform JSON
   */
  readonly stateBucket?: string;
  /**
   * Driver of the GPUs: the newest that GKE has, or the major version, for example 580, of one that you install yourself.
   * @default LATEST
   */
  readonly gpuDriver?: 'LATEST' | number;
  /**
   * Settings that the manifests were made with, as lines of `NAME=value`: an output writes them back.
   * @default - there is no such output
   */
  readonly environment?: string;
}

/** The cluster, node pools, bucket and grants that cells need, and nothing else. */
export class GkeStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: GkeStackProps) {
    super(scope, id);
    requirePropsOf(this, 'GkeStackProps', props);
    const { cells, release } = props;
    keepState(this, props.stateBucket);
    const project = new Project(this, 'project', { region: props.region });
    const region = Region.of(props.region);
    const protection = new TerraformVariable(this, 'deletion_protection', {
      type: 'bool', default: true, nullable: false,
      description: 'Whether the cluster, the bucket with its weights and the secret are kept from being destroyed',
    });
    const deletionProtection = protection.booleanValue;
    const network = new Network(this, 'network', { project, googleApis: props.googleApis });
    const nodes = new NodeIdentity(this, 'nodes', { project });
    const cluster = new GkeCluster(this, 'cluster', {
      project, network, nodes, deletionProtection, csiDrivers: unique(cells.flatMap(cell => cell.csiDrivers)),
    });
    const pools = refusing(this, () => poolsOf(cells, region));
    // Weights are copied to a disk in its zone.
    new CpuNodePool(this, 'cpu', {
      cluster, zones: cpuZones(pools, region), diskTypes: unique(cells.flatMap(({ diskType }) => diskType ?? [])),
    });
    pools.forEach(pool => this.makePool(cluster, pool, props.gpuDriver));
    const identities = [...props.identities ?? [], ...cells.flatMap(cell => cell.identities)];
    const bucket = new ModelBucket(this, 'models', {
      project, deletionProtection, name: props.bucket, writtenFolders: writtenFolders(identities, props.bucket),
    });
    new WorkloadIdentity(this, 'identities', { cluster, buckets: [bucket], identities });
    const registry = new ArtifactRegistry(this, 'registry', { project, nodes });
    const mirror = new DockerHubMirror(this, 'docker-hub', { project, nodes });
    const token = new HubToken(this, 'hub-token', { project, deletionProtection });
    new ServingDashboard(this, 'dashboard', { project, release });
    new ServingAlerts(this, 'alerts', { project, release });
    this.addOutputs({
      ...(props.environment !== undefined && {
        settings: [props.environment, 'Settings of the manifests: terraform output -raw settings > .env'],
      }),
      credentials_command: [
        `gcloud container clusters get-credentials ${cluster.name} --dns-endpoint --location ${project.region} --project ${project.id}`,
        'What gives kubectl access to the cluster',
      ],
      registry_url: [registry.url, 'Where images of your own are pushed to'],
      docker_hub_prefix: [mirror.prefix, 'What images of docker.io are named by instead, so that nodes stream them'],
      hub_token_command: [
        `gcloud secrets versions add ${token.secret.secretId} --project ${project.id} --data-file=-`,
        'What takes the token for gated models, from standard input',
      ],
    });
  }

  private makePool(cluster: GkeCluster, { name, cells, zones }: Pool, driver: GkeStackProps['gpuDriver']): void {
    const { machineType, localSsdCount, bootDiskBytes, capacity, reservation } = cells[0].plan.placement;
    new GpuNodePool(this, name, {
      cluster, machineType, localSsdCount, bootDiskBytes, zones, driver, capacity, reservation,
      releases: unique(cells.map(cell => cell.release ?? VllmRelease.DEFAULT)),
      maxNodes: sum(cells.map(cell => cell.maxNodes)),
      requiredNodes: sum(cells.map(({ plan, maxReplicas }) => plan.placement.nodes(maxReplicas))),
    });
  }

  /** @param outputs - value and description by name */
  private addOutputs(outputs: { readonly [name: string]: readonly [string, string] }): void {
    for (const [name, [value, description]] of Object.entries(outputs)) {
      new TerraformOutput(this, name, { value, description, staticId: true });
    }
  }
}

function writtenFolders(identities: readonly ServiceIdentity[], bucket: string): string[] {
  const grants = identities.flatMap(identity => identity.grants).filter(isFolderGrant);
  return grants.filter(grant => grant.bucket === bucket && grant.verb === 'write').map(({ folder }) => folder);
}

interface Pool {
  readonly name: string;
  readonly cells: readonly GkeCell[];
  readonly zones: readonly string[];
}

/** Cells that want the same nodes share them. */
function poolsOf(cells: readonly GkeCell[], region: Region): Pool[] {
  const groups = new Map<string, GkeCell[]>();
  for (const cell of cells) {
    const { machineType, localSsdCount, capacity, reservation } = cell.plan.placement;
    // Capacity comes last, and that which was always there is not named: ids of constructs are addresses in Terraform's state.
    const bought = capacity === usualCapacity(machineType) ? [] : [capacity, ...(reservation === undefined ? [] : [reservation])];
    const name = [machineType.name, `${machineType.gpus}gpu`, `${localSsdCount}ssd`, ...bought].join('-').replaceAll('/', '.');
    groups.set(name, [...groups.get(name) ?? [], cell]);
  }
  requireOneReservation([...groups.values()].map(([{ plan: { placement } }]) => placement));
  return [...groups].map(([name, users]) => {
    const known = region.zonesOf(users[0].plan.placement.machineType);
    const required = unique(users.flatMap(({ plan }) => plan.placement.requiredZones));
    return { name, cells: users, zones: [known, required, [region.likelyZone]].find(zones => zones.length > 0)! };
  });
}

/** @throws on two reservations of one machine type: their pools would have one name */
function requireOneReservation(placements: readonly Placement[]): void {
  const reserved = placements.filter(({ reservation }) => reservation !== undefined);
  for (const { machineType, reservation } of reserved) {
    const other = reserved.find(candidate => candidate.machineType.name === machineType.name && candidate.reservation !== reservation);
    if (other) {
      throw new Refusal(`the cells on ${machineType.name} name the reservations ${reservation} and ${other.reservation}; give them one, or make`
        + ' a GkeStack for each');
    }
  }
}

/** Those of the disks first: what fills a disk runs in its zone. */
function cpuZones(pools: readonly Pool[], region: Region): string[] {
  const ofDisks = unique(pools.flatMap(({ cells }) => cells.flatMap(({ plan }) => plan.placement.requiredZones)));
  const zones = unique([...ofDisks, ...pools.flatMap(pool => pool.zones)]);
  return zones.length > 0 ? zones.slice(0, Math.max(MOST_CPU_ZONES, ofDisks.length)) : [region.likelyZone];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
