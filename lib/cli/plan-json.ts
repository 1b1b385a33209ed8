import { VllmRelease } from '../catalog';
import { otherMeasurements } from './measured';
import { Candidate, Survey, SurveyRequest } from './survey';

/** More digits of a figure say nothing. */
const DIGITS = 4;

/** The survey as a program reads it. What is infinite is null. */
export function planJson({ model, load, goals, region, measurements }: SurveyRequest, { candidates, unfit }: Survey): string {
  return JSON.stringify({
    model: model.id, revision: model.revision, vllm: VllmRelease.DEFAULT.version, ...load, region: region?.name, goals,
    machines: candidates.map(machineOf),
    otherMeasurements: measurements && otherMeasurements(measurements, candidates),
    unfit: unfit.map(({ accelerator, reason }) => ({ accelerator: accelerator.id, reason })),
  }, (_, value: unknown) => typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value, 2);
}

function machineOf({ memory, dtype, placement, throughput, readySeconds, price, misses }: Candidate): object {
  const { outputTokensPerSecond, totalTokensPerSecond, boundBy, basis, notes, measurement, predicted } = throughput;
  return {
    accelerator: memory.accelerator.id,
    tensorParallelSize: memory.tensorParallelSize,
    dtype,
    machineType: placement.machineType.name,
    serversPerMachine: placement.serversPerNode,
    strandedGpus: placement.strandedGpus,
    provisioning: placement.machineType.provisioning,
    longestRequestTokens: memory.maxModelLen,
    requestsAtOnce: throughput.mostRunning,
    requestsPerSecond: throughput.requestsPerSecond,
    requestsRunning: throughput.requestsRunning,
    requestsWaiting: throughput.requestsWaiting,
    outputTokensPerSecond,
    totalTokensPerSecond,
    timeToFirstTokenSeconds: throughput.timeToFirstTokenSeconds,
    interTokenLatencySeconds: throughput.interTokenLatencySeconds,
    boundBy, basis, notes,
    replicas: throughput.replicas,
    ...measurement && { measuredBy: measurement.source, predicted },
    readySeconds,
    price: price && {
      serverHourlyUsd: price.hourlyUsd, strandedHourlyUsd: price.strandedHourlyUsd, priceDate: price.priceDate,
      perMillionTokensUsd: { atLoad: price.atLoad, atSaturation: price.atSaturation },
    },
    misses,
  };
}
