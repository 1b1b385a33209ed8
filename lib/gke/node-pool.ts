import { ContainerNodePool, ContainerNodePoolNodeConfig } from '@cdktf/provider-google/lib/container-node-pool';
import { Construct } from 'constructs';
import { MOST_NODES } from '../catalog/gke-limits';
import { requireCount, requireName, requireZones } from './checks';
import { GkeCluster } from './gke-cluster';
import { GKE_METADATA, NODE_SYSTEM, SHIELDED_NODE } from './node-facts';

/** None in `kubernetes.io`, where a kubelet may set few: kubernetes/kubernetes staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go */
const NODE_LABELS = { 'part-of': 'cdk8s-vllm' };

export interface NodePoolProps {
  readonly cluster: GkeCluster;
  readonly name: string;
  readonly zones: readonly string[];
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly nodeConfig: ContainerNodePoolNodeConfig;
  /** @default - none but those of every pool */
  readonly labels?: { readonly [name: string]: string };
  readonly compactPlacement?: boolean;
  readonly queued?: boolean;
  /** @default true */
  readonly autoRepair?: boolean;
  /** Nodes go before their successors come. @default - as GKE does it: one more than there are, one at a time */
  readonly replaceInPlace?: boolean;
}

/** What every node pool has: private shielded nodes that scale as a whole, image streaming, the metadata server of GKE. */
export function nodePool(scope: Construct, id: string, props: NodePoolProps): ContainerNodePool {
  const { cluster, minNodes, maxNodes } = props;
  const zones = requireZones('zones', props.zones, cluster.project.region);
  requireCount('maxNodes', maxNodes, 1, MOST_NODES);
  requireCount('minNodes', minNodes, 0, maxNodes);
  const pool = new ContainerNodePool(scope, id, {
    project: cluster.project.id, name: requireName('name', props.name, 39), cluster: cluster.cluster.id, location: cluster.project.region,
    nodeLocations: zones,
    // Totals, and any zone that has machines: a number a zone asks for machines where there may be none.
    autoscaling: { totalMinNodeCount: minNodes, totalMaxNodeCount: maxNodes, locationPolicy: 'ANY' },
    // Of each zone: the least is there from the start, without going over the most.
    initialNodeCount: Math.min(Math.ceil(minNodes / zones.length), Math.floor(maxNodes / zones.length)),
    networkConfig: { enablePrivateNodes: true },
    management: { autoRepair: props.autoRepair ?? true, autoUpgrade: true },
    upgradeSettings: props.replaceInPlace ? { strategy: 'SURGE', maxSurge: 0, maxUnavailable: 1 } : undefined,
    placementPolicy: props.compactPlacement ? { type: 'COMPACT' } : undefined,
    queuedProvisioning: props.queued ? { enabled: true } : undefined,
    nodeConfig: {
      serviceAccount: cluster.nodes.account.email,
      ...NODE_SYSTEM,
      ...GKE_METADATA,
      ...SHIELDED_NODE,
      labels: { ...NODE_LABELS, ...props.labels },
      gcfsConfig: { enabled: true },
      gvnic: { enabled: true },
      ...props.nodeConfig,
    },
    timeouts: { create: '60m', update: '60m', delete: '60m' },
    lifecycle: { ignoreChanges: ['initial_node_count'] },
  });
  pool.node.addValidation({ validate: () => contradictions(pool) });
  return pool;
}

/** What Terraform plans without a word and GKE fights over, when a resource is changed after it was made. */
function contradictions(pool: ContainerNodePool): string[] {
  const { minNodeCount, maxNodeCount } = pool.autoscalingInput ?? {};
  return [
    ...(pool.nodeCountInput === undefined ? [] : [`'nodeCount' (${pool.nodeCountInput}) and autoscaling exclude each other; leave it out`]),
    ...Object.entries({ minNodeCount, maxNodeCount }).filter(([, value]) => value !== undefined)
      .map(([name, value]) => `'${name}' (${value}) is of a zone and excludes the totals of the pool; leave it out`),
  ];
}
