import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../common/refusal';

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
  /** Spellings that turn a boolean off, the one that vLLM shows first. */
  readonly negated?: readonly string[];
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
  /** Field of vLLM's configuration that the flag sets, for example `CacheConfig.block_size`. */
  readonly sets: string;
  /** Class of vLLM's configuration that a JSON value of the flag makes; the keys of the value are its fields. */
  readonly config?: string;
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

/** The class of vLLM that serves an architecture. */
export interface VllmModelClass {
  /** Module of the class, without `vllm.model_executor.models.` before it. */
  readonly module: string;
  /** Name of the class. */
  readonly class: string;
  /**
   * Functions of `vllm/model_executor/models/interfaces.py` that the class answers with yes, for example `supports_lora`; absent when
   * it needs a package or a GPU to be asked.
   */
  readonly capabilities?: readonly string[];
  /** Kind of its attention; absent on a decoder. */
  readonly attentionType?: string;
  /** How it scores two texts; absent on a bi-encoder. */
  readonly scoreType?: string;
}

/** An architecture that vLLM served once. */
export interface VllmFormerModel {
  /** Last release that served it. */
  readonly until?: string;
  /** Where the plugin is that serves it now. */
  readonly plugin?: string;
}

/** A quantization that a release of vLLM knows. */
export interface VllmQuantizationMethod {
  /** Least compute capability of a GPU that takes it, for example 7.5; absent when any does. */
  readonly minimumComputeCapability?: number;
  /** Types of the activations that it takes. */
  readonly dtypes: readonly string[];
  /** Whether vLLM announces that it goes away. */
  readonly deprecated?: boolean;
}

/** Everything that a release of vLLM knows by name: what `scripts/vllm-registry/dump_registry.py` prints in its environment. */
export interface VllmRegistry {
  /** Version of the release, for example `0.32.0`. */
  readonly release: string;
  /** Flags by their name in full, for example `--max-model-len`. */
  readonly flags: { readonly [name: string]: VllmFlag };
  /** Fields of the configuration classes that a JSON value of a flag makes, by the name of the class. */
  readonly configs: { readonly [name: string]: readonly string[] };
  /** Environment variables by name. */
  readonly environment: { readonly [name: string]: VllmEnvironmentVariable };
  /** Metrics by their name in `/metrics`; a histogram without `_bucket`, `_sum` or `_count`. */
  readonly metrics: { readonly [name: string]: VllmExportedMetric };
  /** Architectures, as in the `architectures` of `config.json`. */
  readonly models: { readonly [architecture: string]: VllmModelClass };
  /** Architectures that earlier releases served. */
  readonly formerModels: { readonly [architecture: string]: VllmFormerModel };
  /** Quantizations, as `--quantization` takes them. */
  readonly quantizations: { readonly [name: string]: VllmQuantizationMethod };
}

/** The parts of a registry, which is a file each. */
export const VLLM_REGISTRY_SECTIONS = [
  'configs', 'environment', 'flags', 'formerModels', 'metrics', 'models', 'quantizations',
] as const;

/** The committed registries, the oldest first. */
export const VLLM_REGISTRIES = ['0.22.0', '0.28.0', '0.32.0', '0.33.0'].map(committedRegistry);

/** Reads each section when it is first asked for: most programs ask for the flags of one release, and the models alone are as large. */
function committedRegistry(release: string): VllmRegistry {
  const registry = { release };
  for (const section of VLLM_REGISTRY_SECTIONS) {
    const get = () => {
      const value: unknown = JSON.parse(readFileSync(join(__dirname, '../../imports/vllm', release, `${section}.json`), 'utf8'));
      Object.defineProperty(registry, section, { enumerable: true, value });
      return value;
    };
    Object.defineProperty(registry, section, { enumerable: true, configurable: true, get });
  }
  return registry as VllmRegistry;
}

/** The committed registry of a release. */
export function registryOf(release: string): VllmRegistry {
  return VLLM_REGISTRIES.find(registry => registry.release === release)!;
}

/** How to make the registry of a release that the catalogue lacks. */
export function registryCommand(release: string): string {
  return `where vLLM ${release} is installed: python3 node_modules/cdk8s-vllm/scripts/vllm-registry/dump_registry.py > vllm-${release}.json`;
}

/** @throws when the file is not there, or is not what the command prints */
export function readRegistry(file: string): VllmRegistry {
  if (!existsSync(file)) {
    throw new Refusal(`VllmRelease: there is no registry ${file}. Make it ${registryCommand('X.Y.Z')}`);
  }
  const registry = parsed(readFileSync(file, 'utf8'));
  const missing = ['release', ...VLLM_REGISTRY_SECTIONS].find(part => !Object.hasOwn(registry, part));
  if (missing !== undefined) {
    throw new Refusal(`VllmRelease: ${file} is no registry of vLLM, it has no '${missing}'. Make it again ${registryCommand('X.Y.Z')}`);
  }
  return registry as VllmRegistry;
}

function parsed(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}
