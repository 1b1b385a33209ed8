import { orRefusal, Refusal } from '../common/refusal';
import { MemoryPlan } from './memory-plan';
import { MemoryPlanProps } from './memory-plan-props';
import { virtualCpusNeeded } from './server-processes';
import { excessOf, loadOf, ServingGoal } from './serving-goal';
import { ThroughputPlan } from './throughput-plan';

/** Numbers of API servers that were measured; two lie between them, and are chosen only where there are no virtual CPUs for four. */
export const MEASURED_API_SERVERS = [1, 4];
const FEWER_API_SERVERS = [1, 2];
/** Tokens a step to choose from: the releases' own defaults (vllm/engine/arg_utils.py, get_batch_defaults), and one in between. */
const BATCHED_TOKENS = [2048, 4096, 8192, 16384];
/** Numbers of sequences to choose from, up to the largest default of a release. */
const SEQUENCES = [8, 16, 32, 64, 128, 256, 512, 1024];

/** What arguments are chosen for and from. */
export interface CandidatesOf {
  readonly goal: ServingGoal;
  /** Settings of the server; those that are given are not chosen. */
  readonly memory: MemoryPlanProps;
  /** @default - to be chosen */
  readonly apiServerCount?: number;
  /** Virtual CPUs of one server. */
  readonly virtualCpus: number;
}

/** A server with such arguments under the load. */
export interface Candidate {
  readonly memory: MemoryPlan;
  readonly apiServerCount: number;
  readonly throughput: ThroughputPlan;
  /** How many times too slow it is for the goal; 1 or less keeps it. */
  readonly excess: number;
}

/** All the servers that differ in what nobody has set. */
export class ServingCandidates {
  /** What the release itself takes for what is not set. */
  readonly byDefault: Candidate;

  /** @throws on a server that does not fit, and on a load that it does not take */
  constructor(private readonly props: CandidatesOf) {
    const memory = MemoryPlan.of(props.memory);
    if (!memory.fits) {
      throw new Refusal(memory.explain());
    }
    this.byDefault = this.candidate(memory, props.apiServerCount ?? 1);
  }

  /** Those with as many sequences as the release takes, or any number where that is what a request waits for. */
  all(): Candidate[] {
    const { byDefault } = this;
    const { maxNumSeqs, maxNumBatchedTokens } = byDefault.memory;
    const first = this.batchedTokens(maxNumBatchedTokens).flatMap(tokens => this.of(maxNumSeqs, tokens));
    const more = byDefault.throughput.boundBy === 'max-num-seqs' || first.every(({ excess }) => excess > 1);
    return more && this.props.memory.maxNumSeqs === undefined
      ? [...first, ...SEQUENCES.filter(count => count !== maxNumSeqs).flatMap(count => this.of(count, maxNumBatchedTokens))]
      : first;
  }

  /** In how much a candidate differs from what the release takes by itself. */
  changes({ memory, apiServerCount }: Candidate): number {
    const { memory: own, apiServerCount: ownCount } = this.byDefault;
    const steps = (value: number, other: number) => value === other ? 0 : 1 + Math.abs(Math.log2(value / other));
    return steps(memory.maxNumSeqs, own.maxNumSeqs) + steps(memory.maxNumBatchedTokens, own.maxNumBatchedTokens)
      + steps(apiServerCount, ownCount);
  }

  private batchedTokens(own: number): number[] {
    return this.props.memory.maxNumBatchedTokens === undefined ? [...new Set([own, ...BATCHED_TOKENS])] : [own];
  }

  /** One for each number of API servers; none where such a server does not fit, or takes shorter requests only. */
  private of(maxNumSeqs: number, maxNumBatchedTokens: number): Candidate[] {
    const { memory, apiServerCount, virtualCpus } = this.props;
    const { tensorParallelSize, pipelineParallelSize, maxModelLen } = this.byDefault.memory;
    const gpus = tensorParallelSize * pipelineParallelSize;
    const plan = orRefusal(() => MemoryPlan.of({ ...memory, maxNumBatchedTokens, maxNumSeqs }));
    const holds = (counts: readonly number[]) => counts.every(count => virtualCpusNeeded(gpus, count) <= virtualCpus);
    const counts = apiServerCount === undefined
      ? [MEASURED_API_SERVERS, FEWER_API_SERVERS].find(holds) ?? [1]
      : [apiServerCount];
    return plan instanceof Refusal || !plan.fits || plan.maxModelLen < maxModelLen ? [] : counts.map(count => this.candidate(plan, count));
  }

  private candidate(memory: MemoryPlan, apiServerCount: number): Candidate {
    const throughput = ThroughputPlan.of({ ...loadOf(this.props.goal), memory, apiServerCount });
    return { memory, apiServerCount, throughput, excess: excessOf(throughput, this.props.goal) };
  }
}
