import { ContainerNodePool } from '@cdktf/provider-google/lib/container-node-pool';
import { Construct } from 'constructs';
import { requireForm } from './checks';
import { GkeCluster } from './gke-cluster';
import { nodePool } from './node-pool';

export interface CpuNodePoolProps {
  readonly cluster: GkeCluster;
  /** Account of the nodes. */
  readonly serviceAccount: string;
  readonly zones: readonly string[];
  /**
   * Of a series that attaches the disks which weights are copied to.
   * @default c3-standard-4
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
  readonly machineType: string;
  readonly pool: ContainerNodePool;

  constructor(scope: Construct, id: string, props: CpuNodePoolProps) {
    super(scope, id);
    this.machineType = requireForm('machineType', props.machineType ?? 'c3-standard-4', /^[a-z]\d[a-z]?-[a-z]+(-\d+)*(-lssd)?$/,
      'is no machine type; for example c3-standard-4');
    this.pool = nodePool(this, 'Resource', {
      cluster: props.cluster, name: props.name ?? 'cpu', zones: props.zones, minNodes: props.minNodes ?? 1, maxNodes: props.maxNodes ?? 5,
      nodeConfig: {
        machineType: this.machineType, serviceAccount: props.serviceAccount, bootDisk: { diskType: 'pd-balanced', sizeGb: 100 },
        labels: { 'app.kubernetes.io/part-of': 'cdk8s-vllm' },
      },
    });
  }
}
