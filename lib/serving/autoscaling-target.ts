import { ServingChoice } from '../planning';
import { VllmMetric } from './vllm-metric';
import type { VllmServer } from './vllm-server';

/**
 * An autoscaler does nothing until a figure is a tenth above its target.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 */
const TOLERANCE = 0.1;

/** A queue of a tenth of the requests that run makes an answer take a tenth longer. */
const QUEUED_SHARE = 0.1;

/** The figure that shows first that a server has as much to do as its goal allows. */
export function defaultMetric({ plan: { choice } }: VllmServer): VllmMetric {
  return choice !== undefined && runsShowIt(choice) ? VllmMetric.REQUESTS_RUNNING : VllmMetric.REQUESTS_WAITING;
}

/** What is aimed at for each server, unless the autoscaler is told. */
export function defaultTarget({ plan: { choice } }: VllmServer, metric: VllmMetric): number {
  if (choice !== undefined && metric === VllmMetric.REQUESTS_RUNNING) {
    return runningTarget(choice);
  }
  return choice !== undefined && metric === VllmMetric.REQUESTS_WAITING ? waitingTarget(choice) : metric.defaultTarget;
}

/**
 * Whether the requests that run say more than those that wait: latencies are lost before the server is full, or its API server keeps the
 * engine's queue empty.
 */
function runsShowIt({ throughput, largestBatch }: ServingChoice): boolean {
  return largestBatch < throughput.mostRunning || throughput.saturation.boundBy === 'api-server';
}

/**
 * So many that one more server is asked for when the largest batch is reached that keeps the latencies. Where the API server binds, no more
 * than get nearly all the tokens: it keeps further ones from the engine.
 */
function runningTarget({ largestBatch, busyBatch, throughput }: ServingChoice): number {
  const most = throughput.saturation.boundBy === 'api-server' ? Math.min(largestBatch, busyBatch) : largestBatch;
  return Math.max(1, Math.floor(most / (1 + TOLERANCE)));
}

/** So many that their wait uses up what the goal leaves of the time to the first token. */
function waitingTarget({ throughput, props }: ServingChoice): number {
  const { mostRunning, saturation } = throughput;
  const left = (props.timeToFirstTokenSeconds ?? Number.POSITIVE_INFINITY) - saturation.timeToFirstTokenSeconds.median;
  return Math.max(1, Math.floor(Math.min(QUEUED_SHARE * mostRunning, left * saturation.requestsPerSecond)));
}
