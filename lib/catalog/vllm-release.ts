import {
  readRegistry, registryCommand, registryOf, VllmEnvironmentVariable, VllmExportedMetric, VllmFlag, VllmModelClass,
  VllmQuantizationMethod, VllmRegistry,
} from './vllm-registry';
import { checkVllmArguments, VllmSetting, vllmSettings } from './vllm-arguments';
import { IMAGE_CUDA_13, VllmImageFacts } from './vllm-image-facts';
import { environmentOf, flagOf, metricOf, modelOf, quantizationOf } from './vllm-names';
import { Refusal } from '../common/refusal';
import { compareVersions } from './vllm-version';
import { BatchDefaults, FACTS_0_22, FACTS_0_28, FACTS_0_32, FACTS_0_33, VllmMemoryFacts, VllmModelRunner, VllmRunnerSubject } from './vllm-memory-facts';

const REPOSITORY = 'docker.io/vllm/vllm-openai';

/** Below this an API key can be bypassed through the Host header. https://nvd.nist.gov/vuln/detail/CVE-2026-48746 */
const OLDEST_SAFE_RELEASE = '0.22.0';

/**
 * A release of vLLM: its image, what its command line, environment and metrics know, and how it budgets GPU memory.
 *
 * Everything that it knows by name is generated from the real package, see `imports/README.md`.
 */
export class VllmRelease {
  /** vLLM 0.22.0. */
  static readonly V0_22 = new VllmRelease(registryOf('0.22.0'), FACTS_0_22);
  /** vLLM 0.28.0. */
  static readonly V0_28 = new VllmRelease(registryOf('0.28.0'), FACTS_0_28);
  /** vLLM 0.32.0. */
  static readonly V0_32 = new VllmRelease(registryOf('0.32.0'), FACTS_0_32);
  /**
   * vLLM 0.33.0, whose memory is planned from its source and the measurements of 0.32.0: its profile run also samples with every feature
   * on, which leaves less for the KV cache. `vllm/v1/worker/gpu/model_runner.py`, `profile_run`.
   */
  static readonly V0_33 = new VllmRelease(registryOf('0.33.0'), FACTS_0_33);
  /** The release that a server runs unless it is told otherwise: the newest one. */
  static readonly DEFAULT = VllmRelease.V0_33;

  /** Every release of the catalogue, the oldest first. */
  static all(): VllmRelease[] {
    return [VllmRelease.V0_22, VllmRelease.V0_28, VllmRelease.V0_32, VllmRelease.V0_33];
  }

  /**
   * The release with that version.
   *
   * @param version - `0.32.0` or `v0.32.0`, with the digest of its image behind `@` if that is to be pinned: `0.32.0@sha256:…`
   * @param registry - what is known of one that the catalogue lacks; its memory facts are those of the nearest older release of the
   *   catalogue
   * @throws on what is no version, on one with a known critical hole, and on one that is neither in the catalogue nor handed over
   */
  static of(version: string, registry?: VllmRegistry): VllmRelease {
    const [name, digest] = version.split('@', 2);
    const release = VllmRelease.ofVersion(name, registry);
    return digest === undefined ? release : release.withDigest(digest);
  }

  private static ofVersion(version: string, registry?: VllmRegistry): VllmRelease {
    const plain = version.replace(/^v/, '');
    if (!/^\d+\.\d+\.\d+$/.test(plain)) {
      throw new Refusal(`VllmRelease: '${version}' is no version of vLLM; write it as ${VllmRelease.DEFAULT.version}`);
    }
    if (compareVersions(plain, OLDEST_SAFE_RELEASE) < 0) {
      throw new Refusal(`VllmRelease: vLLM ${plain} has a critical hole, CVE-2026-48746: an API key is bypassed through the Host header.`
        + ` It is closed in ${OLDEST_SAFE_RELEASE}; the default is ${VllmRelease.DEFAULT.version}`);
    }
    const older = VllmRelease.all().filter(release => compareVersions(release.version, plain) <= 0).at(-1)!;
    if (older.version === plain) {
      return older;
    }
    if (!registry) {
      throw new Refusal(`VllmRelease: the flags and metrics of vLLM ${plain} are not known; known are`
        + ` ${VllmRelease.all().map(release => release.version).join(', ')}. Take one of these, or make its registry,`
        + ` ${registryCommand(plain)}, and take VllmRelease.fromRegistry('vllm-${plain}.json')`);
    }
    if (registry.release !== plain) {
      throw new Refusal(`VllmRelease: the registry handed over for vLLM ${plain} is that of ${registry.release}`);
    }
    return new VllmRelease(registry, older.facts);
  }

  /**
   * The release of a registry of your own, for one that the catalogue lacks; its memory facts are those of the nearest older release of the
   * catalogue.
   *
   * @param file - what `scripts/vllm-registry/dump_registry.py` of this package prints where that release is installed
   * @throws when there is no such file, when it is no registry, and on a release with a known critical hole
   */
  static fromRegistry(file: string): VllmRelease {
    const registry = readRegistry(file);
    return VllmRelease.of(registry.release, registry);
  }

  /** Version without a `v`, for example `0.32.0`. */
  readonly version: string;
  /** Image of the server, by its tag and, as far as one is given, by its digest. */
  readonly image: string;
  /** Digest that the image is pinned to, `sha256:` and 64 hexadecimal digits; undefined when it is known by its tag only. */
  readonly digest?: string;

  /** What the image asks of the machine. */
  readonly imageFacts: VllmImageFacts = IMAGE_CUDA_13;
  /** @internal Everything that it knows by name. */
  readonly names: VllmRegistry;
  /** @internal What it does with memory. */
  readonly facts: VllmMemoryFacts;

  private constructor(names: VllmRegistry, facts: VllmMemoryFacts, digest?: string) {
    this.names = names;
    this.facts = facts;
    this.version = names.release;
    this.digest = digest;
    this.image = `${REPOSITORY}:v${this.version}${digest ? `@${digest}` : ''}`;
  }

  /**
   * The same release with its image pinned to a digest as well.
   *
   * @param digest - `sha256:` and 64 hexadecimal digits
   * @throws on what is no digest
   */
  withDigest(digest: string): VllmRelease {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
      throw new Refusal(`VllmRelease ${this.version}: '${digest}' is no image digest; it is 'sha256:' and 64 hexadecimal digits`);
    }
    return new VllmRelease(this.names, this.facts, digest);
  }

  /** Whether this is the given version, for example `0.28.0`, or a newer one. */
  supports(version: string): boolean {
    return compareVersions(this.version, version) >= 0;
  }

  /** Names of all flags of `vllm serve`, spelled in full. */
  get flagNames(): string[] {
    return Object.keys(this.names.flags);
  }

  /**
   * What is known of a flag, spelled in full; the negated spelling of a boolean finds it as well.
   *
   * @throws on a flag that the release does not know, with its successor if there is one, on a short form and on a cut-off name
   */
  flag(name: string): VllmFlag {
    return flagOf(this.names, name);
  }

  /**
   * Refuses an argument list of `vllm serve` that this release would refuse or misread, before or after parsing.
   *
   * @throws on the first argument that is wrong
   */
  checkArgs(args: readonly string[]): void {
    checkVllmArguments(this, args);
  }

  /**
   * What an argument list sets in vLLM's configuration.
   *
   * @throws on an argument that the release does not know
   * @internal
   */
  settings(args: readonly string[]): VllmSetting[] {
    return vllmSettings(this, args);
  }

  /**
   * Fields of a class of vLLM's configuration that the JSON value of a flag makes; none of another class.
   *
   * @internal
   */
  configFields(config: string): readonly string[] {
    return this.names.configs[config] ?? [];
  }

  /**
   * What is known of an environment variable.
   *
   * @throws on a variable that the release does not know, with its successor if there is one
   */
  environment(name: string): VllmEnvironmentVariable {
    return environmentOf(this.names, name);
  }

  /**
   * What is known of a metric by its name in `/metrics`; a histogram is also found by its `_bucket`, `_sum` and `_count`.
   *
   * @throws on a metric that the release does not export, with its successor if there is one
   */
  metric(name: string): VllmExportedMetric {
    return metricOf(this.names, name);
  }

  /** Architectures that the release serves, as in the `architectures` of `config.json`. */
  get modelNames(): string[] {
    return Object.keys(this.names.models);
  }

  /**
   * The class that serves an architecture.
   *
   * @throws on an architecture that the release does not serve, with the release or the plugin that does
   */
  model(architecture: string): VllmModelClass {
    return modelOf(this.names, architecture);
  }

  /**
   * What is known of a quantization.
   *
   * @throws on a quantization that the release does not know, with what became of it
   */
  quantization(name: string): VllmQuantizationMethod {
    return quantizationOf(this.names, name);
  }

  /** Share of the GPU's total memory that vLLM uses unless it is told otherwise, above 0 and at most 1. */
  get defaultGpuMemoryUtilization(): number {
    return this.names.flags['--gpu-memory-utilization'].default as number;
  }

  /**
   * Tokens of one batch that the API server takes by default on a GPU with that much memory in all.
   *
   * @internal
   */
  defaultMaxNumBatchedTokens(totalBytes: number, isA100: boolean): number {
    return this.batchDefaults(totalBytes, isA100).maxNumBatchedTokens;
  }

  /**
   * Sequences that the API server runs at once by default on a GPU with that much memory in all; vLLM lowers it to the batched tokens.
   *
   * @internal
   */
  defaultMaxNumSeqs(totalBytes: number, isA100: boolean): number {
    return this.batchDefaults(totalBytes, isA100).maxNumSeqs;
  }

  /**
   * The model runner of a text generating server without speculation, unless `VLLM_USE_V2_MODEL_RUNNER` says otherwise.
   *
   * @internal
   */
  modelRunner(subject: VllmRunnerSubject): VllmModelRunner {
    return this.facts.runsOnV2(subject) ? 'V2' : 'V1';
  }

  /**
   * Whether the memory of CUDA graphs is estimated and taken from the KV cache; otherwise it comes on top of the budget.
   *
   * @internal
   */
  estimatesCudaGraphs(runner: VllmModelRunner): boolean {
    return runner === 'V1' || this.facts.v2EstimatesCudaGraphs;
  }

  /**
   * Whether everything that the runner keeps on the GPU is taken from the KV cache; otherwise only torch's peak above the weights is.
   *
   * @internal
   */
  countsKeptMemory(runner: VllmModelRunner): boolean {
    return runner === 'V2' && this.facts.v2CountsKeptMemory;
  }

  /**
   * Whether the profile run samples with every feature on, so that the sampler's memory is taken from the KV cache.
   *
   * @internal
   */
  profilesSampling(runner: VllmModelRunner): boolean {
    return runner === 'V1' || this.facts.v2ProfilesSampling;
  }

  /**
   * Batches of `max-num-batched-tokens` that one request's sliding window has to hold. Async scheduling is on by default.
   *
   * @internal
   */
  slidingWindowBatches(runner: VllmModelRunner, pipelineParallelSize: number): number {
    if (!this.facts.windowCountsBatchesInFlight) {
      return 1;
    }
    return runner === 'V2' ? pipelineParallelSize + 1 : Math.max(2, pipelineParallelSize);
  }

  /**
   * The most tokens a captured CUDA graph is made for, before it is cut to twice the sequences and to the batched tokens.
   *
   * @internal
   */
  largestCudaGraph(computeCapability: number): number {
    return Math.floor(computeCapability) === 10 ? this.facts.largestGraphOnBlackwell : 512;
  }

  private batchDefaults(totalBytes: number, isA100: boolean): BatchDefaults {
    return this.facts.batchDefaults.find(row => totalBytes >= row.fromBytes && (row.a100Too || !isA100))!;
  }
}
