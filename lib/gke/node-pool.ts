import { ContainerNodePool, ContainerNodePoolNodeConfig } from '@cdktf/provider-google/lib/container-node-pool';
import { Construct } from 'constructs';
import { wholeNumber } from '../whole-number';
import { requireName, requireZones } from './checks';
import { GkeCluster } from './gke-cluster';

/** Of a cluster. https://cloud.google.com/kubernetes-engine/quotas */
const MOST_NODES = 15_000;

export interface NodePoolProps {
  readonly cluster: GkeCluster;
  readonly name: string;
  readonly zones: readonly string[];
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly nodeConfig: ContainerNodePoolNodeConfig;
  readonly compactPlacement?: boolean;
  readonly queued?: boolean;
  /** @default true */
  readonly autoRepair?: boolean;
}

/** What every node pool has: private shielded nodes that scale as a whole, image streaming, the metadata server of GKE. */
export function nodePool(scope: Construct, id: string, props: NodePoolProps): ContainerNodePool {
  const { cluster } = props;
  const zones = requireZones('zones', props.zones, cluster.project.region);
  wholeNumber('maxNodes', props.maxNodes, 1, MOST_NODES);
  wholeNumber('minNodes', props.minNodes, 0, props.maxNodes);
  return new ContainerNodePool(scope, id, {
    project: cluster.project.id, name: requireName('name', props.name, 39), cluster: cluster.cluster.id, location: cluster.project.region,
    nodeLocations: zones,
    // Totals, and any zone that has machines: a number a zone asks for machines where there may be none.
    autoscaling: { totalMinNodeCount: props.minNodes, totalMaxNodeCount: props.maxNodes, locationPolicy: 'ANY' },
    initialNodeCount: 0,
    networkConfig: { enablePrivateNodes: true },
    management: { autoRepair: props.autoRepair ?? true, autoUpgrade: true },
    placementPolicy: props.compactPlacement ? { type: 'COMPACT' } : undefined,
    queuedProvisioning: props.queued ? { enabled: true } : undefined,
    nodeConfig: {
      imageType: 'COS_CONTAINERD',
      oauthScopes: ['https://www.googleapis.com/auth/cloud-platform'],
      workloadMetadataConfig: { mode: 'GKE_METADATA' },
      shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
      gcfsConfig: { enabled: true },
      gvnic: { enabled: true },
      ...props.nodeConfig,
    },
    timeouts: { create: '60m', update: '60m', delete: '60m' },
    lifecycle: { ignoreChanges: ['initial_node_count'] },
  });
}
