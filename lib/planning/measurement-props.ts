import { MemoryPlan } from './memory-plan';

/** A duration over many requests, as far as somebody measured it. */
export interface MeasuredLatency {
  /** Seconds that half of them take at most, 0 or more. */
  readonly median: number;
  /**
   * Seconds that 99 of 100 of them take at most, 0 or more.
   * @default - not measured
   */
  readonly p99?: number;
}

/** What was sent and what came back. */
export interface MeasuredFigures {
  /** Mean number of tokens of a prompt, 1 or more; prompts share no prefix. */
  readonly inputTokens: number;
  /** Mean number of tokens of an answer, 1 or more. */
  readonly outputTokens: number;
  /**
   * Number of clients, 1 or more, who each asked again as soon as they had their answer.
   * @default - requests came at `requestsPerSecond`
   */
  readonly clients?: number;
  /**
   * Number of requests that came in a second, above 0, whether or not earlier ones were done.
   * @default - as many as `clients` sent
   */
  readonly requestsPerSecond?: number;
  /**
   * Whether clients got each token as soon as it was there.
   * @default true
   */
  readonly stream?: boolean;
  /** Tokens of answers in a second, above 0, of the whole server. */
  readonly outputTokensPerSecond: number;
  /**
   * Time from a request to its first token.
   * @default - not measured
   */
  readonly timeToFirstTokenSeconds?: MeasuredLatency;
  /**
   * Time between two tokens of a stream.
   * @default - not measured
   */
  readonly interTokenLatencySeconds?: MeasuredLatency;
}

/** The server that was measured. */
export interface MeasuredServerProps {
  /** Its plan: model, release, accelerator and arguments. */
  readonly memory: MemoryPlan;
  /** Where the figures come from: a file's name, or the address of a public page. */
  readonly source: string;
  /**
   * Number of its API server processes, 1 or more: `--api-server-count`.
   * @default 1
   */
  readonly apiServerCount?: number;
}

/** Props of `Measurement.fromJson`. */
export interface MeasurementFileProps extends MeasuredServerProps {
  /**
   * Name under which the server served the model.
   * @default - the model's id
   */
  readonly servedModelName?: string;
}

/** Props of `Measurement.of`. */
export interface MeasurementProps extends MeasuredServerProps, MeasuredFigures {}

/** A load and its server, as a plan has them. */
export type PlannedLoad = Pick<MeasuredServerProps, 'memory' | 'apiServerCount'>
  & Pick<MeasuredFigures, 'inputTokens' | 'outputTokens' | 'clients' | 'requestsPerSecond' | 'stream'>;
