import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { VllmRelease } from '../catalog';
import { ServiceIdentity } from '../identity';
import { failurePolicy, podPrograms, ProgramImage, toGoogle } from '../pods';
import { VllmServer } from '../serving';
import { wholeNumber } from '../whole-number';
import { bucketPath, bucketPod, BucketVolume } from './bucket-volume';
import { ServerClient } from './server-client';

const APP = 'batch-inference';
const KEY_DIRECTORY = '/var/run/secrets/vllm';
const KEY_FILE = 'api-key';

const HOUR = 3600;
/** As long as OpenAI gives a batch. */
const DEFAULT_DEADLINE_SECONDS = 24 * HOUR;
const LONGEST_DEADLINE_SECONDS = 30 * 24 * HOUR;
const KEPT_SECONDS = 7 * 24 * HOUR;
/** Each try goes on where the last one stopped, so one that fails costs little. */
const TRIES = 10;
const MOST_SHARDS = 1000;
/** Every one is a connection, and asked again after a kill. */
const MOST_IN_FLIGHT = 1024;
const DEFAULT_MOST_IN_FLIGHT = 256;
const DEFAULT_REQUEST_TIMEOUT_SECONDS = 600;
const DEFAULT_MAX_RETRIES = 8;
const DEFAULT_MAX_ERROR_SHARE = 0.1;
/** For the first node of a pool, the image, and the start itself. */
const LEAST_READY_SECONDS = 1800;
const STOP_SECONDS = 30;
const GRACE_SECONDS = 60;
/** What a line says itself, and what the records are not made for. */
const NO_PARAMETERS = ['model', 'messages', 'prompt', 'input', 'stream', 'stream_options'];

export interface BatchInferenceProps {
  readonly server: VllmServer;
  /** Of input and output. */
  readonly bucket: string;
  /** A file of the bucket in the OpenAI batch format, for example `batch/input.jsonl`. https://platform.openai.com/docs/guides/batch */
  readonly input: string;
  /** The folder of the bucket that gets the records, for example `batch/output`. */
  readonly output: string;
  /** Pods that share the lines among them. @default 1 */
  readonly completions?: number;
  /** Pods at the same time. @default - all */
  readonly parallelism?: number;
  /** For requests that do not say otherwise, for example `{ temperature: 0, max_tokens: 64 }`. @default - none */
  readonly parameters?: { readonly [name: string]: unknown };
  /** Requests of a pod whose answer is not written yet. @default - what the servers run at once, shared by the pods, 256 at most */
  readonly maxInFlight?: number;
  /** The longest wait for one answer. @default 600 */
  readonly requestTimeoutSeconds?: number;
  /** Of a request that times out, is cut off or is answered by 429 or 5xx. @default 8 */
  readonly maxRetries?: number;
  /** Errors of all lines above which the Job fails, with every record written; 1 only reports them. @default 0.1 */
  readonly maxErrorShare?: number;
  /** Of the whole Job. @default 86400 */
  readonly deadlineSeconds?: number;
  /** Secret with the server's key under `api-key`. @default - the server asks for none */
  readonly apiKeySecretName?: string;
  /** @default - SERVER-batch */
  readonly name?: string;
  /** An image that has the programs, built from `BatchInference.programImage()`. @default - the server's, with the programs mounted */
  readonly image?: string;
}

/**
 * A Job that asks a server every question of a file and writes the answers beside it. Killed at any moment it goes on with what has no
 * answer: none is lost, none is there twice. The input stands in `dist` by its name only; another input needs another output folder.
 *
 * @see batch_inference.py for files, records and exit codes
 */
export class BatchInference extends Construct {
  /** For an image that has the programs already. */
  static programImage(release = VllmRelease.DEFAULT): ProgramImage {
    return new ProgramImage({
      name: APP, base: release.image, directory: __dirname,
      fileNames: ['batch_inference.py', 'batch_input.py', 'batch_journal.py', 'batch_server.py'],
    });
  }

  readonly name: string;
  readonly identity: ServiceIdentity;
  readonly labels: { readonly [label: string]: string };
  readonly server: VllmServer;
  readonly bucket: string;
  /** Folder of the records in the bucket. */
  readonly output: string;
  readonly deadlineSeconds: number;
  /** The arguments of the program. */
  readonly args: readonly string[];
  private readonly completions: number;
  private readonly parallelism: number;

  constructor(scope: Construct, id: string, props: BatchInferenceProps) {
    super(scope, id);
    try {
      const volume = new BucketVolume(props.bucket);
      this.server = props.server;
      this.bucket = props.bucket;
      this.output = bucketPath('output', props.output);
      this.deadlineSeconds = wholeNumber('deadlineSeconds', props.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS, 60, LONGEST_DEADLINE_SECONDS);
      this.completions = wholeNumber('completions', props.completions ?? 1, 1, MOST_SHARDS);
      this.parallelism = wholeNumber('parallelism', props.parallelism ?? this.completions, 1, this.completions);
      this.args = this.programArguments(props, volume);
      const client = new ServerClient(this, 'Client', {
        server: props.server, app: APP, name: props.name ?? `${props.server.name}-batch`, component: 'batch',
        egress: toGoogle(),
        grants: [{ role: 'roles/storage.objectUser', bucket: this.bucket }],
      });
      this.name = client.name;
      this.identity = client.identity;
      this.labels = client.labels;
      this.makeJob(props, volume, client);
    } catch (error) {
      throw new Error(`BatchInference '${id}': ${(error as Error).message}`, { cause: error });
    }
  }

  private programArguments(props: BatchInferenceProps, volume: BucketVolume): string[] {
    const { server } = props;
    const { revision } = server.plan.memory.model;
    const input = bucketPath('input', props.input);
    if (`${input}/`.startsWith(`${this.output}/`)) {
      throw new Error(`'input' (${input}) is in 'output' (${this.output}), which is for the records alone; use another folder for one of them`);
    }
    const atOnce = Math.floor(server.plan.memory.maxNumSeqs * server.replicas / this.parallelism);
    const maxInFlight = props.maxInFlight ?? Math.max(1, Math.min(atOnce, DEFAULT_MOST_IN_FLIGHT));
    const share = props.maxErrorShare ?? DEFAULT_MAX_ERROR_SHARE;
    if (typeof share !== 'number' || !(share >= 0 && share <= 1)) {
      throw new Error(`'maxErrorShare' (${share}) must be a share from 0, no error at all, to 1, which only reports them`);
    }
    const timeout = wholeNumber('requestTimeoutSeconds', props.requestTimeoutSeconds ?? DEFAULT_REQUEST_TIMEOUT_SECONDS, 1, 24 * HOUR);
    return [
      volume.path(input), volume.path(this.output), `--url=${server.url}`, `--model=${server.servedModelName}`,
      ...(revision === undefined ? [] : [`--revision=${revision}`]),
      `--parameters=${parametersOf(props.parameters ?? {})}`,
      `--shards=${this.completions}`,
      `--max-in-flight=${wholeNumber('maxInFlight', maxInFlight, 1, MOST_IN_FLIGHT)}`,
      `--request-timeout=${timeout}`,
      `--max-retries=${wholeNumber('maxRetries', props.maxRetries ?? DEFAULT_MAX_RETRIES, 0, 100)}`,
      `--ready-timeout=${Math.max(LEAST_READY_SECONDS, server.plan.startup.progressDeadlineSeconds)}`,
      `--stop-timeout=${STOP_SECONDS}`,
      `--max-error-share=${share}`,
      ...(props.apiKeySecretName === undefined ? [] : [`--api-key-file=${KEY_DIRECTORY}/${KEY_FILE}`]),
    ];
  }

  private makeJob(props: BatchInferenceProps, bucket: BucketVolume, client: ServerClient): void {
    const image = BatchInference.programImage(props.server.release);
    new k8s.KubeJob(this, 'Resource', {
      metadata: { name: this.name, labels: { ...this.labels } },
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
        // The other shards go on when one has too many errors; what is wrong with the input or the model is so for all.
        podFailurePolicy: failurePolicy(APP, { FailJob: [64, 65, 66, 78], FailIndex: [3] }),
        template: bucketPod({
          bucket, name: APP, labels: client.podLabels, serviceAccountName: client.identity.serviceAccountName,
          programs: podPrograms(this, { name: this.name, labels: this.labels, image, ownImage: props.image }),
          program: image.path, args: this.args, graceSeconds: GRACE_SECONDS, secret: keyOf(props.apiKeySecretName),
        }),
      },
    });
  }
}

function parametersOf(parameters: { readonly [name: string]: unknown }): string {
  const wrong = Object.keys(parameters).filter(name => NO_PARAMETERS.includes(name));
  if (wrong.length > 0) {
    throw new Error(`'parameters' (${wrong.join(', ')}) must not say what each line says itself; leave out ${NO_PARAMETERS.join(', ')}`);
  }
  return JSON.stringify(parameters, (name, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new Error(`'parameters' (${name}: ${value}) must be what JSON can hold; there is no ${value} in it`);
    }
    return value;
  });
}

function keyOf(secretName: string | undefined) {
  return secretName === undefined ? undefined : {
    volume: { name: KEY_FILE, secret: { secretName, defaultMode: 0o440, items: [{ key: KEY_FILE, path: KEY_FILE }] } },
    mount: { name: KEY_FILE, mountPath: KEY_DIRECTORY, readOnly: true },
  };
}
