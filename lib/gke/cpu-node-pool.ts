import { ContainerNodePool } from '@cdktf/provider-google/lib/container-node-pool';
import { Construct } from 'constructs';
import { CpuMachine } from '../catalog/cpu-machine';
import { GkeCluster } from './gke-cluster';
import { nodePool } from './node-pool';
import { Refusal, refusing } from '../common/refusal';
import { requirePropsOf } from '../common/props';

const BOOT_DISK_GIB = 100;
/** Attaches every type of disk that weights are kept on. */
const DEFAULT_MACHINE = 'c3d-standard-4';

/** Props of `CpuNodePool`. */
export interface CpuNodePoolProps {
  /** Cluster that the nodes are of. */
  readonly cluster: GkeCluster;
  /** Zones of the nodes, in the region of the cluster. */
  readonly zones: readonly string[];
  /**
   * Name of the machine type, of a series that attaches the disks which weights are copied to.
   * @default c3d-standard-4
   */
  readonly machineType?: string;
  /**
   * Types of disks that weights are copied to on its nodes, for example `hyperdisk-ml`.
   * @default - none
   */
  readonly diskTypes?: readonly string[];
  /**
   * Number of nodes at least, from 0 to `maxNodes`.
   * @default 1
   */
  readonly minNodes?: number;
  /**
   * Number of nodes at most, from 1 to 15,000.
   * @default 5
   */
  readonly maxNodes?: number;
  /**
   * Name of the pool, at most 39 characters.
   * @default cpu
   */
  readonly name?: string;
}

/**
 * Nodes for all that needs no GPU: the system's own pods, loading weights, chat, load tests.
 *
 * @throws on a machine that is not known, or does not attach the disks that weights are copied to
 */
export class CpuNodePool extends Construct {
  /** Machine type of the nodes. */
  readonly machine: CpuMachine;
  /** The node pool, for patches. */
  readonly pool: ContainerNodePool;

  constructor(scope: Construct, id: string, props: CpuNodePoolProps) {
    super(scope, id);
    requirePropsOf(this, 'CpuNodePoolProps', props);
    const { cluster } = props;
    this.machine = refusing(this, () => machineOf(props));
    this.pool = refusing(this, () => nodePool(this, 'Resource', {
      cluster, name: props.name ?? 'cpu', zones: props.zones, minNodes: props.minNodes ?? 1, maxNodes: props.maxNodes ?? 5,
      nodeConfig: { machineType: this.machine.name, bootDisk: { diskType: 'pd-balanced', sizeGb: BOOT_DISK_GIB } },
    }));
  }
}

function machineOf({ machineType = DEFAULT_MACHINE, diskTypes = [] }: CpuNodePoolProps): CpuMachine {
  const machine = CpuMachine.of(machineType);
  const missing = diskTypes.find(diskType => !machine.diskTypes.includes(diskType));
  if (missing !== undefined) {
    throw new Refusal(`'machineType' (${machine.name}) attaches no ${missing} disk, which weights are copied to; it takes`
      + ` ${machine.diskTypes.join(', ')}. Use ${DEFAULT_MACHINE}`);
  }
  return machine;
}
