import { Refusal } from '../common/refusal';
import { ThroughputPlan } from './throughput-plan';
import { ThroughputPlanProps } from './throughput-plan-props';

/** What of a server matters more where it cannot have both. */
export type ServingPriority = 'throughput' | 'latency';

/** What a server is for: its load, and how fast it has to answer. Arguments that are not given are chosen by it. */
export interface ServingGoal {
  /**
   * What the arguments are chosen for: `throughput` is the most tokens a second that keep the latencies below, `latency` the shortest time
   * to the first token that costs neither tokens nor time between them.
   * @default - throughput where a latency is given, else nothing is chosen: the release's own defaults
   */
  readonly optimizeFor?: ServingPriority;
  /**
   * Seconds until the first token that half of the requests may take at most, above 0 and at most an hour.
   * @default - any
   */
  readonly timeToFirstTokenSeconds?: number;
  /**
   * Milliseconds between two tokens that half of them may take at most, above 0 and at most a minute.
   * @default - any
   */
  readonly interTokenLatencyMs?: number;
  /**
   * Number of tokens of a usual prompt, 1 or more.
   * @default 1024
   */
  readonly inputTokens?: number;
  /**
   * Number of tokens of a usual answer, 1 or more.
   * @default 256
   */
  readonly outputTokens?: number;
  /**
   * Number of clients of one server, from 1 to 100,000, who each ask again as soon as they have their answer.
   * @default - 64, unless requests come at `requestsPerSecond`
   */
  readonly clients?: number;
  /**
   * Number of requests that come to one server in a second, above 0, whether or not earlier ones are done.
   * @default - as many as `clients` send
   */
  readonly requestsPerSecond?: number;
}

/** A load as a plan takes it. */
export type Load = Pick<ThroughputPlanProps, 'inputTokens' | 'outputTokens' | 'clients' | 'requestsPerSecond'>;

/** What a person who gives no load gets: prompts of two pages, answers of half a page. */
export const USUAL_LOAD = { inputTokens: 1024, outputTokens: 256, clients: 64 };

/** Nobody waits longer: such a goal is a typing error. */
const SLOWEST = { timeToFirstTokenSeconds: 3600, interTokenLatencyMs: 60_000 };

const LOAD_PROPS = ['inputTokens', 'outputTokens', 'clients', 'requestsPerSecond'] as const;

/** Whether there is anything to choose arguments for. */
export function hasGoal({ optimizeFor, timeToFirstTokenSeconds, interTokenLatencyMs }: ServingGoal): boolean {
  return optimizeFor !== undefined || timeToFirstTokenSeconds !== undefined || interTokenLatencyMs !== undefined;
}

/** @throws on a priority that is none, a latency that is none, and a load that nothing is chosen for */
export function checkGoal(goal: ServingGoal, where: string): void {
  const { optimizeFor } = goal;
  if (optimizeFor !== undefined && !['throughput', 'latency'].includes(optimizeFor)) {
    throw new Refusal(`${where}'optimizeFor' (${optimizeFor as string}) must be throughput or latency`);
  }
  for (const [name, most] of Object.entries(SLOWEST) as ['timeToFirstTokenSeconds' | 'interTokenLatencyMs', number][]) {
    const value = goal[name];
    if (value !== undefined && !(value > 0 && value <= most)) {
      throw new Refusal(`${where}'${name}' (${value}) must be a number above 0 and at most ${most}`);
    }
  }
  const load = LOAD_PROPS.find(name => goal[name] !== undefined);
  if (load !== undefined && !hasGoal(goal)) {
    throw new Refusal(`${where}'${load}' (${goal[load]}) is a load that nothing is chosen for; give optimizeFor, timeToFirstTokenSeconds or`
      + ' interTokenLatencyMs as well, or leave it out');
  }
}

/** The load of a goal, with what it leaves open. */
export function loadOf({ inputTokens, outputTokens, clients, requestsPerSecond }: ServingGoal): Load {
  return {
    inputTokens: inputTokens ?? USUAL_LOAD.inputTokens,
    outputTokens: outputTokens ?? USUAL_LOAD.outputTokens,
    clients: clients ?? (requestsPerSecond === undefined ? USUAL_LOAD.clients : undefined),
    requestsPerSecond,
  };
}

/** How many times too slow a server is for the goal: 1 or less keeps it, and infinity is one that falls behind. */
export function excessOf(plan: ThroughputPlan, goal: ServingGoal): number {
  const { saturated, timeToFirstTokenSeconds: first, interTokenLatencySeconds: next } = plan;
  return saturated
    ? Number.POSITIVE_INFINITY
    : Math.max(
        first.median / (goal.timeToFirstTokenSeconds ?? Number.POSITIVE_INFINITY),
        1000 * next.median / (goal.interTokenLatencyMs ?? Number.POSITIVE_INFINITY),
      );
}
