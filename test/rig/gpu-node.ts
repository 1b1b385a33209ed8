import { eventually } from './eventually';
import { isReady, KubernetesApi, Node } from './kubernetes-api';
import { Amounts, nodeAllocatable, nodeCapacity } from '../../lib/planning/node-allocatable';

/** A node of a GPU node pool, by the facts of its machine type. */
export interface GpuNode {
  readonly name: string;
  readonly machineType: string;
  readonly gpus: number;
  /** Value of `cloud.google.com/gke-accelerator`, for example nvidia-l4. */
  readonly acceleratorLabel: string;
  readonly vcpus: number;
  readonly memoryBytes: number;
  readonly localSsdCount: number;
  readonly zone: string;
  /** @default - 100 GiB, GKE's own */
  readonly bootDiskBytes?: number;
  /** @default - what GKE's reservations leave */
  readonly allocatable?: Partial<Amounts>;
}

const DEFAULT_BOOT_DISK_BYTES = 100 * 1024 ** 3;

function quantities(amounts: Amounts, gpus: number): Record<string, string> {
  return {
    cpu: `${amounts.cpuMillis}m`,
    memory: `${amounts.memoryBytes}`,
    'ephemeral-storage': `${amounts.ephemeralStorageBytes}`,
    'nvidia.com/gpu': `${gpus}`,
    pods: '110',
  };
}

/**
 * The Node object with the labels and the taint that GKE sets:
 * https://cloud.google.com/kubernetes-engine/docs/how-to/gpus and https://cloud.google.com/kubernetes-engine/docs/concepts/node-labels
 */
export function gpuNodeObject(node: GpuNode): object {
  const resources = { ...node, bootDiskBytes: node.bootDiskBytes ?? DEFAULT_BOOT_DISK_BYTES };
  const labels: Record<string, string> = {
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/os': 'linux',
    'kubernetes.io/hostname': node.name,
    'node.kubernetes.io/instance-type': node.machineType,
    'topology.kubernetes.io/region': node.zone.replace(/-[a-z]$/, ''),
    'topology.kubernetes.io/zone': node.zone,
    'topology.gke.io/zone': node.zone,
    'cloud.google.com/machine-family': node.machineType.split('-')[0],
    'cloud.google.com/gke-os-distribution': 'cos',
    'cloud.google.com/gke-accelerator': node.acceleratorLabel,
    'cloud.google.com/gke-accelerator-count': `${node.gpus}`,
    'cloud.google.com/gke-gpu-driver-version': 'latest',
    'iam.gke.io/gke-metadata-server-enabled': 'true',
  };
  if (node.localSsdCount > 0) {
    labels['cloud.google.com/gke-ephemeral-storage-local-ssd'] = 'true';
  }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node.name, labels },
    spec: { taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }] },
    status: {
      capacity: quantities(nodeCapacity(resources), node.gpus),
      allocatable: quantities({ ...nodeAllocatable(resources), ...node.allocatable }, node.gpus),
    },
  };
}

/** Adds the nodes and waits until each is ready and free of the taint that a new node starts with. */
export async function addGpuNodes(api: KubernetesApi, nodes: readonly GpuNode[]): Promise<void> {
  await Promise.all(nodes.map(node => api.create('/api/v1/nodes', gpuNodeObject(node))));
  const names = new Set(nodes.map(node => node.name));
  await eventually(`the nodes ${[...names].join(', ')} are ready`, async () => {
    const found = (await api.list<Node>('/api/v1/nodes')).filter(node => names.has(node.metadata.name));
    return found.length === names.size && found.every(node => schedulable(node));
  });
}

function schedulable(node: Node): boolean {
  return isReady(node) && !node.spec.taints?.some(taint => taint.key.startsWith('node.kubernetes.io/'));
}

export async function removeNodes(api: KubernetesApi, names: readonly string[]): Promise<void> {
  await Promise.all(names.map(name => api.delete(`/api/v1/nodes/${name}`)));
}
