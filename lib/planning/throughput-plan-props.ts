import { Measurement } from './measurement';
import { MemoryPlan } from './memory-plan';

/** Props of `ThroughputPlan.of`. */
export interface ThroughputPlanProps {
  /** The server: model, accelerator and arguments. It has to fit. */
  readonly memory: MemoryPlan;
  /** Number of tokens of a prompt, 1 or more; prompts share no prefix. */
  readonly inputTokens: number;
  /** Number of tokens of an answer, 1 or more; with the prompt at most `maxModelLen`. */
  readonly outputTokens: number;
  /**
   * Number of clients, from 1 to 100,000, who each ask again as soon as they have their answer.
   * @default - requests come at `requestsPerSecond`
   */
  readonly clients?: number;
  /**
   * Number of requests that come in a second, above 0, whether or not earlier ones are done.
   * @default - as many as `clients` send
   */
  readonly requestsPerSecond?: number;
  /**
   * Number of API server processes, from 1 to 64: `--api-server-count`.
   * @default 1
   */
  readonly apiServerCount?: number;
  /**
   * Whether clients get each token as soon as it is there.
   * @default true
   */
  readonly stream?: boolean;
  /**
   * What was measured, of this load and others. The last one of the same server and load takes precedence over what is predicted; others
   * change nothing.
   * @default - none
   */
  readonly measurements?: readonly Measurement[];
}

/** A duration over many requests. */
export interface Latency {
  /** Seconds that half of them take at most. */
  readonly median: number;
  /** Seconds that 99 of 100 of them take at most. */
  readonly p99: number;
}

/**
 * What a load waits for: the memory's bandwidth, the tensor cores, what each layer costs beside them, the engine's process, the API server,
 * room in the KV cache, or the number of sequences.
 */
export type ThroughputBound = 'bandwidth' | 'compute' | 'overhead' | 'engine' | 'api-server' | 'kv-cache' | 'max-num-seqs';

/**
 * `measured`: of the same server and load. `fitted`: within what the coefficients were measured on. `estimate`: outside of it; `notes` has
 * the reasons.
 */
export type ThroughputBasis = 'measured' | 'fitted' | 'estimate';

/** How fast a server answers a load. */
export interface ThroughputFigures {
  /** Tokens of answers in a second, of the whole server. */
  readonly outputTokensPerSecond: number;
  /** Tokens of prompts and answers in a second. */
  readonly totalTokensPerSecond: number;
  /** Requests that are answered in a second. */
  readonly requestsPerSecond: number;
  /** Whether requests come faster than they are answered, so that they wait longer and longer; never with clients. */
  readonly saturated: boolean;
  /** Seconds from a request to its first token; infinite when saturated. */
  readonly timeToFirstTokenSeconds: Latency;
  /** Seconds between two tokens of a stream. */
  readonly interTokenLatencySeconds: Latency;
  /** Whether these figures were measured, or else lie within what the coefficients were measured on. */
  readonly basis: ThroughputBasis;
  /** Why the figures are an estimate; empty when they are measured or fitted. */
  readonly notes: readonly string[];
}
