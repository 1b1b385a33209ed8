import { GIB, MIB } from '../common/bytes';

/** What a node pool's machine has, as far as GKE's reservations depend on it. */
export interface NodeResources {
  readonly vcpus: number;
  readonly memoryBytes: number;
  /** Local SSDs of 375 GiB that hold the pods' ephemeral storage; with none the boot disk does. */
  readonly localSsdCount: number;
  readonly bootDiskBytes: number;
}

/** What pods request and nodes have. */
export interface Amounts {
  /** CPU in thousandths of a virtual CPU. */
  readonly cpuMillis: number;
  /** Memory in bytes. */
  readonly memoryBytes: number;
  /** Ephemeral storage in bytes. */
  readonly ephemeralStorageBytes: number;
}

const KIB = 1024;
const LOCAL_SSD_BYTES = 375 * GIB;

/** `[width of the bracket, share of it that is reserved]` */
type Brackets = readonly (readonly [number, number])[];

// Both from "Memory and CPU reservations", https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes
const CPU_BRACKETS: Brackets = [[1000, 0.06], [1000, 0.01], [2000, 0.005], [Infinity, 0.0025]];
const MEMORY_BRACKETS: Brackets = [[4 * GIB, 0.25], [4 * GIB, 0.2], [8 * GIB, 0.1], [112 * GIB, 0.06], [Infinity, 0.02]];
// "Memory reservation for Image streaming", https://cloud.google.com/kubernetes-engine/docs/how-to/image-streaming, as tabulated
// in hatemosphere/gke-node-allocatable-memory-calculator gke_memory_calculator.py@1a166ddd3b5d84a205a2d1f731bb2912105e7698.
// Always subtracted: pools for images of this size have it on, and a node without it only has more room.
const IMAGE_STREAMING_BRACKETS: Brackets = [[4 * GIB, 0.1], [4 * GIB, 0.08], [8 * GIB, 0.04], [112 * GIB, 0.024], [Infinity, 0.008]];
const EVICTION_MEMORY_BYTES = 100 * MIB;
const EVICTION_STORAGE_SHARE = 0.1;

// What formatting takes from the disks, measured on Container-Optimized OS by their number: kubernetes/autoscaler
// cluster-autoscaler/cloudprovider/gce/gce_reserved.go@0be995deb5071097a4d7b846e9ee9746821b6e87
const LOCAL_SSD_OVERHEAD_BYTES: Record<number, number> = {
  1: 7289472 * KIB, 2: 13725224 * KIB, 4: 26332924 * KIB, 8: 51556096 * KIB, 16: 52837800 * KIB, 24: 78686620 * KIB,
};

function reserved(amount: number, brackets: Brackets): number {
  let rest = amount;
  let sum = 0;
  for (const [width, share] of brackets) {
    sum += Math.min(rest, width) * share;
    rest = Math.max(0, rest - width);
  }
  return Math.ceil(sum);
}

/** What the kernel leaves of the machine's memory; the same file of kubernetes/autoscaler, CalculateKernelReserved for COS. */
function memoryCapacity(bytes: number): number {
  return bytes - Math.floor(bytes / 64) - 16 * MIB - 64 * MIB - Math.floor(Math.min(0.00175 * bytes, 248 * MIB));
}

function localSsdOverhead(count: number): number {
  // the next larger number that was measured, as its source does; beyond the largest in proportion
  const measured = Object.keys(LOCAL_SSD_OVERHEAD_BYTES).map(Number).find(known => known >= count);
  return measured === undefined ? Math.ceil(LOCAL_SSD_OVERHEAD_BYTES[24] * count / 24) : LOCAL_SSD_OVERHEAD_BYTES[measured];
}

function storageCapacity(resources: NodeResources): number {
  if (resources.localSsdCount > 0) {
    return resources.localSsdCount * LOCAL_SSD_BYTES - localSsdOverhead(resources.localSsdCount);
  }
  // the partitions of the operating system; the same file, CalculateOSReservedEphemeralStorage for COS
  const disk = resources.bootDiskBytes;
  return disk - Math.ceil(0.015635 * disk) - Math.ceil(4.148 * GIB) - Math.min(100 * MIB, Math.ceil(0.001 * disk));
}

/** "Local ephemeral storage reservation" of the page on node sizes. */
function reservedStorage(resources: NodeResources): number {
  if (resources.localSsdCount > 0) {
    return [50, 75, 100][Math.min(resources.localSsdCount, 3) - 1] * GIB;
  }
  const disk = resources.bootDiskBytes;
  return Math.min(0.5 * disk, 6 * GIB + 0.35 * disk, 100 * GIB);
}

export function nodeCapacity(resources: NodeResources): Amounts {
  return {
    cpuMillis: resources.vcpus * 1000,
    memoryBytes: memoryCapacity(resources.memoryBytes),
    ephemeralStorageBytes: storageCapacity(resources),
  };
}

/** What pods may request on such a node: its capacity less what GKE keeps for the system and for eviction. */
export function nodeAllocatable(resources: NodeResources): Amounts {
  const capacity = nodeCapacity(resources);
  const reservedMemory = reserved(resources.memoryBytes, MEMORY_BRACKETS) + reserved(resources.memoryBytes, IMAGE_STREAMING_BRACKETS);
  return {
    cpuMillis: capacity.cpuMillis - reserved(capacity.cpuMillis, CPU_BRACKETS),
    memoryBytes: capacity.memoryBytes - reservedMemory - EVICTION_MEMORY_BYTES,
    ephemeralStorageBytes: Math.floor(capacity.ephemeralStorageBytes * (1 - EVICTION_STORAGE_SHARE) - reservedStorage(resources)),
  };
}
