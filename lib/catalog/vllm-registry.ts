import release0_22 from '../../imports/vllm/0.22.0.json';
import release0_28 from '../../imports/vllm/0.28.0.json';
import release0_32 from '../../imports/vllm/0.32.0.json';

export type VllmValueType =
  'boolean' | 'integer' | 'number' | 'humanInteger' | 'humanIntegerOrAuto' | 'json' | 'jsonOrString' | 'string';

/** A flag of `vllm serve`. What is absent is false or not restricted. */
export interface VllmFlag {
  readonly type: VllmValueType;
  readonly default?: unknown;
  readonly aliases?: string[];
  /** The spelling that turns a boolean off. */
  readonly negated?: string;
  /** Takes one or more values. */
  readonly list?: boolean;
  /** May stand without a value although it is no boolean. */
  readonly optionalValue?: boolean;
  /** The values that vLLM's parser accepts. */
  readonly choices?: (string | number)[];
  /** The values that vLLM knows, but looks up only after parsing. */
  readonly values?: string[];
  readonly minimum?: number;
  readonly above?: number;
  readonly maximum?: number;
  readonly below?: number;
  readonly deprecated?: boolean;
  readonly hidden?: boolean;
}

export interface VllmEnvironmentVariable {
  /** Absent when there is none, or when it depends on the machine. */
  readonly default?: unknown;
  readonly choices?: string[];
  /** vLLM's own advice on what to use instead. */
  readonly deprecated?: string;
}

export interface VllmMetric {
  readonly type: 'gauge' | 'counter' | 'histogram' | 'summary';
  /** Absent when only the running server knows them. */
  readonly labels?: string[];
  /** Absent on what every server exposes from its start; otherwise the module that exposes it on a condition. */
  readonly when?: string;
}

/** What `dump_registry.py` prints. */
export interface VllmRegistry {
  readonly release: string;
  /** The module with `make_arg_parser`. */
  readonly commandLineModule: string;
  readonly flags: { readonly [name: string]: VllmFlag };
  readonly environment: { readonly [name: string]: VllmEnvironmentVariable };
  /** By the name in `/metrics`; a histogram without `_bucket`, `_sum` or `_count`. */
  readonly metrics: { readonly [name: string]: VllmMetric };
}

/** The committed registries, oldest first. The compiler sees the text of `type` as any string, hence the conversion. */
export const VLLM_REGISTRIES = [release0_22, release0_28, release0_32] as unknown as VllmRegistry[];
