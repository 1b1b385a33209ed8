import { MemoryPlan } from '../../lib/planning/memory-plan';
import { SPEED_COEFFICIENTS, SpeedCoefficients } from '../../lib/planning/speed-coefficients';
import { ThroughputPlan } from '../../lib/planning/throughput-plan';
import { propsOf } from './measured-row';

/** One load of a real vLLM on H200, a line of `speeds.jsonl`: a closed loop of clients, exact lengths, cold prefixes, one run a point. */
export interface MeasuredSpeed {
  readonly id: string;
  readonly model: string;
  readonly gpus: number;
  readonly argv: readonly string[];
  readonly vllm: string;
  readonly inlen: number;
  readonly outlen: number;
  readonly conc: number;
  /** Absent: true. */
  readonly stream?: boolean;
  readonly output_tok_per_s: number;
  readonly ttft_ms_p50?: number;
  readonly ttft_ms_p99?: number;
  readonly itl_ms_p50?: number;
  readonly itl_ms_p99?: number;
  readonly running_mean?: number;
}

/** Predicted beside measured; milliseconds and tokens a second. */
export interface Compared {
  readonly row: MeasuredSpeed;
  readonly plan: ThroughputPlan;
  /** Relative errors; those of latencies are absent where none was measured. */
  readonly outputError: number;
  readonly interTokenError?: number;
  readonly firstTokenError?: number;
}

const PLANS = new Map<string, MemoryPlan>();

/** Rows of one server have one plan. */
export function memoryOf(row: MeasuredSpeed): MemoryPlan {
  const server = [row.model, row.vllm, ...row.argv].join(' ');
  const stages = /--pipeline-parallel-size[ =](\d+)/.exec(server);
  const plan = PLANS.get(server) ?? MemoryPlan.of(propsOf({ ...row, ready: true, gpus: Math.max(row.gpus, Number(stages?.[1] ?? 1)) }));
  PLANS.set(server, plan);
  return plan;
}

function planOf(row: MeasuredSpeed, coefficients: SpeedCoefficients): ThroughputPlan {
  const servers = /--api-server-count[ =](\d+)/.exec(row.argv.join(' '));
  return ThroughputPlan.with({
    memory: memoryOf(row), inputTokens: row.inlen, outputTokens: row.outlen, clients: row.conc, stream: row.stream,
    apiServerCount: servers ? Number(servers[1]) : undefined,
  }, coefficients);
}

export function compare(row: MeasuredSpeed, coefficients = SPEED_COEFFICIENTS): Compared {
  const plan = planOf(row, coefficients);
  const error = (predicted: number, measured: number | undefined) => measured === undefined ? undefined : predicted / measured - 1;
  return {
    row,
    plan,
    outputError: plan.outputTokensPerSecond / row.output_tok_per_s - 1,
    interTokenError: error(1000 * plan.interTokenLatencySeconds.median, row.itl_ms_p50),
    firstTokenError: error(1000 * plan.timeToFirstTokenSeconds.median, row.ttft_ms_p50),
  };
}

export function lineOf({ row, plan, outputError }: Compared): string {
  const pair = (predicted: number, measured: number | undefined) =>
    `${predicted.toFixed(1).padStart(8)} ${(measured?.toFixed(1) ?? '-').padStart(8)}`;
  const load = `${row.inlen}/${row.outlen} x ${row.conc}${row.stream === false ? ' whole' : ''}`;
  return [
    row.id.padEnd(24), load.padEnd(20), `tokens/s ${pair(plan.outputTokensPerSecond, row.output_tok_per_s)}`,
    `${(100 * outputError).toFixed(0).padStart(4)} %`, `inter-token ms ${pair(1000 * plan.interTokenLatencySeconds.median, row.itl_ms_p50)}`,
    `first token ms ${pair(1000 * plan.timeToFirstTokenSeconds.median, row.ttft_ms_p50)}`, plan.boundBy,
  ].join('  ');
}

/** What is the default of this release and card, or changes no speed. */
const WITHOUT_EFFECT = new RegExp([
  '--tensor-parallel-size[ =]1', '--gpu-memory-utilization=0.92', '--max-model-len=131072', '--max-num-seqs=1024', '--max-num-batched-tokens=8192',
  '--shutdown-timeout=0', '--disable-access-log-for-endpoints=\\S+', '--compilation-config \\S+',
].join('|'), 'g');

/** A configuration under a load: the mean of its runs. */
export interface Configuration {
  readonly load: string;
  readonly arguments: string;
  readonly measured: number;
  readonly predicted: number;
}

/** Runs with the same effect are one. */
export function configurations(rows: readonly Compared[]): Configuration[] {
  const runs = new Map<string, Compared[]>();
  for (const compared of rows) {
    const { row } = compared;
    const load = [row.model, row.inlen, row.outlen, row.conc, row.stream ?? true].join(' ');
    const key = `${load}|${row.argv.join(' ').replace(WITHOUT_EFFECT, '').trim()}`;
    runs.set(key, [...runs.get(key) ?? [], compared]);
  }
  const mean = (values: number[]) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
  return [...runs].map(([key, same]) => ({
    load: key.split('|')[0],
    arguments: key.split('|')[1],
    measured: mean(same.map(({ row }) => row.output_tok_per_s)),
    predicted: mean(same.map(({ plan }) => plan.outputTokensPerSecond)),
  }));
}

/** Pairs under the same load of which one was faster by more than `margin`, and whether the plan says so. */
export function orderedPairs(all: readonly Configuration[], margin: number): { readonly pair: string; readonly right: boolean }[] {
  return all.flatMap(faster => all.filter(slower => slower.load === faster.load && faster.measured > (1 + margin) * slower.measured)
    .map(slower => ({
      pair: `${faster.load}: '${faster.arguments}' above '${slower.arguments}'`,
      right: faster.predicted > slower.predicted,
    })));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
