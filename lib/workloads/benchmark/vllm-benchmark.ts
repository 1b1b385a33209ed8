import { Construct } from 'constructs';
import { VllmRelease } from '../../catalog';
import { GIB, MIB } from '../../common/bytes';
import { ServiceIdentity } from '../../common/identity';
import { requireWorkloadName } from '../../common/names';
import { requirePropsOf } from '../../common/props';
import { named, Refusal } from '../../common/refusal';
import { wholeNumber } from '../../common/whole-number';
import {
  BucketMount, Contract, podPrograms, PodProps, ProgramImage, ProgramJob, requireBucketPath, requireNamespace, ResourceAmounts,
  toGoogleApis,
  WorkloadAccess,
} from '../../pods';
import { VllmServer } from '../../serving';
import { engineArguments } from '../../serving/engine-arguments';
import { serverNodes, writable } from '../../serving/server-pod';
import { WeightsBinding } from '../../weights';
import { directoryOf } from '../../weights/model-directory';
import { defaultName, LONGEST_NAME } from '../server-client';
import contract from './contract.json';

const CONTRACT = new Contract(contract);
const OUTPUT = { volume: 'results', mountPath: '/results' };
const DEFAULT_DEADLINE_SECONDS = 4 * 3600;
const LONGEST_DEADLINE_SECONDS = 7 * 24 * 3600;
const KEPT_SECONDS = 7 * 24 * 3600;
/** What the driver's sidecar takes that writes the results, where the weights have none: see BucketMount. */
const SIDECAR = { cpuMillis: 250, memoryBytes: 512 * MIB, diskBytes: GIB };

/** Props of `VllmBenchmark`. */
export interface VllmBenchmarkProps extends PodProps {
  /**
   * Server whose model, image, arguments, GPUs and nodes are measured; it is not asked, and need not run. What a platform asks of its pods
   * is asked of these as well, its service account aside.
   */
  readonly server: VllmServer;
  /** Name of the bucket that gets the results. */
  readonly bucket: string;
  /**
   * Folder of the bucket that gets throughput.json, latency.json and benchmark.json.
   * @default - the name of the benchmark
   */
  readonly output?: string;
  /**
   * Tokens of each question, 1 or more; question and answer fit the server's `maxModelLen`.
   * @default - 1024, or half of what the server takes
   */
  readonly inputTokens?: number;
  /**
   * Tokens of each answer, 1 or more.
   * @default - 128, or half of what the server takes
   */
  readonly outputTokens?: number;
  /**
   * Questions of the throughput, asked all at once, 1 to 1,000,000.
   * @default 1000
   */
  readonly prompts?: number;
  /**
   * Questions that are answered together when the latency is measured, 1 to the sequences that the server runs at once.
   * @default 1
   */
  readonly batchSize?: number;
  /**
   * Times that the latency is measured, 1 to 10,000.
   * @default 30
   */
  readonly iterations?: number;
  /**
   * Seconds that the whole Job may take, 600 to 604,800.
   * @default 14400
   */
  readonly deadlineSeconds?: number;
  /**
   * Name of every object but the Job of a disk's claim, a DNS label of 1 to 52 characters.
   * @default - SERVER-benchmark, shortened where it has to be
   */
  readonly name?: string;
}

/**
 * A Job that measures the engine of a server without the server: `vllm bench throughput` and `vllm bench latency` with its model, image and
 * arguments, on GPUs of its own. So it needs a node with as many free GPUs as one server has.
 *
 * @throws on questions and answers longer than the server takes, and on values out of their range
 * @see https://docs.vllm.ai/en/latest/benchmarking/cli/
 */
export class VllmBenchmark extends Construct {
  /** The program, on the image of vLLM. */
  static programImage(release = VllmRelease.DEFAULT): ProgramImage {
    return new ProgramImage({ contract: CONTRACT, base: release.image, directory: __dirname });
  }

  /** Name of every object. */
  readonly name: string;
  /** Identity of the pods, which the cloud layer has to grant its roles. */
  readonly identity: ServiceIdentity;
  /** Folder of the results in the bucket. */
  readonly output: string;
  /** Arguments of the program. */
  readonly args: readonly string[];
  /** Labels of every object. */
  readonly labels: { readonly [label: string]: string };

  constructor(scope: Construct, id: string, private readonly props: VllmBenchmarkProps) {
    super(scope, id);
    requirePropsOf(this, 'VllmBenchmarkProps', props);
    const { server } = props;
    try {
      requireNamespace(this, server.namespace);
      this.name = requireWorkloadName(props.name ?? defaultName(server, '-benchmark'), LONGEST_NAME);
      this.output = requireBucketPath('output', props.output ?? this.name);
      const results = BucketMount.writable(props.bucket, { what: '\'output\'', path: this.output }, OUTPUT);
      this.args = this.programArguments();
      const { model, storage: { bucket } } = server.engine.weights;
      const access = new WorkloadAccess(this, 'Access', {
        name: this.name, app: CONTRACT.name, component: 'benchmark', namespace: server.namespace, egress: toGoogleApis(this),
        grants: [results.grant, ...bucket === undefined ? [] : [{ bucket, folder: directoryOf(model), verb: 'read' as const }]],
        serviceAccountName: props.serviceAccountName,
      });
      this.identity = access.identity;
      this.labels = access.labels;
      this.makeJob(results, this.bindWeights());
    } catch (error) {
      throw named(this, error);
    }
  }

  private bindWeights(): WeightsBinding {
    const { engine: { weights }, plan } = this.props.server;
    return weights.storage.bind(this, { name: this.name, model: weights.model, cacheMedium: plan.placement.cacheMedium,
      labels: this.labels });
  }

  private programArguments(): string[] {
    const { server, prompts, iterations } = this.props;
    const half = Math.floor(server.maxModelLen / 2);
    const outputTokens = CONTRACT.number('output-tokens', 'outputTokens', this.props.outputTokens ?? Math.min(128, half));
    const inputTokens = CONTRACT.number('input-tokens', 'inputTokens', this.props.inputTokens ?? Math.min(1024, half));
    if (inputTokens + outputTokens > server.maxModelLen) {
      throw new Refusal(`'inputTokens' (${inputTokens}) and 'outputTokens' (${outputTokens}) are ${inputTokens + outputTokens} tokens, and the server takes`
        + ` ${server.maxModelLen}; take ${outputTokens < server.maxModelLen
          ? `at most ${server.maxModelLen - outputTokens} of input` : `fewer of output`}`);
    }
    const batchSize = wholeNumber('batchSize', this.props.batchSize ?? 1, 1, Math.min(1024, server.maxNumSeqs));
    const { model, accelerator, tensorParallelSize, release } = server.plan.memory;
    const about = { model: model.id, revision: model.revision, release: release.version, image: server.image,
      accelerator: accelerator.id, tensorParallelSize };
    return [
      server.engine.weights.mountPath, OUTPUT.mountPath, `--engine-arguments=${JSON.stringify(engineArguments(release, server.args))}`,
      `--about=${JSON.stringify(about)}`, `--input-tokens=${inputTokens}`, `--output-tokens=${outputTokens}`,
      `--prompts=${CONTRACT.number('prompts', 'prompts', prompts)}`, `--batch-size=${batchSize}`,
      `--iterations=${CONTRACT.number('iterations', 'iterations', iterations)}`,
    ];
  }

  private makeJob(results: BucketMount, binding: WeightsBinding): void {
    const { props, props: { server } } = this;
    const { weights, environment, platform } = server.engine;
    const programs = podPrograms(this, { name: this.name, labels: this.labels, image: VllmBenchmark.programImage(server.release) });
    new ProgramJob(this, 'Resource', {
      name: this.name, labels: this.labels, serviceAccountName: this.identity.serviceAccountName, platform: { ...platform, ...props },
      contract: CONTRACT, args: this.args, graceSeconds: 60, movable: false,
      mounts: [{ volume: binding.volume, mount: weights.mount }, ...writable(server.plan), results],
      volumes: binding.volumes,
      env: Object.fromEntries(environment.map(({ name, value }) => [name, value!])),
      annotations: { ...results.podAnnotations, ...binding.podAnnotations },
      spec: {
        backoffLimit: 2, ttlSecondsAfterFinished: KEPT_SECONDS,
        activeDeadlineSeconds: wholeNumber('deadlineSeconds', props.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS, 600, LONGEST_DEADLINE_SECONDS),
      },
      programs: { ...programs, image: server.image },
      resources: this.resources(),
      pod: serverNodes(server.plan),
    });
  }

  /** Those of the server, less what the sidecar for the results takes where the server has none. */
  private resources(): ResourceAmounts {
    const { plan: { placement }, engine: { weights } } = this.props.server;
    const less = weights.storage.sidecar === undefined ? SIDECAR : { cpuMillis: 0, memoryBytes: 0, diskBytes: 0 };
    return {
      cpu: `${placement.cpuMillis - less.cpuMillis}m`, memory: `${Math.floor((placement.memoryBytes - less.memoryBytes) / MIB)}Mi`,
      ephemeralStorage: `${Math.floor((placement.ephemeralStorageBytes - less.diskBytes) / MIB)}Mi`, gpus: placement.gpus,
    };
  }
}
