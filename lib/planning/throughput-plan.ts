import { requireProps } from '../common/props';
import { Measurement } from './measurement';
import { MeasuredLatency } from './measurement-props';
import { comparedWithReplicas, ReplicaComparison } from './replica-comparison';
import { SchedulerSimulation, SimulatedLoad, SimulatedServer, TimeShares } from './scheduler-simulation';
import { SPEED_COEFFICIENTS, SpeedCoefficients } from './speed-coefficients';
import { StepTime } from './step-time';
import { checkThroughputPlanProps } from './throughput-checks';
import { Latency, ThroughputBound, ThroughputFigures, ThroughputPlanProps } from './throughput-plan-props';
import { beyondMeasured } from './throughput-range';

/** A rate so close to the most that a server can do makes requests wait longer and longer. */
const SATURATED_FROM = 0.97;
/** A process that is busy for such a share of the time holds up the others. */
const BUSY_FROM = 0.9;

/** The figures of the load: those of `measurement` where there is one, or else those of `predicted`. */
export interface ThroughputPlan extends ThroughputFigures {}

/**
 * How fast a server answers a load, from its memory plan: the time of a step by a roofline with few fitted terms, in a simulation of
 * vLLM's scheduler that runs until it has settled.
 *
 * @see https://docs.vllm.ai/en/latest/configuration/optimization/
 */
export class ThroughputPlan {
  /**
   * The plan for this load.
   *
   * @throws on a load that is none or longer than the server takes, on a server that does not fit, and on a card of unknown speed
   */
  static of(props: ThroughputPlanProps): ThroughputPlan {
    requireProps('ThroughputPlanProps', props, 'ThroughputPlan');
    return new ThroughputPlan(props, SPEED_COEFFICIENTS);
  }

  /**
   * The same with other coefficients than the fitted ones.
   *
   * @internal
   */
  static with(props: ThroughputPlanProps, coefficients: SpeedCoefficients): ThroughputPlan {
    return new ThroughputPlan(props, coefficients);
  }

  /** Requests that the engine runs, on average. */
  readonly requestsRunning: number;
  /** Requests that the engine has and does not run yet, on average; infinite when saturated. Those at the API server are in neither. */
  readonly requestsWaiting: number;
  /** Share of the time, 0 to 1, in which a GPU reads its memory as fast as it can. */
  readonly bandwidthShare: number;
  /** Share of the time, 0 to 1, in which a GPU multiplies as fast as it can. */
  readonly computeShare: number;
  /** What the load waits for. */
  readonly boundBy: ThroughputBound;
  /** What the figures are from when they are measured. Requests running and waiting, shares and the bound are predicted all the same. */
  readonly measurement?: Measurement;
  /** What the plan says by itself; the plan's own figures where nothing was measured. */
  readonly predicted: ThroughputFigures;
  /** The load and its server. */
  readonly props: ThroughputPlanProps;
  private compared?: { readonly replicas?: ReplicaComparison };

  private constructor(props: ThroughputPlanProps, private readonly coefficients: SpeedCoefficients) {
    checkThroughputPlanProps(props);
    this.props = props;
    const { clients, requestsPerSecond } = props;
    const most = this.mostRunning;
    const closed = this.simulate({ clients: Math.min(clients ?? most, most) });
    const saturated = requestsPerSecond !== undefined && requestsPerSecond >= SATURATED_FROM * closed.requestsPerSecond;
    const server = requestsPerSecond === undefined || saturated ? closed : this.simulate({ requestsPerSecond });
    const queued = saturated ? Number.POSITIVE_INFINITY : Math.max(0, (clients ?? 0) - most);

    this.predicted = this.predictionOf(server, queued);
    this.measurement = props.measurements?.filter(one => one.differencesTo(props).length === 0).at(-1);
    Object.assign(this, measuredOr(this.predicted, this.measurement));
    this.requestsRunning = server.running;
    this.requestsWaiting = server.waiting + queued;
    this.bandwidthShare = Math.min(1, server.shares.bandwidth);
    this.computeShare = Math.min(1, server.shares.compute);
    this.boundBy = this.boundOf(server.shares, queued);
  }

  /** Requests of this load that the server can run at once. */
  get mostRunning(): number {
    return Math.min(this.props.memory.maxNumSeqs, this.requestsHeld);
  }

  /** The most that the server answers to any number of clients who ask for the same: what one pays for when it is never idle. */
  get saturation(): ThroughputPlan {
    return new ThroughputPlan({ ...this.props, requestsPerSecond: undefined, clients: this.mostRunning }, this.coefficients);
  }

  /** Smaller servers on the same GPUs beside this one, as predicted; undefined where no smaller one holds the model. */
  get replicas(): ReplicaComparison | undefined {
    this.compared ??= { replicas: comparedWithReplicas(this, props => new ThroughputPlan(props, this.coefficients)) };
    return this.compared.replicas;
  }

  /** A request holds half of its answer on average; those which vLLM preempts and computes again are not counted. */
  private get requestsHeld(): number {
    const { memory, inputTokens, outputTokens } = this.props;
    return Math.max(1, Math.floor(memory.requestsHeld(Math.ceil(inputTokens + outputTokens / 2))));
  }

  private predictionOf({ outputTokensPerSecond, firstToken, interToken }: SimulatedServer, queued: number): ThroughputFigures {
    const { inputTokens, outputTokens } = this.props;
    const notes = beyondMeasured(this.props);
    const queueSeconds = queued === 0 ? 0 : queued * outputTokens / outputTokensPerSecond;
    const latency = (durations: SimulatedServer['firstToken'], wait: number) =>
      ({ median: wait + durations.percentile(0.5), p99: wait + durations.percentile(0.99) });
    return {
      outputTokensPerSecond,
      totalTokensPerSecond: outputTokensPerSecond * (inputTokens + outputTokens) / outputTokens,
      requestsPerSecond: outputTokensPerSecond / outputTokens,
      saturated: queued === Number.POSITIVE_INFINITY,
      timeToFirstTokenSeconds: latency(firstToken, queueSeconds),
      interTokenLatencySeconds: latency(interToken, 0),
      basis: notes.length === 0 ? 'fitted' : 'estimate',
      notes,
    };
  }

  private simulate(arrivals: SimulatedLoad['arrivals']): SimulatedServer {
    const { memory, inputTokens, outputTokens, apiServerCount = 1, stream = true } = this.props;
    return new SchedulerSimulation(new StepTime(memory, this.coefficients), {
      inputTokens, outputTokens, arrivals, apiServerCount, stream, mostRunning: this.mostRunning,
      maxNumBatchedTokens: memory.maxNumBatchedTokens * memory.pipelineParallelSize,
    }, this.coefficients).run();
  }

  private boundOf(shares: TimeShares, queued: number): ThroughputBound {
    if (queued > 0) {
      return this.requestsHeld < this.props.memory.maxNumSeqs ? 'kv-cache' : 'max-num-seqs';
    }
    if (shares.apiServer >= BUSY_FROM) {
      return 'api-server';
    }
    const parts = ['bandwidth', 'compute', 'overhead', 'engine'] as const;
    return parts.reduce((largest, part) => shares[part] > shares[largest] ? part : largest);
  }
}

/** The measured figures, with those predicted that nobody measured. A measurement that is taken kept up with its rate. */
function measuredOr(predicted: ThroughputFigures, measurement: Measurement | undefined): ThroughputFigures {
  if (measurement === undefined) {
    return predicted;
  }
  const { timeToFirstTokenSeconds, interTokenLatencySeconds, outputTokensPerSecond } = measurement.props;
  return {
    outputTokensPerSecond,
    totalTokensPerSecond: measurement.totalTokensPerSecond,
    requestsPerSecond: measurement.answersPerSecond,
    saturated: false,
    timeToFirstTokenSeconds: latencyOr(predicted.timeToFirstTokenSeconds, timeToFirstTokenSeconds),
    interTokenLatencySeconds: latencyOr(predicted.interTokenLatencySeconds, interTokenLatencySeconds),
    basis: 'measured',
    notes: [],
  };
}

function latencyOr(predicted: Latency, measured: MeasuredLatency | undefined): Latency {
  return measured === undefined ? predicted : { median: measured.median, p99: measured.p99 ?? Math.max(measured.median, predicted.p99) };
}
