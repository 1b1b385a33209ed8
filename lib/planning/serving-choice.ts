import { requireProps } from '../common/props';
import { wholeNumber } from '../common/whole-number';
import { largestKept } from './largest-kept';
import { MemoryPlan } from './memory-plan';
import { MOST_API_SERVERS } from './server-processes';
import { Candidate, ServingCandidates } from './serving-candidates';
import { ServingChoiceProps } from './serving-choice-props';
import { checkGoal, excessOf, ServingPriority } from './serving-goal';
import { ThroughputPlan } from './throughput-plan';
import { unkeptGoal } from './unkept-goal';

/** The plan puts any two configurations in the order that was measured if they differ by more: less is no reason to leave the defaults. */
export const SURE_GAIN = 0.15;
/** Figures that differ by less are the same. */
const SAME_TOKENS = 0.02;
const SAME_LATENCY = 0.1;

/**
 * Arguments of a server for a goal: `maxNumSeqs`, `maxNumBatchedTokens` and the number of API servers, as far as they are not given. The
 * release's own defaults stay unless they miss the goal, or the plan sees a gain that is larger than its error.
 *
 * @see https://docs.vllm.ai/en/latest/configuration/optimization/
 */
export class ServingChoice {
  /**
   * The choice for that goal.
   *
   * @throws on a goal that no arguments keep, with what comes nearest and what would keep it, and as plans of memory and throughput do
   */
  static of(props: ServingChoiceProps): ServingChoice {
    requireProps('ServingChoiceProps', props, 'ServingChoice');
    return new ServingChoice(props);
  }

  /** The server with the chosen arguments. */
  readonly memory: MemoryPlan;
  /** Number of API server processes: `--api-server-count`. */
  readonly apiServerCount: number;
  /** How fast it answers the load. */
  readonly throughput: ThroughputPlan;
  /** How fast it would with what the release takes by itself for all that is not given. */
  readonly byDefault: ThroughputPlan;
  /** The goal and what was given. */
  readonly props: ServingChoiceProps;
  private largest?: number;
  private busy?: number;

  private constructor(props: ServingChoiceProps) {
    this.props = props;
    checkGoal(props, 'ServingChoice: ');
    for (const [name, most] of [['apiServerCount', MOST_API_SERVERS], ['virtualCpus', undefined]] as const) {
      wholeNumber(name, props[name] ?? 1, 1, most, 'ServingChoice: ');
    }
    const { memory, apiServerCount, virtualCpus = Number.POSITIVE_INFINITY } = props;
    const candidates = new ServingCandidates({ goal: props, memory, apiServerCount, virtualCpus });
    const all = candidates.all();
    const kept = all.filter(({ excess }) => excess <= 1);
    if (kept.length === 0) {
      throw unkeptGoal(props, all);
    }
    const chosen = chosenOf(kept, candidates, props.optimizeFor ?? 'throughput');
    this.memory = chosen.memory;
    this.apiServerCount = chosen.apiServerCount;
    this.throughput = chosen.throughput;
    this.byDefault = candidates.byDefault.throughput;
  }

  /** The most requests of this load that run at once while half of them keep the latencies of the goal. */
  get largestBatch(): number {
    const { throughput, props } = this;
    this.largest ??= largestKept(throughput.mostRunning, clients => excessOf(this.withClients(clients), props) <= 1);
    return this.largest;
  }

  /** The fewest requests of this load at once that get nearly as many tokens as any number of them. */
  get busyBatch(): number {
    const { throughput: { mostRunning, saturation } } = this;
    const nearlyAll = (1 - SURE_GAIN) * saturation.outputTokensPerSecond;
    this.busy ??= 1 + largestKept(mostRunning - 1, clients => this.withClients(clients).outputTokensPerSecond < nearlyAll);
    return this.busy;
  }

  /** What was chosen and what it gains, as a sentence for people. */
  get sentence(): string {
    const { memory, throughput, byDefault, apiServerCount } = this;
    const ratio = throughput.outputTokensPerSecond / byDefault.outputTokensPerSecond;
    const [first, own] = [throughput, byDefault].map(plan => plan.timeToFirstTokenSeconds.median);
    return `maxNumSeqs ${memory.maxNumSeqs}, maxNumBatchedTokens ${memory.maxNumBatchedTokens}, apiServerCount ${apiServerCount}:`
      + ` ${ratio.toFixed(2)} x the tokens of the release's own defaults, ${(first / own).toFixed(2)} x their time to the first token`;
  }

  private withClients(clients: number): ThroughputPlan {
    return ThroughputPlan.of({ ...this.throughput.props, requestsPerSecond: undefined, clients });
  }
}

function chosenOf(kept: readonly Candidate[], candidates: ServingCandidates, priority: ServingPriority): Candidate {
  const { byDefault } = candidates;
  const own = byDefault.excess <= 1 ? byDefault : undefined;
  const rivals = own === undefined ? kept : kept.filter(candidate => mayReplace(candidate, own, priority));
  const worth = priority === 'throughput' ? tokensOf : (candidate: Candidate) => 1 / firstTokenOf(candidate);
  const most = Math.max(...rivals.map(worth));
  if (own !== undefined && most < (1 + SURE_GAIN) * worth(own)) {
    return own;
  }
  const equal = priority === 'throughput' ? rivals.filter(candidate => worth(candidate) >= (1 - SAME_TOKENS) * most) : rivals;
  const soonest = Math.min(...equal.map(firstTokenOf));
  const changes = (candidate: Candidate) => candidates.changes(candidate);
  return equal.filter(candidate => firstTokenOf(candidate) <= (1 + SAME_LATENCY) * soonest)
    .reduce((least, candidate) => changes(candidate) < changes(least) ? candidate : least);
}

/**
 * Batched tokens stay where they need not change: with 2,048 in the place of 8,192 the plan sees up to a tenth more tokens, and 3 to 6 %
 * fewer were measured. Sooner first tokens must cost no others.
 */
function mayReplace(candidate: Candidate, own: Candidate, priority: ServingPriority): boolean {
  return candidate.memory.maxNumBatchedTokens === own.memory.maxNumBatchedTokens
    && (priority === 'throughput' || costsNothing(candidate, own));
}

/** Whether a server has as many tokens as another one, as often. */
function costsNothing({ throughput }: Candidate, { throughput: own }: Candidate): boolean {
  const [next, ownNext] = [throughput, own].map(plan => plan.interTokenLatencySeconds);
  return throughput.outputTokensPerSecond >= (1 - SAME_TOKENS) * own.outputTokensPerSecond
    && next.median <= (1 + SAME_TOKENS) * ownNext.median && next.p99 <= (1 + SAME_TOKENS) * ownNext.p99;
}

function tokensOf({ throughput }: Candidate): number {
  return throughput.outputTokensPerSecond;
}

function firstTokenOf({ throughput }: Candidate): number {
  return throughput.timeToFirstTokenSeconds.median;
}
