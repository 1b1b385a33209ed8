import { Construct } from 'constructs';
import { Model, VllmRelease } from '../../catalog';
import { Grant } from '../../common/grant';
import { ServiceIdentity } from '../../common/identity';
import { isCommit, requireBucketName, requireSecretName, requireWorkloadName } from '../../common/names';
import { named, Refusal } from '../../common/refusal';
import { nameWords, shortened } from '../../common/short-name';
import {
  CA_FILE, configMapFiles, Contract, namespaceOf, Outbound, outbound, OutboundProps, PodMount, podPrograms, PodProps, ProgramImage,
  ProgramJob, secretFiles, toGoogleApis,
  toGoogleApisAndInternet, WorkloadAccess,
} from '../../pods';
import { k8s } from '../../pods/k8s';
import { WeightsVolume } from '../../weights';
import { directoryOf, shortRevisionOf } from '../../weights/model-directory';
import contract from './contract.json';
import { requirePropsOf } from '../../common/props';

const CONTRACT = new Contract(contract);
const TOKEN = { volume: 'hub-token', key: 'token', path: '/var/run/secrets/hugging-face' };
const LOCK = { volume: 'model-lock', key: 'files.json', path: '/etc/cdk8s-vllm' };

/** The name of the Job has the revision as well, and at most 63 characters: it becomes a label of its pods. */
const LONGEST_NAME = 52;
const TRIES = 6;
const KEPT_SECONDS = 24 * 3600;
/** The least time of all tries together: a node may have to be made, the image be pulled, and a hub under load gives little. */
const LEAST_DEADLINE_SECONDS = 2 * 3600;
const LEAST_BYTES_PER_SECOND = 20e6;

/** Props of `WeightsLoader`. */
export interface WeightsLoaderProps extends PodProps, OutboundProps {
  /** Weights that the bucket is filled with. */
  readonly weights: WeightsVolume;
  /**
   * Name of the bucket that is filled; the weights lie there under `<model id>/<revision>`.
   * @default - the bucket of the weights' storage; a disk has none, and is filled from this one by the hydration
   */
  readonly bucket?: string;
  /**
   * Where the weights come from. `hub`: the Hugging Face hub, verified against it; the model has to be pinned to a commit. `adopt`: the
   * bucket itself, for example the output of a fine-tuning job; the revision is a name of your own.
   * @default hub
   */
  readonly source?: 'hub' | 'adopt';
  /**
   * Directory of the bucket that adopted weights are copied from, for example `fine-tuning/run-7/output`; with source `adopt` only.
   * @default - they are in their place already
   */
  readonly adoptFrom?: string;
  /**
   * Whether the server runs with `--trust-remote-code`: the model's own code is loaded as well. A pinned commit is the code that was read.
   * @default - what the model's lock says
   */
  readonly trustRemoteCode?: boolean;
  /**
   * Whether the server runs with `--skip-tokenizer-init`: a model without a tokenizer is complete.
   * @default false
   */
  readonly skipTokenizerInit?: boolean;
  /**
   * Name of the workload, a DNS label of at most 52 characters.
   * @default - MODEL-loader, shortened where it has to be
   */
  readonly name?: string;
  /**
   * Name of a Secret with the hub's token under the key `token`; only models that ask for a licence agreement need one.
   * @default hugging-face-token
   */
  readonly tokenSecretName?: string;
  /**
   * Release whose image the program runs on.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
  /**
   * Image that has the programs, built from `dist/kustomize/programs/weights-loader`.
   * @default - vLLM's image, with the programs mounted
   */
  readonly image?: string;
}

/**
 * Fills a bucket with the weights of a model, once a revision: a Job that verifies every byte and writes the marker that servers insist on
 * last. Its bytes pass through memory, so it needs no disk, and a killed one goes on where it stopped.
 *
 * @throws when the model has no revision, or there is no bucket
 */
export class WeightsLoader extends Construct {
  /** The programs of the loader on the image of vLLM, which has what they need. */
  static programImage(release = VllmRelease.DEFAULT): ProgramImage {
    return new ProgramImage({ contract: CONTRACT, base: release.image, directory: __dirname });
  }

  /** Name of every object but the Job; the Job's name ends with the revision, because a Job is immutable. */
  readonly name: string;
  /** Name of the Job. */
  readonly jobName: string;
  /** Name of the bucket that is filled. */
  readonly bucket: string;
  /** Identity of the pods, which the cloud layer has to grant its roles. */
  readonly identity: ServiceIdentity;
  /** Labels of every object. */
  readonly labels: { readonly [label: string]: string };
  private readonly model: Model;
  private readonly adopts: boolean;
  private readonly tokenSecretName: string;

  constructor(scope: Construct, id: string, private readonly props: WeightsLoaderProps) {
    super(scope, id);
    requirePropsOf(this, 'WeightsLoaderProps', props);
    try {
      this.model = props.weights.model;
      this.adopts = props.source === 'adopt';
      this.requireRevision();
      this.bucket = this.requireBucket();
      this.requireDirectory();
      this.tokenSecretName = requireSecretName('tokenSecretName', CONTRACT.text('token-secret', 'tokenSecretName', props.tokenSecretName),
        `kubectl create secret generic ${CONTRACT.text('token-secret', 'tokenSecretName')} --from-file=token=FILE`);
      this.name = this.requireName();
      this.jobName = `${this.name}-${shortRevisionOf(this.model)}`;
      const way = this.requireWayOut();
      const access = new WorkloadAccess(this, 'Access', {
        name: this.name, app: CONTRACT.name, component: 'weights', namespace: namespaceOf(this), egress: this.egress(way),
        grants: this.grants, serviceAccountName: props.serviceAccountName,
      });
      this.identity = access.identity;
      this.labels = access.labels;
      this.makeJob(way);
    } catch (error) {
      throw named(this, error);
    }
  }

  private requireRevision(): void {
    const { id, revision } = this.model;
    if (this.adopts) {
      if (revision === undefined) {
        throw new Refusal(`'weights': ${id} has no revision; what is adopted is kept under one of its own, for example run-7. Name it in`
          + ' Model.of({ ..., revision })');
      }
      CONTRACT.text('revision', 'weights.model.revision', revision);
    } else if (!isCommit(revision)) {
      throw new Refusal(`'weights': ${id} is not pinned to a commit (revision ${revision ?? 'not given'}); a branch is another model tomorrow.`
        + ` Pin it: npx cdk8s-vllm lock ${id}, then Model.fromLock(...)`);
    }
  }

  private requireBucket(): string {
    const { bucket, weights: { storage } } = this.props;
    if (bucket !== undefined && storage.bucket !== undefined && bucket !== storage.bucket) {
      throw new Refusal(`'bucket' (${bucket}) is not the one that the weights are read from (${storage.bucket}); leave it out`);
    }
    const found = bucket ?? storage.bucket;
    if (found === undefined) {
      throw new Refusal(`'bucket' is missing: weights on storage '${storage.id}' are copied there from a bucket; name it`);
    }
    return requireBucketName(found);
  }

  private requireDirectory(): void {
    const { adoptFrom } = this.props;
    if (adoptFrom === undefined) {
      return;
    }
    if (!this.adopts) {
      throw new Refusal(`'adoptFrom' (${adoptFrom}) is for source 'adopt'; what comes from the hub is not in the bucket before`);
    }
    CONTRACT.text('from', 'adoptFrom', adoptFrom);
  }

  private requireName(): string {
    const words = nameWords(this.model.id.split('/').at(-1)!);
    const model = words.replace(/^[^a-z]+/, '') || ['model', ...words.match(/\d+/g) ?? []].join('-');
    return requireWorkloadName(this.props.name ?? shortened(model, '-loader', LONGEST_NAME), LONGEST_NAME);
  }

  /** It also notes on the objects that they are verified, and replaces what is broken. What it adopts it only reads. */
  private get grants(): Grant[] {
    const { adoptFrom } = this.props;
    const from: Grant[] = adoptFrom === undefined ? [] : [{ bucket: this.bucket, folder: adoptFrom.replace(/\/$/, ''), verb: 'read' }];
    return [{ bucket: this.bucket, folder: directoryOf(this.model), verb: 'write' }, ...from];
  }

  /** What is adopted is in the bucket, which is Google's. */
  private requireWayOut(): Outbound {
    const { httpsProxy, noProxy, caCertificates } = this.props;
    const given = Object.entries({ httpsProxy, noProxy, caCertificates }).find(([, value]) => value !== undefined);
    if (this.adopts && given !== undefined) {
      throw new Refusal(`'${given[0]}' is for the way to the hub, and source 'adopt' asks the bucket alone; leave it out`);
    }
    return outbound({ httpsProxy, noProxy, caCertificates });
  }

  private egress({ egress: toProxy }: Outbound): k8s.NetworkPolicyEgressRule[] {
    return this.adopts ? toGoogleApis(this) : toProxy ? [...toGoogleApis(this), ...toProxy] : toGoogleApisAndInternet(this);
  }

  private makeJob(way: Outbound): void {
    const { release, image, adoptFrom, trustRemoteCode, skipTokenizerInit, caCertificates } = this.props;
    const [token, lock] = [this.adopts ? undefined : this.token(), this.lock()];
    new ProgramJob(this, 'Resource', {
      name: this.jobName, labels: this.labels, serviceAccountName: this.identity.serviceAccountName, contract: CONTRACT,
      platform: this.props,
      args: [
        this.adopts ? 'adopt' : 'load', this.model.id, this.model.revision!, this.bucket, directoryOf(this.model),
        ...token ? [`--token-file=${TOKEN.path}/${TOKEN.key}`, `--token-secret=${this.tokenSecretName}`] : [],
        ...caCertificates ? [`--ca-file=${CA_FILE}`] : [],
        ...lock ? [`--files=${LOCK.path}/${LOCK.key}`] : [],
        ...adoptFrom ? [`--from=${adoptFrom}`] : [],
        ...trustRemoteCode ?? this.model.files?.some(({ path }) => path.endsWith('.py')) ? ['--trust-remote-code'] : [],
        ...skipTokenizerInit ? ['--skip-tokenizer-init'] : [],
      ],
      spec: {
        activeDeadlineSeconds: LEAST_DEADLINE_SECONDS + Math.ceil(this.model.weightsBytes / LEAST_BYTES_PER_SECOND),
        backoffLimit: TRIES,
        ttlSecondsAfterFinished: KEPT_SECONDS,
      },
      programs: podPrograms(this, { name: this.name, labels: this.labels, image: WeightsLoader.programImage(release), ownImage: image }),
      resources: { cpu: '2', memory: '1Gi', ephemeralStorage: '256Mi' },
      env: way.env,
      mounts: [...token ? [token] : [], ...lock ? [lock] : [], ...way.mounts],
      movable: false,
      graceSeconds: 15,
    });
  }

  /** The pod of a gated model waits for its Secret; other models need none. */
  private token(): PodMount {
    return secretFiles(this.tokenSecretName, TOKEN.volume, [TOKEN.key], TOKEN.path, { optional: this.model.gated !== true });
  }

  /** The files that a model lock names; what is loaded or adopted has to agree with them. */
  private lock(): PodMount | undefined {
    if (this.model.files === undefined) {
      return undefined;
    }
    const name = `${this.name}-files`;
    const files = this.model.files.map(({ path, size, sha256 }) => ({ path, size, sha256 }));
    new k8s.KubeConfigMap(this, 'Files', {
      metadata: { name, labels: { ...this.labels } }, data: { [LOCK.key]: `${JSON.stringify(files, undefined, 1)}\n` },
    });
    return configMapFiles(name, LOCK.volume, LOCK.path);
  }
}
