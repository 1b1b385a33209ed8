import { ControlPlane, ControlPlaneOptions, Minor } from '../rig/control-plane';
import { DiskProvisioner } from '../rig/disk-provisioner';
import { GcsFuseWebhook } from '../rig/gcs-fuse-webhook';
import { GpuNode } from '../rig/gpu-node';
import { Amounts } from '../../lib/planning/node-allocatable';
import { MachineType } from '../../lib';
import { Cell, NAMESPACE } from './cells';

/** What GKE's own pods take of every node; a placement leaves as much for them. */
export const DAEMONS: Amounts = { cpuMillis: 1000, memoryBytes: 2 * 2 ** 30, ephemeralStorageBytes: 2 ** 30 };
const BOOT_DISK_BYTES = 200 * 2 ** 30;

/** A control plane with what GKE adds to Kubernetes, as far as a cell meets it. */
export class Gke {
  static async start(minor: Minor, options: Omit<ControlPlaneOptions, 'minor'> = {}): Promise<Gke> {
    const plane = await ControlPlane.start({ minor, ...options });
    try {
      await plane.applyCrds();
      await plane.api.create('/apis/apps/v1/namespaces/kube-system/daemonsets', daemons());
      return new Gke(plane, DiskProvisioner.start(plane), await GcsFuseWebhook.start(plane));
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  private constructor(readonly plane: ControlPlane, private readonly disks: DiskProvisioner, private readonly webhook: GcsFuseWebhook) {}

  /** What the hydration of disks leaves, for each cell that reads from one. */
  async addSnapshots(cells: readonly Cell[]): Promise<void> {
    const names = cells.flatMap(cell => cell.manifests)
      .filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ spec }) => (spec as { dataSource: { name: string } }).dataSource.name);
    await Promise.all(names.map(name => this.plane.api.create(`/apis/snapshot.storage.k8s.io/v1/namespaces/${NAMESPACE}/volumesnapshots`, {
      apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshot', metadata: { name },
      spec: { source: { volumeSnapshotContentName: name } },
    })));
  }

  async stop(): Promise<void> {
    await this.webhook.stop();
    try {
      await this.disks.stop();
    } finally {
      await this.plane.stop();
    }
  }
}

/** A node of the pool that a machine type asks for. */
export function poolNode(machineType: MachineType, node: Partial<GpuNode> & Pick<GpuNode, 'name' | 'zone'>): GpuNode {
  const { accelerator, gpus, vcpus, memoryBytes, localSsdCounts } = machineType;
  return {
    machineType: machineType.name, acceleratorLabel: accelerator.gkeLabel, gpus, vcpus, memoryBytes, localSsdCount: localSsdCounts[0],
    bootDiskBytes: BOOT_DISK_BYTES, ...node,
  };
}

/** A node without GPUs, for what does not need one; larger than any, so that nothing waits for room. */
export function plainNode(name: string, labels: Record<string, string> = {}): object {
  const amounts = { cpu: '400', memory: '1600Gi', 'ephemeral-storage': '5000Gi', pods: '500' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', ...labels } },
    status: { capacity: amounts, allocatable: amounts },
  };
}

/** Logging, metrics, networking, device plugin and storage drivers as one DaemonSet, with their priority. */
function daemons(): object {
  const labels = { app: 'node-daemons' };
  const requests = {
    cpu: `${DAEMONS.cpuMillis}m`, memory: `${DAEMONS.memoryBytes}`, 'ephemeral-storage': `${DAEMONS.ephemeralStorageBytes}`,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'node-daemons', namespace: 'kube-system' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: 'system-node-critical',
          tolerations: [{ operator: 'Exists' }],
          containers: [{ name: 'daemons', image: 'example.com/daemons:1', resources: { requests } }],
        },
      },
    },
  };
}
