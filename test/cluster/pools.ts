import { MachineType } from '../../lib';
import { GpuNode } from '../rig/gpu-node';
import { Cell } from './cells';
import { DAEMONS, poolNode } from './gke';

const ANY_ZONE = 'us-central1-b';
/** With no disk of the matrix in it. */
export const FAR_ZONE = 'us-central1-x';

/** The nodes of one machine type, for the cells that run on it. */
export class Pool {
  static all(cells: readonly Cell[]): Pool[] {
    return [...new Set(cells.map(cell => cell.machineType))]
      .map(machineType => new Pool(machineType, cells.filter(cell => cell.machineType === machineType)));
  }

  /** Nodes with GPUs that no cell asks for: one of every other machine type in the catalogue. */
  static unused(cells: readonly Cell[]): GpuNode[] {
    const used = new Set(cells.map(cell => cell.machineType.name));
    return MachineType.all().filter(({ name }) => !used.has(name)).map(machineType => poolNode(machineType, {
      name: `${machineType.name}-with-${machineType.gpus}`, zone: ANY_ZONE, localSsdCount: Math.max(...machineType.localSsdCounts),
    }));
  }

  private readonly zone: string;
  private readonly mostLocalSsds: number;

  private constructor(readonly machineType: MachineType, private readonly cells: readonly Cell[]) {
    const disks = cells.flatMap(cell => cell.zones ? [cell.zones] : []);
    // so that any node suits any cell of the pool
    const zone = disks.length > 0 ? disks[0].find(candidate => disks.every(zones => zones.includes(candidate))) : ANY_ZONE;
    if (zone === undefined) {
      throw new Error(`no zone has all disks of the cells on ${machineType.name}: ${disks.map(zones => zones.join(' ')).join(', ')}`);
    }
    this.zone = zone;
    this.mostLocalSsds = Math.max(...cells.map(cell => cell.localSsdCount));
  }

  /** As many as the servers of its cells fill, and one more where two cells want different disks: either may take the other's. */
  get nodes(): GpuNode[] {
    const counts = this.cells.map(cell => cell.localSsdCount);
    const wanted = new Set(counts).size > 1 ? [...counts, this.mostLocalSsds] : counts;
    return wanted.map((localSsdCount, index) => this.node(`pool-${index}`, { localSsdCount }));
  }

  /** With every label of a pool, but one GPU, or one byte of memory, less than its smallest server needs. */
  get tooSmallNodes(): GpuNode[] {
    const gpus = Math.min(...this.cells.map(cell => cell.gpusPerServer)) - 1;
    const memoryBytes = Math.min(...this.cells.map(cell => cell.memoryBytes)) + DAEMONS.memoryBytes - 1;
    return [this.node('few-gpus', { gpus }), this.node('little-memory', { allocatable: { memoryBytes } })];
  }

  get farNode(): GpuNode {
    return this.node('far', { zone: FAR_ZONE });
  }

  private node(suffix: string, facts: Partial<GpuNode>): GpuNode {
    return poolNode(this.machineType, { name: `${this.machineType.name}-${suffix}`, zone: this.zone, localSsdCount: this.mostLocalSsds, ...facts });
  }
}
