import { orRefusal, Refusal } from '../common/refusal';
import { MemoryPlan } from './memory-plan';
import { legalTensorParallelSizes } from './tensor-parallel';
import { ThroughputFigures, ThroughputPlanProps } from './throughput-plan-props';

/** Ratios that are nearer to 1 say that it is the same: two runs of one load differ by more. */
const SAME = 0.02;

/** A plan, as far as it is compared. */
interface ComparedPlan {
  readonly props: ThroughputPlanProps;
  readonly predicted: ThroughputFigures;
}

/** Several smaller servers on the GPUs of one, under the load of the one. */
export interface ReplicaComparison {
  /** Number of the smaller servers. */
  readonly replicas: number;
  /** GPUs of each of them that share each layer. */
  readonly tensorParallelSize: number;
  /** Their tokens of answers in a second, for one of the large server. */
  readonly ratio: number;
  /** Their median time to the first token, for that of the large server. */
  readonly firstTokenRatio: number;
  /** Who gives more, for people. */
  readonly sentence: string;
}

/**
 * The server of the plan beside the smallest ones that hold the model on the same GPUs, each with its share of the load; undefined where no
 * smaller server holds it, or takes the load's requests.
 */
export function comparedWithReplicas(
  plan: ComparedPlan, planOf: (props: ThroughputPlanProps) => ComparedPlan,
): ReplicaComparison | undefined {
  const { memory } = plan.props;
  const gpus = memory.tensorParallelSize;
  for (const tensorParallelSize of legalTensorParallelSizes(memory.model, gpus - 1).filter(size => gpus % size === 0)) {
    const compared = orRefusal(() => comparedWithSize(plan, tensorParallelSize, planOf));
    if (!(compared instanceof Refusal)) {
      return compared;
    }
  }
  return undefined;
}

/**
 * The server of the plan beside those of one smaller size, which divides its own.
 *
 * @throws where the smaller server does not hold the model, or does not take the load's requests
 */
export function comparedWithSize(
  plan: ComparedPlan, tensorParallelSize: number, planOf: (props: ThroughputPlanProps) => ComparedPlan,
): ReplicaComparison {
  const { memory } = plan.props;
  const replicas = memory.tensorParallelSize / tensorParallelSize;
  return comparison(plan, planOf(shareOf(plan, replicas, smaller(memory, tensorParallelSize))), replicas);
}

/** @throws on a server that does not fit, or takes shorter requests only */
function smaller({ props, maxModelLen }: MemoryPlan, tensorParallelSize: number): MemoryPlan {
  const plan = MemoryPlan.of({ ...props, tensorParallelSize });
  if (!plan.fits || (props.maxModelLen !== 'auto' && plan.maxModelLen < maxModelLen)) {
    throw new Refusal(plan.explain());
  }
  return plan;
}

/** The load of one of the replicas; the measurements are of other servers. */
function shareOf({ props }: ComparedPlan, replicas: number, memory: MemoryPlan): ThroughputPlanProps {
  const { clients, requestsPerSecond } = props;
  return {
    ...props, memory, measurements: undefined,
    clients: clients === undefined ? undefined : Math.ceil(clients / replicas),
    requestsPerSecond: requestsPerSecond === undefined ? undefined : requestsPerSecond / replicas,
  };
}

function comparison(plan: ComparedPlan, one: ComparedPlan, replicas: number): ReplicaComparison {
  const { clients, memory } = plan.props;
  const { tensorParallelSize } = one.props.memory;
  // an uneven share of clients counts as far as there are clients
  const busy = clients === undefined ? replicas : clients / one.props.clients!;
  const ratio = busy * one.predicted.outputTokensPerSecond / plan.predicted.outputTokensPerSecond;
  const firstTokenRatio = one.predicted.timeToFirstTokenSeconds.median / plan.predicted.timeToFirstTokenSeconds.median;
  return {
    replicas, tensorParallelSize, ratio, firstTokenRatio,
    sentence: sentenceOf(ratio, `${replicas} replicas${tensorParallelSize === 1 ? '' : ` of tensor parallel ${tensorParallelSize}`}`,
      `tensor parallel ${memory.tensorParallelSize}`),
  };
}

function sentenceOf(ratio: number, replicas: string, large: string): string {
  if (Math.abs(ratio - 1) <= SAME) {
    return `${replicas} give as many tokens as ${large} here`;
  }
  return ratio > 1
    ? `${replicas} give ${ratio.toFixed(2)} x the tokens of ${large} here`
    : `${large} gives ${(1 / ratio).toFixed(2)} x the tokens of ${replicas} here`;
}
