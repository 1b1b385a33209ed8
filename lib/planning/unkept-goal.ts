import { Accelerator, MachineType } from '../catalog';
import { orRefusal, Refusal } from '../common/refusal';
import { largestKept } from './largest-kept';
import { MemoryPlanProps } from './memory-plan-props';
import { Candidate, MEASURED_API_SERVERS, ServingCandidates } from './serving-candidates';
import { ServingChoiceProps } from './serving-choice-props';
import { excessOf, Load, loadOf, ServingGoal } from './serving-goal';
import { tensorParallelSizes } from './smallest-plan';
import { ThroughputPlan } from './throughput-plan';

/** Steps of a rate's search: a hundredth of what was asked for. */
const RATE_STEPS = 100;

/** A goal that no arguments keep: what comes nearest, and the nearest changes that keep it. */
export function unkeptGoal(props: ServingChoiceProps, candidates: readonly Candidate[]): Refusal {
  // all of them may fall behind: then the one that does most comes nearest
  const nearest = candidates.reduce((best, candidate) => candidate.excess < best.excess
    || (candidate.excess === best.excess && clearlyMore(candidate, best)) ? candidate : best);
  const fixes = [...withoutGiven(props), ...lesserLoad(props, nearest), ...moreGpus(props), ...otherAccelerator(props)];
  return new Refusal([
    `no arguments of ${nearest.memory.model.id} on ${nearest.memory.hardware} ${goalOf(props)} with ${wordsOf(loadOf(props))}.`,
    `  nearest:  ${figuresOf(nearest)}`,
    ...(fixes.length > 0 ? fixes : ['nothing near was found; take a smaller model or a slower goal']).map((fix, index) =>
      `  ${index === 0 ? 'keeps it:' : '         '} ${fix}`),
  ].join('\n'));
}

function clearlyMore({ throughput }: Candidate, { throughput: other }: Candidate): boolean {
  return throughput.outputTokensPerSecond > 1.02 * other.outputTokensPerSecond;
}

function goalOf(goal: ServingGoal): string {
  const asked = (['timeToFirstTokenSeconds', 'interTokenLatencyMs'] as const).filter(name => goal[name] !== undefined);
  return asked.length === 0 ? 'keep up' : `keep ${asked.map(name => `${name} ${goal[name]}`).join(' and ')}`;
}

function wordsOf({ inputTokens, outputTokens, clients, requestsPerSecond }: Load): string {
  const arrivals = clients === undefined ? `requestsPerSecond ${requestsPerSecond}` : `clients ${clients}`;
  return `${arrivals}, inputTokens ${inputTokens}, outputTokens ${outputTokens}`;
}

function figuresOf({ memory, apiServerCount, throughput }: Candidate): string {
  const { saturated, timeToFirstTokenSeconds: first, interTokenLatencySeconds: next, requestsPerSecond, boundBy } = throughput;
  const latencies = `${first.median.toFixed(3)} s to the first token and ${(1000 * next.median).toFixed(1)} ms between tokens`;
  return `${saturated ? `at most ${requestsPerSecond.toFixed(1)} requests a second` : latencies}, bound by ${boundBy} (maxNumSeqs ${memory.maxNumSeqs},`
    + ` maxNumBatchedTokens ${memory.maxNumBatchedTokens}, apiServerCount ${apiServerCount})`;
}

/** Arguments that were given, where others keep the goal. */
function withoutGiven(props: ServingChoiceProps): string[] {
  const given = [
    ...(['maxNumSeqs', 'maxNumBatchedTokens'] as const).filter(name => props.memory[name] !== undefined),
    ...props.apiServerCount === undefined ? [] : ['apiServerCount'],
  ];
  const freed = given.length > 0 && keeps(props, { maxNumSeqs: undefined, maxNumBatchedTokens: undefined });
  return freed ? [`leave out ${given.join(' and ')}`] : [];
}

/** The most of the load that the nearest arguments keep the goal with. */
function lesserLoad(props: ServingChoiceProps, { throughput }: Candidate): string[] {
  const { clients, requestsPerSecond } = throughput.props;
  const suffices = (change: Partial<Load>) => excessOf(ThroughputPlan.of({ ...throughput.props, ...change }), props) <= 1;
  if (requestsPerSecond !== undefined) {
    const share = largestKept(RATE_STEPS - 1, hundredths => suffices({ requestsPerSecond: requestsPerSecond * hundredths / RATE_STEPS }));
    return share > 0 ? [`requestsPerSecond <= ${Number((requestsPerSecond * share / RATE_STEPS).toPrecision(2))}, and more servers`] : [];
  }
  const most = largestKept(clients! - 1, count => suffices({ clients: count }));
  return most > 0 ? [`clients <= ${most}, and more servers`] : [];
}

function moreGpus(props: ServingChoiceProps): string[] {
  const { tensorParallelSize: own = 1 } = props.memory;
  return firstOf(tensorParallelSizes(props.memory).filter(size => size > own), size => keeps(props, { tensorParallelSize: size }))
    .map(size => `tensorParallelSize ${size}`);
}

/** The cheapest card on which the smallest size that keeps the goal is known. */
function otherAccelerator(props: ServingChoiceProps): string[] {
  const { pipelineParallelSize = 1 } = props.memory;
  const known = Accelerator.all().filter(({ id, speed }) => id !== props.memory.accelerator.id && speed !== undefined);
  const others = known.flatMap(accelerator =>
    firstOf(tensorParallelSizes({ ...props.memory, accelerator }), tensorParallelSize =>
      keeps(props, { accelerator, tensorParallelSize, gpuMemoryUtilization: undefined })).map((size) => {
      const machine = MachineType.forAccelerator(accelerator).find(({ gpus }) => gpus >= size * pipelineParallelSize);
      const usd = (machine?.hourlyPriceUsd ?? Number.POSITIVE_INFINITY) * size * pipelineParallelSize / (machine?.gpus ?? 1);
      return { usd, fix: `accelerator ${accelerator.id}, tensorParallelSize ${size}${machine ? ` on ${machine.name}` : ''}` };
    }));
  return others.sort((one, other) => one.usd === other.usd ? 0 : one.usd - other.usd).slice(0, 1).map(({ fix }) => fix);
}

function firstOf<T>(all: readonly T[], holds: (one: T) => boolean): T[] {
  const found = all.find(holds);
  return found === undefined ? [] : [found];
}

/** Whether the release's own defaults keep the goal there, with one API server or with several: what takes no search is near. */
function keeps(props: ServingChoiceProps, change: Partial<MemoryPlanProps>): boolean {
  const memory = { ...props.memory, ...change };
  return MEASURED_API_SERVERS.some((apiServerCount) => {
    const server = { goal: props, memory, apiServerCount, virtualCpus: Number.POSITIVE_INFINITY };
    const candidates = orRefusal(() => new ServingCandidates(server));
    return !(candidates instanceof Refusal) && candidates.byDefault.excess <= 1;
  });
}
