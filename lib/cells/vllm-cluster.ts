import { Construct } from 'constructs';
import { GpuMonitoring, MetricsAdapter, PriorityClass, ServingNamespace } from '../cluster';
import { ServiceIdentity } from '../common/identity';
import { KustomizeUnit } from '../kustomize';
import { PodProps } from '../pods';
import { DiskClass, WeightsDiskClass, WeightsSnapshotClass } from '../weights';
import { requireProps } from '../common/props';

/** Props of `VllmCluster`. */
export interface VllmClusterProps {
  /** Namespace of the cells. */
  readonly namespace: string;
  /**
   * Labels of every object.
   * @default - none
   */
  readonly labels?: Record<string, string>;
  /**
   * Annotations of every object; what an object says itself stays.
   * @default - none
   */
  readonly annotations?: Record<string, string>;
  /** Cells of the cluster: their disks are of classes that are made here. */
  readonly cells: readonly { readonly diskClasses: readonly DiskClass[] }[];
  /**
   * Whether the adapter by which autoscalers read metrics is made. Not with KEDA, nor with an adapter that is there already.
   * @default true
   */
  readonly metricsAdapter?: boolean;
  /**
   * What a platform asks of the pods of the cluster's own workloads.
   * @default - nothing
   */
  readonly pods?: PodProps;
}

/**
 * What the cells of a cluster need once: their namespace, a priority class, the classes of their disks and snapshots, the metrics of GPUs,
 * and the adapter by which autoscalers read metrics. The folder `cluster`, to be applied before any cell.
 */
export class VllmCluster extends KustomizeUnit {
  /** Name of the priority class of servers that people wait for; batch work yields to them. */
  static readonly PRIORITY_CLASS = 'vllm-serving';

  /** Identities of the cluster's own workloads, with what they may do in Google Cloud. */
  readonly identities: readonly ServiceIdentity[];

  constructor(scope: Construct, props: VllmClusterProps) {
    requireProps('VllmClusterProps', props, 'VllmCluster');
    const { namespace, cells, labels, annotations, metricsAdapter = true, pods } = props;
    super(scope, 'cluster', { cell: 'cluster', namespace, labels, annotations });
    new ServingNamespace(this, 'namespace', { name: namespace });
    new PriorityClass(this, 'priority', {
      name: VllmCluster.PRIORITY_CLASS, value: 100000, description: 'Servers that people wait for; batch work yields to them.',
    });
    const diskClasses = new Map(cells.flatMap(cell => cell.diskClasses).map(diskClass => [diskClass.name, diskClass]));
    diskClasses.forEach((diskClass, name) => new WeightsDiskClass(this, name, diskClass));
    new WeightsSnapshotClass(this, 'snapshots');
    new GpuMonitoring(this, 'gpu-monitoring');
    this.identities = metricsAdapter ? [new MetricsAdapter(this, 'metrics-adapter', pods).identity] : [];
  }
}
