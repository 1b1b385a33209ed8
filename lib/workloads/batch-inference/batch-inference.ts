import { Construct } from 'constructs';
import { VllmRelease } from '../../catalog';
import { ServiceIdentity } from '../../common/identity';
import { named, Refusal } from '../../common/refusal';
import { wholeNumber } from '../../common/whole-number';
import { bucketFile, BucketMount, Contract, PodMount, podPrograms, PodProps, ProgramImage, ProgramJob, requireBucketPath, toGoogle } from '../../pods';
import { IVllmServer } from '../../serving';
import { defaultName, ServerClient, serverKey } from '../server-client';
import contract from './contract.json';
import { requirePropsOf } from '../../common/props';

const CONTRACT = new Contract(contract);

const INPUT = { volume: 'input', mountPath: '/input' };
const OUTPUT = { volume: 'output', mountPath: '/output' };
const HOUR = 3600;
/** As long as OpenAI gives a batch. */
const DEFAULT_DEADLINE_SECONDS = 24 * HOUR;
const LONGEST_DEADLINE_SECONDS = 30 * 24 * HOUR;
const KEPT_SECONDS = 7 * 24 * HOUR;
/** Each try goes on where the last one stopped, so one that fails costs little. */
const TRIES = 10;
/** Requests in flight of all pods of a batch together, unless more are asked for. */
const DEFAULT_MOST_IN_FLIGHT = 256;
/** The first node of a pool, the image, and the start itself take a while. */
const LEAST_READY_SECONDS = 1800;
const STOP_SECONDS = 30;
const GRACE_SECONDS = 60;
/** Fields that each line says itself, and those that the records are not made for. */
const NO_PARAMETERS = ['model', 'messages', 'prompt', 'input', 'stream', 'stream_options'];

/** Props of `BatchInference`. */
export interface BatchInferenceProps extends PodProps {
  /** Server that is asked. */
  readonly server: IVllmServer;
  /** Name of the bucket of input and output. */
  readonly bucket: string;
  /**
   * File of the bucket in the OpenAI batch format, for example `batch/input.jsonl`.
   *
   * @see https://platform.openai.com/docs/guides/batch
   */
  readonly input: string;
  /** Folder of the bucket that gets the records, for example `batch/output`. */
  readonly output: string;
  /**
   * Pods that share the lines among them, 1 to 1,000.
   * @default 1
   */
  readonly completions?: number;
  /**
   * Pods at the same time, 1 to `completions`.
   * @default - all
   */
  readonly parallelism?: number;
  /**
   * Fields for requests that do not say otherwise, for example `temperature: 0, max_tokens: 64`.
   * @default - none
   */
  readonly parameters?: { readonly [name: string]: unknown };
  /**
   * Requests of a pod whose answer is not written yet, 1 to 1,024.
   * @default - what the servers run at once, shared by the pods, 256 at most
   */
  readonly maxInFlight?: number;
  /**
   * Seconds of the longest wait for one answer, 1 to 86,400.
   * @default 600
   */
  readonly requestTimeoutSeconds?: number;
  /**
   * Further tries, 0 to 100, of a request that times out, is cut off or is answered by 429 or 5xx.
   * @default 8
   */
  readonly maxRetries?: number;
  /**
   * Share of all lines, 0 to 1, that may be errors before the Job fails, with every record written; 1 only reports them.
   * @default 0.1
   */
  readonly maxErrorShare?: number;
  /**
   * Seconds that the whole Job may take, 60 to 2,592,000.
   * @default 86400
   */
  readonly deadlineSeconds?: number;
  /**
   * Name of a Secret with the server's key under `api-key`.
   * @default - the server's own
   */
  readonly apiKeySecretName?: string;
  /**
   * Name of every object, a DNS label of 1 to 52 characters.
   * @default - SERVER-batch, shortened where it has to be
   */
  readonly name?: string;
  /**
   * Image that has the programs, built from `dist/kustomize/programs/batch-inference`.
   * @default - the server's, with the programs mounted
   */
  readonly image?: string;
}

/**
 * A Job that asks a server every question of a file and writes the answers beside it. Killed at any moment it goes on with what has no
 * answer: none is lost, none is there twice. The input stands in `dist` by its name only; another input needs another output folder.
 *
 * @throws on an input inside of the output folder, on parameters that each line says itself, and on values out of their range
 * @see program/main.py for files and records
 */
export class BatchInference extends Construct {
  /** The programs, and what builds an image that has them. */
  static programImage(release = VllmRelease.DEFAULT): ProgramImage {
    return new ProgramImage({ contract: CONTRACT, base: release.image, directory: __dirname });
  }

  /** Name of every object. */
  readonly name: string;
  /** Identity of the pods, which the cloud layer has to grant its roles. */
  readonly identity: ServiceIdentity;
  /** Labels of every object. */
  readonly labels: { readonly [label: string]: string };
  /** Server that is asked. */
  readonly server: IVllmServer;
  /** Name of the bucket of input and output. */
  readonly bucket: string;
  /** Folder of the records in the bucket. */
  readonly output: string;
  /** Seconds that the whole Job may take. */
  readonly deadlineSeconds: number;
  /** Arguments of the program. */
  readonly args: readonly string[];
  private readonly completions: number;
  private readonly parallelism: number;

  constructor(scope: Construct, id: string, props: BatchInferenceProps) {
    super(scope, id);
    requirePropsOf(this, 'BatchInferenceProps', props);
    try {
      const input = bucketFile('input', props.input);
      const from = BucketMount.readable(props.bucket, input.folder, INPUT);
      this.server = props.server;
      this.bucket = props.bucket;
      this.output = requireBucketPath('output', props.output);
      const to = BucketMount.writable(props.bucket, { what: '\'output\'', path: this.output }, OUTPUT);
      this.deadlineSeconds = wholeNumber('deadlineSeconds', props.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS, 60, LONGEST_DEADLINE_SECONDS);
      this.completions = CONTRACT.number('shards', 'completions', props.completions);
      this.parallelism = wholeNumber('parallelism', props.parallelism ?? this.completions, 1, this.completions);
      const key = serverKey(props);
      this.args = [from.path(input.name), OUTPUT.mountPath, ...this.programArguments(props), ...key.args];
      const client = new ServerClient(this, 'Client', {
        server: props.server, app: CONTRACT.name, name: props.name ?? defaultName(props.server, '-batch'), component: 'batch',
        egress: toGoogle(this), grants: [from.grant, to.grant], serviceAccountName: props.serviceAccountName,
      });
      this.name = client.name;
      this.identity = client.identity;
      this.labels = client.labels;
      this.makeJob(props, client, [from, to, ...key.mounts], to.podAnnotations);
    } catch (error) {
      throw named(this, error);
    }
  }

  private programArguments(props: BatchInferenceProps): string[] {
    const { server, input } = props;
    if (`${input}/`.startsWith(`${this.output}/`)) {
      throw new Refusal(`'input' (${input}) is in 'output' (${this.output}), which is for the records alone; use another folder for one of them`);
    }
    const atOnce = Math.floor(server.maxNumSeqs * server.replicas / this.parallelism);
    const maxInFlight = props.maxInFlight ?? Math.max(1, Math.min(atOnce, DEFAULT_MOST_IN_FLIGHT));
    return [
      `--url=${server.url}`, `--model=${server.servedModelName}`,
      ...(server.modelRevision === undefined ? [] : [`--revision=${server.modelRevision}`]),
      `--parameters=${parametersOf(props.parameters ?? {})}`,
      `--shards=${this.completions}`,
      `--max-in-flight=${CONTRACT.number('max-in-flight', 'maxInFlight', maxInFlight)}`,
      `--request-timeout=${CONTRACT.number('request-timeout', 'requestTimeoutSeconds', props.requestTimeoutSeconds)}`,
      `--max-retries=${CONTRACT.number('max-retries', 'maxRetries', props.maxRetries)}`,
      `--ready-timeout=${Math.max(LEAST_READY_SECONDS, server.progressDeadlineSeconds)}`,
      `--stop-timeout=${STOP_SECONDS}`,
      `--max-error-share=${CONTRACT.number('max-error-share', 'maxErrorShare', props.maxErrorShare)}`,
    ];
  }

  private makeJob(
    props: BatchInferenceProps, client: ServerClient, mounts: readonly PodMount[], annotations: { readonly [name: string]: string },
  ): void {
    new ProgramJob(this, 'Resource', {
      name: this.name, labels: this.labels, podLabels: client.podLabels, serviceAccountName: client.identity.serviceAccountName,
      platform: props, contract: CONTRACT, args: this.args, graceSeconds: GRACE_SECONDS, mounts, annotations,
      // The other shards go on when one has too many errors; what is wrong with the input or the model is so for all.
      failIndexOn: ['MISSED'],
      spec: {
        // Each pod finds its number in JOB_COMPLETION_INDEX.
        completionMode: 'Indexed',
        completions: this.completions,
        parallelism: this.parallelism,
        backoffLimitPerIndex: TRIES,
        activeDeadlineSeconds: this.deadlineSeconds,
        ttlSecondsAfterFinished: KEPT_SECONDS,
        // Two pods of one index would write the same files.
        podReplacementPolicy: 'Failed',
      },
      programs: podPrograms(this, {
        name: this.name, labels: this.labels, image: BatchInference.programImage(props.server.release), ownImage: props.image,
      }),
      resources: { cpu: '1', memory: '2Gi', ephemeralStorage: '256Mi' },
    });
  }
}

function parametersOf(parameters: { readonly [name: string]: unknown }): string {
  const wrong = Object.keys(parameters).filter(name => NO_PARAMETERS.includes(name));
  if (wrong.length > 0) {
    throw new Refusal(`'parameters' (${wrong.join(', ')}) must not say what each line says itself; leave out ${NO_PARAMETERS.join(', ')}`);
  }
  return JSON.stringify(parameters, (name, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new Refusal(`'parameters' (${name}: ${value}) must be what JSON can hold; there is no ${value} in it`);
    }
    return value;
  });
}
