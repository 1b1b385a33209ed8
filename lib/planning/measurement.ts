import { requireProps } from '../common/props';
import { Refusal } from '../common/refusal';
import { wholeNumber } from '../common/whole-number';
import { readMeasuredFile } from './measured-file';
import { MeasurementFileProps, MeasurementProps, PlannedLoad } from './measurement-props';

/** Lengths that differ by less are the same load: a chat's frame is a dozen tokens, and drawn lengths have not quite the mean asked for. */
const LENGTH_TOLERANCE = 0.1;
const LENGTH_TOLERANCE_TOKENS = 16;
/** Rates that differ by less are the same load. */
const RATE_TOLERANCE = 0.05;
/** A server that answers a smaller share of what comes falls behind, and its latencies are those of a test's length. */
const KEEPS_UP_FROM = 0.9;

/** How fast a server answered a load, and whose figures they are. A `ThroughputPlan` of the same server and load takes them for its own. */
export class Measurement {
  /**
   * Figures from anywhere, such as a public page.
   *
   * @throws on a load that is none, and on figures that no server has
   */
  static of(props: MeasurementProps): Measurement {
    requireProps('MeasurementProps', props, 'Measurement');
    return new Measurement(props);
  }

  /**
   * Figures of a file: `summary.json` of a `LocustLoadTest`, the last line of its log, or what `vllm bench serve --save-result` wrote.
   *
   * @param text - what the file holds
   * @throws on a file that is none of these, on a test that failed or was too short, and on one of another model
   * @see https://docs.vllm.ai/en/latest/benchmarking/cli/
   */
  static fromJson(text: string, props: MeasurementFileProps): Measurement {
    requireProps('MeasurementFileProps', props, 'Measurement');
    const { servedModelName = props.memory.model.id, ...server } = props;
    const { servedModelName: measured, ...figures } = readMeasuredFile(text, props.source);
    if (measured !== servedModelName) {
      throw new Refusal(`${props.source}: measured a model served as '${measured}', not '${servedModelName}'; plan that model, or say so with`
        + ' servedModelName if it is the same under another name');
    }
    return new Measurement({ ...server, ...figures });
  }

  /** What was measured, and on what. */
  readonly props: MeasurementProps;

  private constructor(props: MeasurementProps) {
    checkMeasurementProps(props);
    this.props = props;
  }

  /** Where the figures come from. */
  get source(): string {
    return this.props.source;
  }

  /** Tokens of prompts and answers in a second. */
  get totalTokensPerSecond(): number {
    const { inputTokens, outputTokens, outputTokensPerSecond } = this.props;
    return outputTokensPerSecond * (inputTokens + outputTokens) / outputTokens;
  }

  /** Requests that were answered in a second. */
  get answersPerSecond(): number {
    return this.props.outputTokensPerSecond / this.props.outputTokens;
  }

  /**
   * In what the server or the load of a plan is another one, each a sentence; empty where the figures are the plan's. Lengths may differ by
   * a tenth or 16 tokens, rates by a twentieth, clients not at all; arguments of the server count as far as they change its speed.
   */
  differencesTo(plan: PlannedLoad): string[] {
    return [...this.serverDifferences(plan), ...this.loadDifferences(plan)];
  }

  private serverDifferences({ memory: planned, apiServerCount = 1 }: PlannedLoad): string[] {
    const { memory: measured } = this.props;
    const settings = (memory: PlannedLoad['memory'], count: number): [string, unknown][] => [
      ['model', memory.model.id],
      ['vLLM', memory.release.version],
      ['accelerator', memory.accelerator.id],
      ['tensorParallelSize', memory.tensorParallelSize],
      ['pipelineParallelSize', memory.pipelineParallelSize],
      ['maxNumSeqs', memory.maxNumSeqs],
      ['maxNumBatchedTokens', memory.maxNumBatchedTokens],
      ['quantization', memory.props.quantization ?? memory.model.quantization ?? 'none'],
      ['dtype', [undefined, 'auto'].includes(memory.props.dtype) ? memory.model.dtype : memory.props.dtype],
      ['kvCacheDtype', memory.props.kvCacheDtype ?? 'auto'],
      ['modelRunner', memory.props.modelRunner ?? 'the release\'s'],
      ['enforceEager', memory.props.enforceEager ?? false],
      ['lora', memory.props.lora ? 'some' : 'none'],
      ['speculative', memory.props.speculative ? `${memory.props.speculative.method} of ${memory.props.speculative.numTokens}` : 'none'],
      ['apiServerCount', count],
    ];
    const wanted = settings(planned, apiServerCount);
    return settings(measured, this.props.apiServerCount ?? 1).flatMap(([name, value], index) =>
      value === wanted[index][1] ? [] : [`${name} ${value} was measured, not ${wanted[index][1]}`]);
  }

  private loadDifferences(plan: PlannedLoad): string[] {
    const { props } = this;
    const near = (name: 'inputTokens' | 'outputTokens') =>
      Math.abs(props[name] - plan[name]) <= Math.max(LENGTH_TOLERANCE_TOKENS, LENGTH_TOLERANCE * plan[name])
        ? []
        : [`${name} ${Math.round(props[name])} was measured, not ${plan[name]}`];
    return [
      ...near('inputTokens'),
      ...near('outputTokens'),
      ...sameArrivals(props, plan) ? [] : [`${arrivals(props)} was measured, not ${arrivals(plan)}`],
      ...(props.stream ?? true) === (plan.stream ?? true) ? [] : [`stream ${props.stream ?? true} was measured, not ${plan.stream ?? true}`],
      ...this.fellBehind(),
    ];
  }

  private fellBehind(): string[] {
    const { requestsPerSecond } = this.props;
    return requestsPerSecond !== undefined && this.answersPerSecond < KEEPS_UP_FROM * requestsPerSecond
      ? [`the server fell behind: ${this.answersPerSecond.toFixed(2)} of ${requestsPerSecond} requests a second were answered`]
      : [];
  }
}

type Arrivals = Pick<PlannedLoad, 'clients' | 'requestsPerSecond'>;

function sameArrivals(one: Arrivals, other: Arrivals): boolean {
  return one.requestsPerSecond === undefined || other.requestsPerSecond === undefined
    ? one.requestsPerSecond === other.requestsPerSecond && one.clients === other.clients
    : Math.abs(one.requestsPerSecond - other.requestsPerSecond) <= RATE_TOLERANCE * other.requestsPerSecond;
}

function arrivals({ clients, requestsPerSecond }: Arrivals): string {
  return clients === undefined ? `requestsPerSecond ${requestsPerSecond}` : `clients ${clients}`;
}

function checkMeasurementProps(props: MeasurementProps): void {
  const { clients, requestsPerSecond, apiServerCount, timeToFirstTokenSeconds, interTokenLatencySeconds } = props;
  const positive = (name: string, value: number | undefined, least = Number.MIN_VALUE) => {
    if (value !== undefined && !(value >= least && Number.isFinite(value))) {
      throw new Refusal(`Measurement: '${name}' (${value}) must be a number ${least === Number.MIN_VALUE ? 'above 0' : `of at least ${least}`}`);
    }
  };
  if (props.source.trim() === '') {
    throw new Refusal('Measurement: \'source\' is empty; say where the figures come from, such as the address of the page');
  }
  positive('inputTokens', props.inputTokens, 1);
  positive('outputTokens', props.outputTokens, 1);
  positive('outputTokensPerSecond', props.outputTokensPerSecond);
  positive('requestsPerSecond', requestsPerSecond);
  if (clients !== undefined) {
    wholeNumber('clients', clients, 1, undefined, 'Measurement: ');
  }
  if (apiServerCount !== undefined) {
    wholeNumber('apiServerCount', apiServerCount, 1, undefined, 'Measurement: ');
  }
  if ((clients === undefined) === (requestsPerSecond === undefined)) {
    throw new Refusal(`Measurement: needs either 'clients' (${clients}) or 'requestsPerSecond' (${requestsPerSecond}); give one of them`);
  }
  for (const [name, latency] of Object.entries({ timeToFirstTokenSeconds, interTokenLatencySeconds })) {
    positive(`${name}.median`, latency?.median, 0);
    positive(`${name}.p99`, latency?.p99, latency?.median ?? 0);
  }
}
