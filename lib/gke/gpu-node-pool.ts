import { ContainerNodePool } from '@cdktf/provider-google/lib/container-node-pool';
import { Construct } from 'constructs';
import { MachineType } from '../catalog';
import { Capacity, capacityConfig, capacityTaints, checkCapacity } from './capacity';
import { requireForm } from './checks';
import { GkeCluster } from './gke-cluster';
import { nodePool } from './node-pool';

const GIB = 2 ** 30;
/** vLLM's images are made for CUDA 13, whose driver is newer than GKE's default. */
const DRIVER = 'LATEST';
/** Of most GPU series. https://cloud.google.com/kubernetes-engine/docs/how-to/compact-placement */
const MOST_COMPACT_NODES = 150;

export interface GpuNodePoolProps {
  readonly cluster: GkeCluster;
  readonly machineType: MachineType;
  /** Account of the nodes. */
  readonly serviceAccount: string;
  readonly zones: readonly string[];
  /** The most nodes that the pool ever has. */
  readonly maxNodes: number;
  /** What the autoscalers of the cells on it can ask for together. @default - not known */
  readonly requiredNodes?: number;
  /** @default 0 */
  readonly minNodes?: number;
  /** Local SSDs for ephemeral storage. @default - those that come with the machine */
  readonly localSsdCount?: number;
  /** @default 200 GiB */
  readonly bootDiskBytes?: number;
  /** @default - the first that the machine takes */
  readonly bootDiskType?: string;
  /** @default on-demand */
  readonly capacity?: Capacity;
  /** Name of the reservation, with capacity reservation. @default - none */
  readonly reservation?: string;
  /** An image of a disk that holds the server's image: `global/images/NAME`. @default - none */
  readonly secondaryBootDiskImage?: string;
  /** Nodes near each other, for servers of several nodes. @default false */
  readonly compactPlacement?: boolean;
  /** @default - the machine type, and the capacity when it is not on-demand */
  readonly name?: string;
}

/** Nodes with GPUs of one machine type, as the pods of the cells expect them. Starts from no node. */
export class GpuNodePool extends Construct {
  readonly machineType: MachineType;
  readonly capacity: Capacity;
  readonly localSsdCount: number;
  readonly maxNodes: number;
  readonly pool: ContainerNodePool;

  /** @throws on what the machine does not take, is not in, or is not sold as, and on fewer nodes than the cells can ask for */
  constructor(scope: Construct, id: string, props: GpuNodePoolProps) {
    super(scope, id);
    const { machineType, cluster } = props;
    const minNodes = props.minNodes ?? 0;
    this.machineType = machineType;
    this.capacity = props.capacity ?? 'on-demand';
    this.maxNodes = props.maxNodes;
    try {
      checkCapacity({ capacity: this.capacity, machineType, minNodes, reservation: props.reservation });
      this.localSsdCount = localSsdCount(props);
      checkZones(props);
      checkNodes(props);
      const diskType = bootDiskType(props);
      this.pool = nodePool(this, 'Resource', {
        cluster, name: props.name ?? defaultName(machineType, this.capacity, this.localSsdCount), zones: props.zones, minNodes,
        maxNodes: props.maxNodes, compactPlacement: props.compactPlacement, queued: this.capacity === 'queued',
        // Machines that are lent for a time are not repaired. https://cloud.google.com/kubernetes-engine/docs/how-to/dws-flex-start-inference
        autoRepair: this.capacity !== 'flex-start' && this.capacity !== 'queued',
        nodeConfig: {
          machineType: machineType.name, serviceAccount: props.serviceAccount,
          bootDisk: { diskType, sizeGb: (props.bootDiskBytes ?? 200 * GIB) / GIB },
          guestAccelerator: [{
            type: machineType.accelerator.gkeLabel, count: machineType.gpus,
            gpuDriverInstallationConfig: { gpuDriverVersion: DRIVER },
          }],
          ephemeralStorageLocalSsdConfig: this.localSsdCount > 0 ? { localSsdCount: this.localSsdCount } : undefined,
          secondaryBootDisks: secondaryBootDisks(props.secondaryBootDiskImage),
          labels: { 'app.kubernetes.io/part-of': 'cdk8s-vllm' },
          taint: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NO_SCHEDULE' }, ...capacityTaints(this.capacity)],
          ...capacityConfig(this.capacity, props.reservation),
        },
      });
    } catch (error) {
      throw new Error(`GpuNodePool '${id}': ${(error as Error).message}`, { cause: error });
    }
  }
}

function defaultName(machineType: MachineType, capacity: Capacity, ssds: number): string {
  const gpus = machineType.name.startsWith('n1-') ? [`t4x${machineType.gpus}`] : [];
  const optional = ssds > 0 && !machineType.localSsdAutomatic ? [`${ssds}ssd`] : [];
  return [machineType.name, ...gpus, ...optional, ...(capacity === 'on-demand' ? [] : [capacity])].join('-');
}

function localSsdCount({ machineType, localSsdCount: given }: GpuNodePoolProps): number {
  const count = given ?? (machineType.localSsdAutomatic ? machineType.localSsdCounts[0] : 0);
  if (!machineType.localSsdCounts.includes(count)) {
    throw new Error(`'localSsdCount' (${count}): ${machineType.name} takes ${machineType.localSsdCounts.join(', ')}`);
  }
  return count;
}

function checkZones({ machineType, zones }: GpuNodePoolProps): void {
  const missing = zones.filter(zone => machineType.zones.length > 0 && !machineType.zones.includes(zone));
  if (missing.length > 0) {
    throw new Error(`'zones' (${missing.join(', ')}): ${machineType.name} is not known there; it is in ${machineType.zones.join(', ')}`);
  }
}

function checkNodes({ machineType, maxNodes, requiredNodes, compactPlacement }: GpuNodePoolProps): void {
  if (requiredNodes !== undefined && maxNodes < requiredNodes) {
    throw new Error(`'maxNodes' (${maxNodes}): the autoscalers of the cells on ${machineType.name} can ask for ${requiredNodes} nodes;`
      + ` use at least ${requiredNodes}, or lower their maxReplicas`);
  }
  if (compactPlacement && maxNodes > MOST_COMPACT_NODES) {
    throw new Error(`'maxNodes' (${maxNodes}): at most ${MOST_COMPACT_NODES} nodes can be placed near each other`);
  }
}

function bootDiskType({ machineType, bootDiskType: given }: GpuNodePoolProps): string {
  const type = given ?? (machineType.bootDiskTypes.includes('pd-balanced') ? 'pd-balanced' : machineType.bootDiskTypes[0]);
  if (!machineType.bootDiskTypes.includes(type)) {
    throw new Error(`'bootDiskType' (${type}): ${machineType.name} boots from ${machineType.bootDiskTypes.join(', ')}`);
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
