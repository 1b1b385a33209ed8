import { ImpossibleCell } from './cell-storage';
import { BuiltCell } from './cells';
import { cellId } from './matrix';

/** What `dist/report/cells.json` says of a cell. */
export function reportOf(result: Pick<BuiltCell, 'cell' | 'server'> | ImpossibleCell): object {
  const { cell } = result;
  const asked = { id: cellId(cell), model: cell.model.id, accelerator: cell.accelerator.id, storage: cell.storage };
  if (result instanceof ImpossibleCell) {
    return { ...asked, possible: false, reason: result.reason };
  }
  const { server } = result;
  const { memory, startup, shutdown, placement } = server.plan;
  const { machineType } = placement;
  return {
    ...asked,
    possible: true,
    server: server.name,
    release: server.release.version,
    memory: {
      tensorParallelSize: memory.tensorParallelSize,
      gpuMemoryUtilization: memory.gpuMemoryUtilization,
      perGpu: memory.perGpu,
      maxModelLen: memory.maxModelLen,
      largestModelLen: memory.largestModelLen,
      kvCacheTokens: memory.kvCacheTokens,
      maxConcurrency: Math.round(memory.maxConcurrency * 100) / 100,
      notes: memory.notes,
    },
    placement: {
      machineType: machineType.name,
      gpusPerNode: machineType.gpus,
      serversPerNode: placement.serversPerNode,
      strandedGpus: placement.strandedGpus,
      strandedHourlyUsd: placement.strandedHourlyUsd ?? null,
      zones: placement.zones,
      cacheMedium: placement.cacheMedium ?? null,
      localSsdCount: placement.localSsdCount,
      cpuMillis: placement.cpuMillis,
      memoryBytes: placement.memoryBytes,
      nodeHourlyUsd: machineType.hourlyPriceUsd ?? null,
      priceDate: machineType.priceDate ?? null,
    },
    startup: {
      imagePullSeconds: startup.imagePullSeconds,
      loadSeconds: startup.loadSeconds,
      engineSeconds: startup.engineSeconds,
      readySeconds: startup.readySeconds,
      budgetSeconds: startup.budgetSeconds,
      progressDeadlineSeconds: startup.progressDeadlineSeconds,
    },
    shutdown: {
      propagationSeconds: shutdown.propagationSeconds,
      drainSeconds: shutdown.drainSeconds,
      terminationGracePeriodSeconds: shutdown.terminationGracePeriodSeconds,
    },
  };
}

/** One line of what a person reads after synthesis. */
export function lineOf(result: Pick<BuiltCell, 'cell' | 'server'> | ImpossibleCell): string {
  const { cell } = result;
  const id = cellId(cell).padEnd(24);
  if (result instanceof ImpossibleCell) {
    return `${id} impossible: ${result.reason}`;
  }
  const { memory, startup, placement } = result.server.plan;
  const price = placement.machineType.hourlyPriceUsd;
  return [
    id,
    cell.model.id.padEnd(36),
    `${placement.gpus} x ${cell.accelerator.id}`.padEnd(18),
    `${placement.serversPerNode} on ${placement.machineType.name}`.padEnd(22),
    `${memory.maxModelLen}`.padStart(7),
    `${memory.kvCacheTokens}`.padStart(9),
    `${Math.ceil(startup.readySeconds / 60)} min`.padStart(7),
    (price === undefined ? '-' : `$${price.toFixed(2)}`).padStart(8),
  ].join(' ');
}

export const LINE_HEADER = [
  'cell'.padEnd(24), 'model'.padEnd(36), 'GPUs of a server'.padEnd(18), 'servers on a node'.padEnd(22), 'max len', 'KV tokens', '  start', '  node/h',
].join(' ');
