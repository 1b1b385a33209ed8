import { ContainerNodePool } from '@cdktf/provider-google/lib/container-node-pool';
import { Construct } from 'constructs';
import { Capacity, MachineType, VllmRelease } from '../catalog';
import { BOOT_DISK_BYTES } from '../catalog/gke-limits';
import { capacityConfig, capacityLabels, capacityTaints, checkCapacity } from './capacity';
import { requireCount, requireForm } from './checks';
import { GkeCluster } from './gke-cluster';
import { nodePool } from './node-pool';
import { GIB } from '../common/bytes';
import { isLent } from '../planning/node-capacity';
import { named, Refusal } from '../common/refusal';
import { requirePropsOf } from '../common/props';

/** An image of vLLM takes 25 GB unpacked, and two of them during an update. */
const LEAST_BOOT_DISK_GIB = 60;
const MOST_BOOT_DISK_GIB = 64 * 1024;
const LATEST_DRIVER = 'LATEST';
/** Nodes by series. https://cloud.google.com/kubernetes-engine/docs/how-to/compact-placement */
const MOST_COMPACT_NODES: { readonly [series: string]: number } = { g2: 150, g4: 1500, a2: 150, a3: 96, a4: 1500 };

/** Props of `GpuNodePool`. */
export interface GpuNodePoolProps {
  /** Cluster that the nodes are of. */
  readonly cluster: GkeCluster;
  /** Machine type of the nodes. */
  readonly machineType: MachineType;
  /** Zones of the nodes, in the region of the cluster and among those that have the machine. */
  readonly zones: readonly string[];
  /** Number of nodes at most, from 1 to 15,000. */
  readonly maxNodes: number;
  /**
   * Number of nodes that the autoscalers of the cells on the pool can ask for together.
   * @default - not known
   */
  readonly requiredNodes?: number;
  /**
   * Number of nodes at least, from 0 to `maxNodes`; 0 with capacity flex-start and queued.
   * @default 0
   */
  readonly minNodes?: number;
  /**
   * Number of local SSDs for ephemeral storage, among those that the machine takes.
   * @default - those that come with the machine
   */
  readonly localSsdCount?: number;
  /**
   * Size of the boot disk in bytes, a whole number of GiB.
   * @default 200 GiB
   */
  readonly bootDiskBytes?: number;
  /**
   * Type of the boot disk, among those that the machine boots from.
   * @default - the first that the machine takes
   */
  readonly bootDiskType?: string;
  /**
   * How the pool gets its machines.
   * @default on-demand
   */
  readonly capacity?: Capacity;
  /**
   * Name of the reservation; with capacity reservation only.
   * @default - none
   */
  readonly reservation?: string;
  /**
   * Image of a disk that holds the server's image: `global/images/NAME`.
   * @default - none
   */
  readonly secondaryBootDiskImage?: string;
  /**
   * Whether the nodes stand near each other in one zone, for servers of several nodes.
   * @default false
   */
  readonly compactPlacement?: boolean;
  /**
   * Driver of the GPUs: the newest that GKE has, or the major version, for example 580, of one that you install yourself.
   * @default LATEST
   */
  readonly driver?: 'LATEST' | number;
  /**
   * Releases of vLLM whose images run on the nodes.
   * @default - that of VllmRelease.DEFAULT
   */
  readonly releases?: readonly VllmRelease[];
  /**
   * Name of the pool, at most 39 characters.
   * @default - the machine type, and the capacity when it is not on-demand
   */
  readonly name?: string;
}

/**
 * Nodes with GPUs of one machine type, as the pods of the cells expect them. Starts from no node.
 *
 * @throws on what the machine does not take, is not in, or is not sold as, and on fewer nodes than the cells can ask for
 */
export class GpuNodePool extends Construct {
  /** Machine type of the nodes. */
  readonly machineType: MachineType;
  /** How the pool gets its machines. */
  readonly capacity: Capacity;
  /** Number of local SSDs for ephemeral storage. */
  readonly localSsdCount: number;
  /** Number of nodes at most. */
  readonly maxNodes: number;
  /** The node pool, for patches. */
  readonly pool: ContainerNodePool;

  constructor(scope: Construct, id: string, props: GpuNodePoolProps) {
    super(scope, id);
    requirePropsOf(this, 'GpuNodePoolProps', props);
    const { machineType, cluster } = props;
    const minNodes = props.minNodes ?? 0;
    this.machineType = machineType;
    this.capacity = props.capacity ?? 'on-demand';
    this.maxNodes = props.maxNodes;
    try {
      const bought = { capacity: this.capacity, machineType, minNodes, reservation: props.reservation };
      checkCapacity(bought);
      this.localSsdCount = localSsdCount(props);
      checkZones(props);
      checkNodes(props);
      if (props.compactPlacement) {
        checkCompactPlacement(props);
      }
      // Lent machines come and go anyway; of the others there may be none to spare when a node is replaced.
      const lent = isLent(this.capacity);
      const diskType = bootDiskType(props);
      this.pool = nodePool(this, 'Resource', {
        cluster, name: props.name ?? defaultName(machineType, this.capacity, this.localSsdCount), zones: props.zones, minNodes,
        maxNodes: props.maxNodes, compactPlacement: props.compactPlacement, queued: this.capacity === 'queued',
        // https://cloud.google.com/kubernetes-engine/docs/how-to/dws-flex-start-inference makes its pool without repair.
        autoRepair: !lent, replaceInPlace: !lent, labels: capacityLabels(bought),
        nodeConfig: {
          machineType: machineType.name, bootDisk: { diskType, sizeGb: bootDiskGib(props) },
          guestAccelerator: [{
            type: machineType.accelerator.gkeLabel, count: machineType.gpus,
            gpuDriverInstallationConfig: { gpuDriverVersion: gpuDriverVersion(props) },
          }],
          ephemeralStorageLocalSsdConfig: this.localSsdCount > 0 ? { localSsdCount: this.localSsdCount } : undefined,
          secondaryBootDisks: secondaryBootDisks(props.secondaryBootDiskImage),
          taint: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NO_SCHEDULE' }, ...capacityTaints(bought)],
          ...capacityConfig(this.capacity, props.reservation),
        },
      });
    } catch (error) {
      throw named(this, error);
    }
  }
}

function defaultName(machineType: MachineType, capacity: Capacity, ssds: number): string {
  // A machine of N1 has no GPUs of its own: how many are attached does not follow from its name.
  const gpus = machineType.name.startsWith('n1-') ? [`${machineType.accelerator.id}x${machineType.gpus}`] : [];
  const optional = ssds > 0 && !machineType.localSsdAutomatic ? [`${ssds}ssd`] : [];
  return [machineType.name, ...gpus, ...optional, ...(capacity === 'on-demand' ? [] : [capacity])].join('-');
}

/** GKE's default driver depends on its version and may be older than the images need; the newest is not. */
function gpuDriverVersion({ driver = LATEST_DRIVER, releases = [VllmRelease.DEFAULT] }: GpuNodePoolProps): string {
  if (driver === LATEST_DRIVER) {
    return LATEST_DRIVER;
  }
  for (const { version, imageFacts: { cuda, leastDriver } } of releases) {
    if (!Number.isSafeInteger(driver) || driver < leastDriver) {
      throw new Refusal(`'driver' (${driver}): the image of vLLM ${version} is of CUDA ${cuda}, which needs a driver of at least ${leastDriver};`
        + ` install that, or leave driver out (${LATEST_DRIVER})`);
    }
  }
  return 'INSTALLATION_DISABLED';
}

function localSsdCount({ machineType, localSsdCount: given }: GpuNodePoolProps): number {
  const count = given ?? (machineType.localSsdAutomatic ? machineType.localSsdCounts[0] : 0);
  if (!machineType.localSsdCounts.includes(count)) {
    throw new Refusal(`'localSsdCount' (${count}): ${machineType.name} takes ${machineType.localSsdCounts.join(', ')}`);
  }
  return count;
}

function checkZones({ machineType, zones }: GpuNodePoolProps): void {
  const missing = zones.filter(zone => machineType.zones.length > 0 && !machineType.zones.includes(zone));
  if (missing.length > 0) {
    throw new Refusal(`'zones' (${missing.join(', ')}): ${machineType.name} is not known there; it is in ${machineType.zones.join(', ')}`);
  }
}

function checkNodes({ machineType, maxNodes, requiredNodes }: GpuNodePoolProps): void {
  if (requiredNodes !== undefined && maxNodes < requiredNodes) {
    throw new Refusal(`'maxNodes' (${maxNodes}): the autoscalers of the cells on ${machineType.name} can ask for ${requiredNodes} nodes;`
      + ` use at least ${requiredNodes}, or lower their maxReplicas`);
  }
}

function checkCompactPlacement({ machineType, zones, maxNodes }: GpuNodePoolProps): void {
  const series = machineType.name.split('-')[0];
  const most = MOST_COMPACT_NODES[series];
  if (most === undefined) {
    throw new Refusal(`'compactPlacement': ${machineType.name} is not placed so; series ${Object.keys(MOST_COMPACT_NODES).join(', ')} are`);
  }
  if (zones.length !== 1) {
    throw new Refusal(`'zones' (${zones.join(', ')}): nodes near each other are in one zone; name one`);
  }
  if (maxNodes > most) {
    throw new Refusal(`'maxNodes' (${maxNodes}): at most ${most} nodes of series ${series} can be placed near each other`);
  }
}

function bootDiskGib({ bootDiskBytes = BOOT_DISK_BYTES }: GpuNodePoolProps): number {
  return requireCount('bootDiskBytes / GiB', bootDiskBytes / GIB, LEAST_BOOT_DISK_GIB, MOST_BOOT_DISK_GIB);
}

function bootDiskType({ machineType, bootDiskType: given }: GpuNodePoolProps): string {
  const type = given ?? (machineType.bootDiskTypes.includes('pd-balanced') ? 'pd-balanced' : machineType.bootDiskTypes[0]);
  if (!machineType.bootDiskTypes.includes(type)) {
    throw new Refusal(`'bootDiskType' (${type}): ${machineType.name} boots from ${machineType.bootDiskTypes.join(', ')}`);
  }
  return type;
}

function secondaryBootDisks(image: string | undefined) {
  return image === undefined ? undefined : [{
    diskImage: requireForm('secondaryBootDiskImage', image, /^(projects\/[a-z0-9:.-]+\/)?global\/images\/[a-z]([a-z0-9-]*[a-z0-9])?$/,
      'is no image of a disk; for example global/images/vllm-0-32'),
    mode: 'CONTAINER_IMAGE_CACHE',
  }];
}
