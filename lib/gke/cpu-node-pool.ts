import { ContainerNodePool } from '@cdktf/provider-google/lib/container-node-pool';
import { Construct } from 'constructs';
import { CpuMachine } from '../catalog/cpu-machine';
import { GkeCluster } from './gke-cluster';
import { NODE_LABELS, nodePool } from './node-pool';
import { Refusal } from '../common/refusal';

const BOOT_DISK_GIB = 100;

export interface CpuNodePoolProps {
  readonly cluster: GkeCluster;
  readonly zones: readonly string[];
  /**
   * Of a series that attaches the disks which weights are copied to.
   * @default c3d-standard-4
   */
  readonly machineType?: string;
  /** @default 1 */
  readonly minNodes?: number;
  /** @default 5 */
  readonly maxNodes?: number;
  /** @default cpu */
  readonly name?: string;
}

/** Nodes for all that needs no GPU: the system's own pods, loading weights, chat, load tests. */
export class CpuNodePool extends Construct {
  readonly machine: CpuMachine;
  readonly pool: ContainerNodePool;

  /** @throws on a machine that is not known, or does not attach the disks of the cluster's cells */
  constructor(scope: Construct, id: string, props: CpuNodePoolProps) {
    super(scope, id);
    const { cluster } = props;
    this.machine = CpuMachine.of(props.machineType ?? 'c3d-standard-4');
    if (cluster.storages.includes('hdml') && !this.machine.diskTypes.includes('hyperdisk-ml')) {
      throw new Refusal(`'machineType' (${this.machine.name}) attaches no hyperdisk-ml disk, which weights are copied to; it takes`
        + ` ${this.machine.diskTypes.join(', ')}. Use c3d-standard-4`);
    }
    this.pool = nodePool(this, 'Resource', {
      cluster, name: props.name ?? 'cpu', zones: props.zones, minNodes: props.minNodes ?? 1, maxNodes: props.maxNodes ?? 5,
      nodeConfig: {
        machineType: this.machine.name, bootDisk: { diskType: 'pd-balanced', sizeGb: BOOT_DISK_GIB }, labels: NODE_LABELS,
      },
    });
  }
}
