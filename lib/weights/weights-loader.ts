import { k8s } from 'cdk8s-plus-28';
import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { Model, VllmRelease } from '../catalog';
import { requireBucketName } from '../bucket-name';
import { ServiceIdentity } from '../identity';
import {
  failurePolicy, guaranteed, podPrograms, ProgramImage, requireWorkloadName, restrictedContainer, restrictedPod, selectorLabelsOf,
  toGoogleApis, WorkloadAccess, workloadLabels,
} from '../pods';
import { directoryOf, shortRevisionOf } from './model-directory';
import { WeightsVolume } from './weights-volume';

const APP = 'weights-loader';
const TOKEN = { volume: 'hub-token', key: 'token', path: '/var/run/secrets/hugging-face' };
const LOCK = { volume: 'model-lock', key: 'files.json', path: '/etc/cdk8s-vllm' };

/** Leaves room for the revision in the name of the Job, which is at most 63: it becomes a label of its pods. */
const LONGEST_NAME = 52;
/** weights_loader.py: another try cannot help. */
const FINAL_EXIT_CODES = [64, 65, 66, 77];
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
   * An image that has the programs already, built from `dist/images/weights-loader`.
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
    return new ProgramImage({
      name: APP, base: release.image, directory: __dirname, fileNames: ['weights_loader.py', 'weights_hub.py', 'weights_bucket.py'],
    });
  }

  /** Of all but the Job, whose name has the revision as well: a Job cannot be changed. */
  readonly name: string;
  readonly jobName: string;
  readonly bucket: string;
  readonly identity: ServiceIdentity;
  readonly labels: { readonly [label: string]: string };
  private readonly model: Model;
  private readonly adopts: boolean;

  constructor(scope: Construct, id: string, private readonly props: WeightsLoaderProps) {
    super(scope, id);
    try {
      this.model = props.weights.model;
      this.adopts = props.source === 'adopt';
      this.requireRevision();
      this.bucket = this.requireBucket();
      this.requireDirectory();
      this.requireSecretName();
      this.name = this.requireName();
      this.jobName = `${this.name}-${shortRevisionOf(this.model)}`;
      this.labels = workloadLabels({ app: APP, instance: this.name }, 'weights');
      // It also notes on the objects that they are verified, and replaces what is broken. The hub, where that sends us, and the bucket
      // are all at public addresses.
      this.identity = new WorkloadAccess(this, 'Access', {
        name: this.name, namespace: Chart.of(this).namespace ?? 'default', labels: this.labels,
        selectorLabels: selectorLabelsOf({ app: APP, instance: this.name }), egress: toGoogleApis(),
        grants: [{ role: 'roles/storage.objectUser', bucket: this.bucket }],
      }).identity;
      this.makeJob();
    } catch (error) {
      throw new Error(`WeightsLoader '${id}': ${(error as Error).message}`, { cause: error });
    }
  }

  private requireRevision(): void {
    const { id, revision } = this.model;
    if (this.adopts) {
      if (revision === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(revision)) {
        throw new Error(`'weights': ${id} has revision ${revision}; what is adopted is kept under one of its own, letters, digits, '.', '_' and`
          + ' \'-\', for example a commit or run-7. Name it in Model.of({ ..., revision })');
      }
    } else if (!/^[0-9a-f]{40}$/.test(revision ?? '')) {
      throw new Error(`'weights': ${id} is not pinned to a commit (revision ${revision ?? 'not given'}); a branch is another model tomorrow.`
        + ` Pin it: npx cdk8s-vllm lock ${id}, then Model.fromLock(...)`);
    }
  }

  private requireBucket(): string {
    const { bucket, weights: { storage } } = this.props;
    if (bucket !== undefined && storage.bucket !== undefined && bucket !== storage.bucket) {
      throw new Error(`'bucket' (${bucket}) is not the one that the weights are read from (${storage.bucket}); leave it out`);
    }
    const found = bucket ?? storage.bucket;
    if (found === undefined) {
      throw new Error(`'bucket' is missing: weights on storage '${storage.id}' are copied there from a bucket; name it`);
    }
    return requireBucketName(found);
  }

  private requireDirectory(): void {
    const { adoptFrom } = this.props;
    if (adoptFrom === undefined) {
      return;
    }
    if (!this.adopts) {
      throw new Error(`'adoptFrom' (${adoptFrom}) is for source 'adopt'; what comes from the hub is not in the bucket before`);
    }
    if (!/^[\w=@+-][\w.=@+-]*(\/[\w=@+-][\w.=@+-]*)*\/?$/.test(adoptFrom)) {
      throw new Error(`'adoptFrom' (${adoptFrom}) is no directory of the bucket ${this.bucket}: write it without gs:// and the bucket,`
        + ' for example fine-tuning/run-7/output');
    }
  }

  private requireSecretName(): void {
    if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(this.tokenSecretName)) {
      // It may be the token itself, so it is not repeated
      throw new Error('\'tokenSecretName\' is no name of a Secret: lower case letters, digits, \'-\' and \'.\'. The token itself belongs into the'
        + ' Secret: kubectl create secret generic hugging-face-token --from-file=token=FILE');
    }
  }

  private requireName(): string {
    const model = this.model.id.split('/').at(-1)!.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '');
    return requireWorkloadName(this.props.name ?? `${model}-loader`, LONGEST_NAME);
  }

  private makeJob(): void {
    new k8s.KubeJob(this, 'Job', {
      metadata: { name: this.jobName, labels: { ...this.labels } },
      spec: {
        activeDeadlineSeconds: LEAST_DEADLINE_SECONDS + Math.ceil(this.model.weightsBytes / LEAST_BYTES_PER_SECOND),
        backoffLimit: TRIES,
        ttlSecondsAfterFinished: KEPT_SECONDS,
        podFailurePolicy: failurePolicy(APP, { FailJob: FINAL_EXIT_CODES }),
        template: this.pod(),
      },
    });
  }

  private pod(): k8s.PodTemplateSpec {
    const { release, image } = this.props;
    const program = WeightsLoader.programImage(release);
    const programs = podPrograms(this, { name: this.name, labels: this.labels, image: program, ownImage: image });
    const [token, lock] = [this.adopts ? undefined : this.tokenVolume(), this.adopts ? undefined : this.lockVolume()];
    return {
      metadata: {
        labels: { ...this.labels },
        annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false', ...programs.annotations },
      },
      spec: {
        serviceAccountName: this.identity.serviceAccountName,
        ...restrictedPod(),
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 15,
        containers: [{
          name: APP,
          image: programs.image,
          imagePullPolicy: 'Always',
          command: ['python3', program.path],
          args: [
            this.adopts ? 'adopt' : 'load', this.model.id, this.model.revision!, this.bucket, directoryOf(this.model),
            ...token ? [`--token-file=${TOKEN.path}/${TOKEN.key}`, `--token-secret=${this.tokenSecretName}`] : [],
            ...lock ? [`--files=${LOCK.path}/${LOCK.key}`] : [],
            ...this.props.adoptFrom ? [`--from=${this.props.adoptFrom}`] : [],
          ],
          env: [{ name: 'PYTHONDONTWRITEBYTECODE', value: '1' }],
          resources: guaranteed({ cpu: '2', memory: '1Gi', ephemeralStorage: '256Mi' }),
          securityContext: restrictedContainer(),
          volumeMounts: [
            ...programs.mounts,
            ...token ? [{ name: TOKEN.volume, mountPath: TOKEN.path, readOnly: true }] : [],
            ...lock ? [{ name: LOCK.volume, mountPath: LOCK.path, readOnly: true }] : [],
          ],
        }],
        volumes: [...programs.volumes, ...token ? [token] : [], ...lock ? [lock] : []],
      },
    };
  }

  private get tokenSecretName(): string {
    return this.props.tokenSecretName ?? 'hugging-face-token';
  }

  /** Without the Secret the pod of a gated model waits for it; for others it is not needed. */
  private tokenVolume(): k8s.Volume {
    const optional = this.model.gated !== true;
    const items = [{ key: TOKEN.key, path: TOKEN.key }];
    return { name: TOKEN.volume, secret: { secretName: this.tokenSecretName, optional, items, defaultMode: 0o440 } };
  }

  /** The files of a model lock, with which the hub has to agree. */
  private lockVolume(): k8s.Volume | undefined {
    if (this.model.files === undefined) {
      return undefined;
    }
    const name = `${this.name}-files`;
    const files = this.model.files.map(({ path, size, sha256 }) => ({ path, size, sha256 }));
    new k8s.KubeConfigMap(this, 'Files', {
      metadata: { name, labels: { ...this.labels } }, data: { [LOCK.key]: `${JSON.stringify(files, undefined, 1)}\n` },
    });
    return { name: LOCK.volume, configMap: { name, defaultMode: 0o444 } };
  }
}
