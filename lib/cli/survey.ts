import { Accelerator, MachineType, Model, VllmDtype } from '../catalog';
import { BUCKET_BYTES_PER_SECOND } from '../catalog/read-rates';
import { Region } from '../common/region';
import { orRefusal, Refusal } from '../common/refusal';
import { Measurement, MemoryPlan, Placement, StartupPlan, ThroughputPlan, TokenPrice } from '../planning';
import { Load } from '../planning/serving-goal';
import { tensorParallelSizes } from '../planning/smallest-plan';

/** Latencies that half of the requests, or of the tokens, have to keep. */
export interface Goals {
  readonly timeToFirstTokenSeconds?: number;
  readonly interTokenLatencySeconds?: number;
}

export interface SurveyRequest {
  readonly model: Model;
  readonly load: Load;
  readonly goals: Goals;
  readonly accelerators: readonly Accelerator[];
  /** @default - anywhere */
  readonly region?: Region;
  /** @default - none */
  readonly measurements?: readonly Measurement[];
}

/** One server on one machine. */
export interface Candidate {
  readonly memory: MemoryPlan;
  readonly dtype?: VllmDtype;
  readonly placement: Placement;
  readonly throughput: ThroughputPlan;
  readonly readySeconds: number;
  /** Absent where no price is known. */
  readonly price?: TokenPrice;
  /** Goals that it misses, each a sentence; empty when it meets all. */
  readonly misses: readonly string[];
}

/** An accelerator that does not serve the model, or not so. */
export interface Unfit {
  readonly accelerator: Accelerator;
  readonly reason: string;
}

export interface Survey {
  /** Those that meet the goals first, the cheapest first of all; those without a price come last. */
  readonly candidates: readonly Candidate[];
  readonly unfit: readonly Unfit[];
}

/** Every accelerator and size of a machine that holds the model with such a load. */
export function survey(request: SurveyRequest): Survey {
  const found = request.accelerators.map(accelerator => ofAccelerator(accelerator, request));
  return {
    candidates: found.flatMap(({ candidates }) => candidates).sort(byWorth),
    unfit: found.flatMap(({ unfit }) => unfit ?? []),
  };
}

function ofAccelerator(accelerator: Accelerator, request: SurveyRequest): { candidates: Candidate[]; unfit?: Unfit } {
  const zones = zonesOf(accelerator, request.region);
  if (zones?.length === 0) {
    return { candidates: [], unfit: { accelerator, reason: `no machine with it is known in ${request.region!.name}` } };
  }
  const sizes = tensorParallelSizes({ model: request.model, accelerator });
  const tried = sizes.map(gpus => orRefusal(() => candidate(accelerator, gpus, zones, request)));
  const candidates = tried.filter((one): one is Candidate => !(one instanceof Refusal));
  // with the most GPUs the reason is the one that no further GPU removes
  const reason = tried.filter(one => one instanceof Refusal).at(-1)?.message.split('\n').slice(0, 2).map(line => line.trim()).join(' ');
  return candidates.length > 0 ? { candidates } : { candidates, unfit: { accelerator, reason: reason!.replace(/^\w+: /, '') } };
}

/** The zones of the region that have the card; undefined for any, and the likely one where none is known. */
function zonesOf(accelerator: Accelerator, region: Region | undefined): string[] | undefined {
  if (region === undefined) {
    return undefined;
  }
  const known = [...new Set(MachineType.forAccelerator(accelerator).flatMap(machine => machine.zones))];
  return known.length === 0 ? [region.likelyZone] : region.zonesOf({ zones: known });
}

/** The server of a line. */
export function memoryOf(model: Model, accelerator: Accelerator, gpus: number): MemoryPlan {
  return MemoryPlan.of({ model, accelerator, tensorParallelSize: gpus, maxModelLen: 'auto', dtype: dtypeOf(model, accelerator) });
}

function dtypeOf(model: Model, accelerator: Accelerator): VllmDtype | undefined {
  return model.dtype === 'bfloat16' && !accelerator.supportsBfloat16 ? 'half' : undefined;
}

function candidate(accelerator: Accelerator, gpus: number, zones: string[] | undefined, request: SurveyRequest): Candidate {
  const { model, load, goals, measurements } = request;
  const memory = memoryOf(model, accelerator, gpus);
  if (!memory.fits) {
    throw new Refusal(`not with ${gpus} of them either: ${memory.reasons[0]}`);
  }
  const placement = Placement.of({ accelerator, gpus, zones });
  const throughput = ThroughputPlan.of({ ...load, memory, measurements });
  return {
    memory, dtype: dtypeOf(model, accelerator), placement, throughput,
    readySeconds: StartupPlan.of({ model, weightsBytesPerSecond: BUCKET_BYTES_PER_SECOND }).readySeconds,
    price: placement.machineType.hourlyPriceUsd === undefined ? undefined : TokenPrice.of({ throughput, placement }),
    misses: missesOf(throughput, goals),
  };
}

function missesOf(throughput: ThroughputPlan, goals: Goals): string[] {
  const { timeToFirstTokenSeconds, interTokenLatencySeconds, saturated, requestsPerSecond, props } = throughput;
  const above = (what: string, got: number, goal: number | undefined) =>
    goal !== undefined && got > goal ? [`${what} ${duration(got, 99.95)} > ${duration(goal, 99.95)}`] : [];
  return saturated
    ? [`answers at most ${requestsPerSecond.toFixed(1)} requests a second, which leaves no room at ${props.requestsPerSecond}`]
    : [
        ...above('TTFT', timeToFirstTokenSeconds.median, goals.timeToFirstTokenSeconds),
        ...above('ITL', interTokenLatencySeconds.median, goals.interTokenLatencySeconds),
      ];
}

function byWorth(a: Candidate, b: Candidate): number {
  const missed = Math.sign(a.misses.length) - Math.sign(b.misses.length);
  const price = ({ price }: Candidate) => price?.atLoad.total ?? Number.MAX_VALUE;
  return missed || price(a) - price(b) || b.throughput.outputTokensPerSecond - a.throughput.outputTokensPerSecond;
}

/** A time as a table has room for it, with a digit behind the point below so many: `8.3ms`, `120ms`, `1.2s`, `45s`. */
export function duration(seconds: number, below = 9.95): string {
  const [value, unit] = seconds < 0.9995 ? [1000 * seconds, 'ms'] : [seconds, 's'];
  return value >= 10_000 ? '>9999s' : `${value < below ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0)}${unit}`;
}
