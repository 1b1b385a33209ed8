import { Region } from '../common/region';
import { VllmServer } from '../serving';
import { CellPoint, cellId, storageIdOf } from './cell';
import { storageMonthlyUsd } from './storage-price';

/** What a report says of a cell: its server, or why there is none. */
export type CellOutcome = Pick<VllmServer, 'name' | 'release' | 'plan' | 'storage'> | { readonly reason: string };

/**
 * The row of a cell in `dist/report/cells.json`.
 *
 * @param region - of the cluster: only its zones are named; all that have the machine without it
 */
export function reportOf(point: CellPoint, outcome: CellOutcome, region?: Region): object {
  const asked = { id: cellId(point), model: point.model.id, accelerator: point.accelerator.id, storage: storageIdOf(point) };
  if ('reason' in outcome) {
    return { ...asked, possible: false, reason: outcome.reason };
  }
  const { name, release, plan } = outcome;
  const storageUsd = storageMonthlyUsd(outcome);
  return {
    ...asked, possible: true, server: name, release: release.version, ...rowOf(plan, region),
    storageMonthlyUsd: storageUsd === undefined ? null : Math.round(100 * storageUsd) / 100,
  };
}

function rowOf({ memory, startup, shutdown, placement, choice }: VllmServer['plan'], region: Region | undefined): object {
  const { machineType } = placement;
  return {
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
      capacity: placement.capacity,
      reservation: placement.reservation ?? null,
      zones: region?.zonesOf(placement) ?? placement.zones,
      cacheMedium: placement.cacheMedium ?? null,
      localSsdCount: placement.localSsdCount,
      cpuMillis: placement.cpuMillis,
      memoryBytes: placement.memoryBytes,
      nodeHourlyUsd: machineType.hourlyPriceUsd ?? null,
      priceDate: machineType.priceDate ?? null,
    },
    ...choice && { arguments: argumentsOf(choice) },
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

/** What was chosen for a goal, and why. */
function argumentsOf({ memory, apiServerCount, throughput, sentence, largestBatch }: NonNullable<VllmServer['plan']['choice']>): object {
  const { outputTokensPerSecond, timeToFirstTokenSeconds: first, interTokenLatencySeconds: next, boundBy, basis, replicas } = throughput;
  return {
    maxNumSeqs: memory.maxNumSeqs, maxNumBatchedTokens: memory.maxNumBatchedTokens, apiServerCount, sentence,
    outputTokensPerSecond: Math.round(outputTokensPerSecond),
    timeToFirstTokenMs: Math.round(1000 * first.median),
    interTokenLatencyMs: Math.round(10_000 * next.median) / 10,
    boundBy, basis, largestBatch, replicas: replicas?.sentence ?? null,
  };
}

/** One line of what a person reads after synthesis, below `LINE_HEADER`. */
export function lineOf(point: CellPoint, outcome: CellOutcome): string {
  const id = cellId(point).padEnd(24);
  if ('reason' in outcome) {
    return `${id} impossible: ${outcome.reason}`;
  }
  const { memory, startup, placement } = outcome.plan;
  const price = placement.machineType.hourlyPriceUsd;
  return [
    id,
    point.model.id.padEnd(36),
    `${placement.gpus} x ${point.accelerator.id}`.padEnd(18),
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
