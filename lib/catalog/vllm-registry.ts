import release0_22 from '../../imports/vllm/0.22.0.json';
import release0_28 from '../../imports/vllm/0.28.0.json';
import release0_32 from '../../imports/vllm/0.32.0.json';

/** What the value of a flag has to look like. */
export type VllmValueType =
  'boolean' | 'integer' | 'number' | 'humanInteger' | 'humanIntegerOrAuto' | 'json' | 'jsonOrString' | 'string';

/** A flag of `vllm serve`. What is absent is false or not restricted. */
export interface VllmFlag {
  /** What its value has to look like. */
  readonly type: VllmValueType;
  /** Value that vLLM takes without the flag; absent when there is none, or when it depends on the machine. */
  readonly default?: unknown;
  /** Short forms of the flag. */
  readonly aliases?: readonly string[];
  /** Spelling that turns a boolean off. */
  readonly negated?: string;
  /** Whether the flag takes one or more values. */
  readonly list?: boolean;
  /** Whether the flag may stand without a value although it is no boolean. */
  readonly optionalValue?: boolean;
  /** Values that vLLM's parser accepts. */
  readonly choices?: readonly (string | number)[];
  /** Values that vLLM knows, but looks up only after parsing. */
  readonly values?: readonly string[];
  /** Least number that is allowed. */
  readonly minimum?: number;
  /** Number that the value has to exceed. */
  readonly above?: number;
  /** Largest number that is allowed. */
  readonly maximum?: number;
  /** Number that the value has to stay below. */
  readonly below?: number;
  /** Whether vLLM announces that the flag goes away. */
  readonly deprecated?: boolean;
  /** Whether vLLM leaves the flag out of its help. */
  readonly hidden?: boolean;
}

/** An environment variable that vLLM reads. */
export interface VllmEnvironmentVariable {
  /** Value that vLLM takes without the variable; absent when there is none, or when it depends on the machine. */
  readonly default?: unknown;
  /** Values that vLLM accepts. */
  readonly choices?: readonly string[];
  /** Advice of vLLM on what to use instead. */
  readonly deprecated?: string;
}

/** A metric that a release of vLLM exports. */
export interface VllmExportedMetric {
  /** Kind of the metric, as Prometheus calls it. */
  readonly type: 'gauge' | 'counter' | 'histogram' | 'summary';
  /** Names of its labels; absent when only the running server knows them. */
  readonly labels?: readonly string[];
  /** Module that exports it on a condition; absent on what every server exports from its start. */
  readonly when?: string;
}

/** Everything that a release of vLLM knows by name: what `scripts/vllm-registry/dump_registry.py` prints in its environment. */
export interface VllmRegistry {
  /** Version of the release, for example `0.32.0`. */
  readonly release: string;
  /** Module of vLLM that makes the parser of `vllm serve`. */
  readonly commandLineModule: string;
  /** Flags by their name in full, for example `--max-model-len`. */
  readonly flags: { readonly [name: string]: VllmFlag };
  /** Environment variables by name. */
  readonly environment: { readonly [name: string]: VllmEnvironmentVariable };
  /** Metrics by their name in `/metrics`; a histogram without `_bucket`, `_sum` or `_count`. */
  readonly metrics: { readonly [name: string]: VllmExportedMetric };
}

/** The committed registries, oldest first. The compiler sees the text of `type` as any string, hence the conversion. */
export const VLLM_REGISTRIES = [release0_22, release0_28, release0_32] as unknown as VllmRegistry[];
