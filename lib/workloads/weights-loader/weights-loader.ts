import { Construct } from 'constructs';
import { Model, VllmRelease } from '../../catalog';
import { ServiceIdentity } from '../../common/identity';
import { isCommit, requireBucketName, requireSecretName, requireWorkloadName } from '../../common/names';
import { named, Refusal } from '../../common/refusal';
import {
  Contract, namespaceOf, PodMount, podPrograms, ProgramImage, ProgramJob, selectorLabelsOf, toGoogleApis, WorkloadAccess, workloadLabels,
} from '../../pods';
import { k8s } from '../../pods/k8s';
import { WeightsVolume } from '../../weights';
import { directoryOf, shortRevisionOf } from '../../weights/model-directory';
import contract from './contract.json';

const CONTRACT = new Contract(contract);
const APP = CONTRACT.name;
const TOKEN = { volume: 'hub-token', key: 'token', path: '/var/run/secrets/hugging-face' };
const LOCK = { volume: 'model-lock', key: 'files.json', path: '/etc/cdk8s-vllm' };

/** Leaves room for the revision in the name of the Job, which is at most 63: it becomes a label of its pods. */
const LONGEST_NAME = 52;
const DEFAULT_SECRET = 'hugging-face-token';
const TRIES = 6;
const KEPT_SECONDS = 24 * 3600;
/** For all tries together: a node may have to be made, the image be pulled, and a hub under load gives little. */
const LEAST_DEADLINE_SECONDS = 2 * 3600;
const LEAST_BYTES_PER_SECOND = 20e6;

export interface WeightsLoaderProps {
  readonly weights: WeightsVolume;
  /**
   * Where the weights go, under `<model id>/<revision>`.
   * @default - the bucket of the weights' storage; a disk has none, and is filled from this one by the hydration
   */
  readonly bucket?: string;
  /**
   * `hub`: from the Hugging Face hub, verified against it. `adopt`: what is in the bucket already, for example from a fine-tuning job.
   * @default hub
   */
  readonly source?: 'hub' | 'adopt';
  /**
   * For `adopt`: the directory of the bucket that the weights are copied from, for example `fine-tuning/run-7/output`.
   * @default - they are in their place already
   */
  readonly adoptFrom?: string;
  /** @default - `<model>-loader` */
  readonly name?: string;
  /**
   * A Secret with the hub's token under the key `token`; only for models that ask for a licence agreement.
   * @default hugging-face-token
   */
  readonly tokenSecretName?: string;
  /**
   * The release whose image the program runs on.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
  /**
   * An image that has the programs already, built from `dist/kustomize/programs/weights-loader`.
   * @default - vLLM's image, with the programs mounted
   */
  readonly image?: string;
}

/**
 * Fills a bucket with the weights of a model, once a revision: a Job that verifies every byte and writes the marker that servers insist
 * on last. Its bytes pass through memory, so it needs no disk, and a killed one goes on where it stopped.
 *
 * @throws when the model has no revision, or there is no bucket
 */
export class WeightsLoader extends Construct {
  /** What the programs need is on the image of vLLM. */
  static programImage(release = VllmRelease.DEFAULT): ProgramImage {
    return new ProgramImage({ contract: CONTRACT, base: release.image, directory: __dirname });
  }

  /** Of all but the Job, whose name has the revision as well: a Job cannot be changed. */
  readonly name: string;
  readonly jobName: string;
  readonly bucket: string;
  readonly identity: ServiceIdentity;
  readonly labels: { readonly [label: string]: string };
  private readonly model: Model;
  private readonly adopts: boolean;
  private readonly tokenSecretName: string;

  constructor(scope: Construct, id: string, private readonly props: WeightsLoaderProps) {
    super(scope, id);
    try {
      this.model = props.weights.model;
      this.adopts = props.source === 'adopt';
      this.requireRevision();
      this.bucket = this.requireBucket();
      this.requireDirectory();
      this.tokenSecretName = requireSecretName('tokenSecretName', props.tokenSecretName ?? DEFAULT_SECRET,
        `kubectl create secret generic ${DEFAULT_SECRET} --from-file=token=FILE`);
      this.name = this.requireName();
      this.jobName = `${this.name}-${shortRevisionOf(this.model)}`;
      this.labels = workloadLabels({ app: APP, instance: this.name }, 'weights');
      // It also notes on the objects that they are verified, and replaces what is broken. The hub, where that sends us, and the bucket
      // are all at public addresses.
      this.identity = new WorkloadAccess(this, 'Access', {
        name: this.name, namespace: namespaceOf(this), labels: this.labels,
        selectorLabels: selectorLabelsOf({ app: APP, instance: this.name }), egress: toGoogleApis(),
        grants: [{ role: 'roles/storage.objectUser', bucket: this.bucket }],
      }).identity;
      this.makeJob();
    } catch (error) {
      throw named(this, error);
    }
  }

  private requireRevision(): void {
    const { id, revision } = this.model;
    if (this.adopts) {
      if (revision === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(revision)) {
        throw new Refusal(`'weights': ${id} has revision ${revision}; what is adopted is kept under one of its own, letters, digits, '.', '_' and`
          + ' \'-\', for example a commit or run-7. Name it in Model.of({ ..., revision })');
      }
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
    if (!/^[\w=@+-][\w.=@+-]*(\/[\w=@+-][\w.=@+-]*)*\/?$/.test(adoptFrom)) {
      throw new Refusal(`'adoptFrom' (${adoptFrom}) is no directory of the bucket ${this.bucket}: write it without gs:// and the bucket,`
        + ' for example fine-tuning/run-7/output');
    }
  }

  private requireName(): string {
    const model = this.model.id.split('/').at(-1)!.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '');
    return requireWorkloadName(this.props.name ?? `${model}-loader`, LONGEST_NAME);
  }

  private makeJob(): void {
    const { release, image, adoptFrom } = this.props;
    const [token, lock] = [this.adopts ? undefined : this.token(), this.adopts ? undefined : this.lock()];
    new ProgramJob(this, 'Job', {
      name: this.jobName, labels: this.labels, serviceAccountName: this.identity.serviceAccountName, contract: CONTRACT,
      args: [
        this.adopts ? 'adopt' : 'load', this.model.id, this.model.revision!, this.bucket, directoryOf(this.model),
        ...token ? [`--token-file=${TOKEN.path}/${TOKEN.key}`, `--token-secret=${this.tokenSecretName}`] : [],
        ...lock ? [`--files=${LOCK.path}/${LOCK.key}`] : [],
        ...adoptFrom ? [`--from=${adoptFrom}`] : [],
      ],
      spec: {
        activeDeadlineSeconds: LEAST_DEADLINE_SECONDS + Math.ceil(this.model.weightsBytes / LEAST_BYTES_PER_SECOND),
        backoffLimit: TRIES,
        ttlSecondsAfterFinished: KEPT_SECONDS,
      },
      programs: podPrograms(this, { name: this.name, labels: this.labels, image: WeightsLoader.programImage(release), ownImage: image }),
      resources: { cpu: '2', memory: '1Gi', ephemeralStorage: '256Mi' },
      mounts: [...token ? [token] : [], ...lock ? [lock] : []],
      movable: false,
      graceSeconds: 15,
    });
  }

  /** Without the Secret the pod of a gated model waits for it; for others it is not needed. */
  private token(): PodMount {
    const optional = this.model.gated !== true;
    const items = [{ key: TOKEN.key, path: TOKEN.key }];
    return {
      volume: { name: TOKEN.volume, secret: { secretName: this.tokenSecretName, optional, items, defaultMode: 0o440 } },
      mount: { name: TOKEN.volume, mountPath: TOKEN.path, readOnly: true },
    };
  }

  /** The files of a model lock, with which the hub has to agree. */
  private lock(): PodMount | undefined {
    if (this.model.files === undefined) {
      return undefined;
    }
    const name = `${this.name}-files`;
    const files = this.model.files.map(({ path, size, sha256 }) => ({ path, size, sha256 }));
    new k8s.KubeConfigMap(this, 'Files', {
      metadata: { name, labels: { ...this.labels } }, data: { [LOCK.key]: `${JSON.stringify(files, undefined, 1)}\n` },
    });
    return {
      volume: { name: LOCK.volume, configMap: { name, defaultMode: 0o444 } },
      mount: { name: LOCK.volume, mountPath: LOCK.path, readOnly: true },
    };
  }
}
