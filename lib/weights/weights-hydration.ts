import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { VllmRelease } from '../catalog';
import { machineFamiliesFor } from '../catalog/disk-machine-families';
import { requireBucketName } from '../bucket-name';
import { ServiceIdentity } from '../identity';
import {
  failurePolicy, guaranteed, PodPrograms, podPrograms, ProgramImage, restrictedContainer, restrictedPod, selectorLabelsOf, toGoogleApis,
  WorkloadAccess, workloadLabels,
} from '../pods';
import { DiskNames, diskNames } from './disk-names';
import { directoryOf } from './model-directory';
import { gibibytes } from './snapshot-claim';
import { HydrationDisk, WEIGHTS_VOLUME } from './weights-binding';
import { WeightsVolume } from './weights-volume';

const MIB = 2 ** 20;
const HOUR = 3600;
const APP = 'weights-hydration';
/** A node may have to be made first, and the image be pulled. */
const LEAST_DEADLINE_SECONDS = 2 * HOUR;
/** Slower than any disk that weights are copied to; the time is for all tries together. */
const LEAST_BYTES_PER_SECOND = 50 * MIB;
const KEPT_SECONDS = 24 * HOUR;
/** weights_hydration.py: another try cannot help. */
const FINAL_EXIT_CODES = [64, 65, 66, 73, 77];

/** What a hydration has to know of the server that reads the disk afterwards. */
export interface DiskReader {
  readonly name: string;
  readonly release: VllmRelease;
  readonly identity: ServiceIdentity;
}

export interface WeightsHydrationProps {
  /** The server's; on a disk. */
  readonly weights: WeightsVolume;
  /** A `VllmServer` */
  readonly server: DiskReader;
  /** Where the loader put the weights. */
  readonly bucket: string;
  /**
   * Directory of the weights in the bucket.
   * @default - model id and revision, as the loader has it
   */
  readonly prefix?: string;
  /**
   * An image that has the programs already, built from `dist/images/weights-hydration`.
   * @default - vLLM's image of the server's release, with the programs mounted
   */
  readonly image?: string;
}

/**
 * Copies weights from a bucket to a disk, once a revision: a claim for the disk, and a Job that fills and verifies it. What servers read
 * are disks made from its snapshot (`WeightsSnapshot`).
 *
 * @throws when the weights are not on a disk, or in another namespace than the server
 */
export class WeightsHydration extends Construct {
  /** What the programs need is on the image of vLLM. */
  static programImage(release = VllmRelease.DEFAULT): ProgramImage {
    return new ProgramImage({ name: APP, base: release.image, directory: __dirname, fileNames: ['weights_hydration.py', 'weights_bucket.py'] });
  }

  /** Of all but the Job and the claim, whose names have the revision as well. */
  readonly name: string;
  readonly jobName: string;
  readonly claimName: string;
  /** Of the snapshot that the server's claim waits for. */
  readonly snapshotName: string;
  readonly identity: ServiceIdentity;
  readonly labels: { readonly [label: string]: string };
  private readonly bucket: string;

  constructor(scope: Construct, id: string, private readonly props: WeightsHydrationProps) {
    super(scope, id);
    const { weights, server } = props;
    try {
      this.bucket = requireBucketName(props.bucket);
      const disk = this.requireDisk();
      const names: DiskNames = diskNames(server.name, weights.model);
      this.name = `${server.name}-hydration`;
      this.jobName = names.hydrationJob;
      this.claimName = names.hydrationClaim;
      this.snapshotName = names.snapshot;
      this.labels = workloadLabels({ app: APP, instance: this.name }, 'weights');
      this.identity = new WorkloadAccess(this, 'Access', {
        name: this.name, namespace: server.identity.namespace, labels: this.labels,
        selectorLabels: selectorLabelsOf({ app: APP, instance: this.name }), egress: toGoogleApis(),
        grants: [{ role: 'roles/storage.objectViewer', bucket: this.bucket }],
      }).identity;
      this.makeClaim(disk);
      this.makeJob();
    } catch (error) {
      throw new Error(`WeightsHydration '${id}': ${(error as Error).message}`, { cause: error });
    }
  }

  private requireDisk(): HydrationDisk {
    const { weights: { storage, model }, server } = this.props;
    const namespace = Chart.of(this).namespace ?? 'default';
    if (namespace !== server.identity.namespace) {
      throw new Error(`it is in namespace ${namespace}, the server '${server.name}' in ${server.identity.namespace}; make both in one namespace`);
    }
    const disk = storage.hydrationDisk?.(model);
    if (!disk) {
      throw new Error(`'weights' are on storage '${storage.id}', which is no disk: servers read it as it is. Leave the hydration out, or take`
        + ' hyperdiskMl or persistentDisk');
    }
    return disk;
  }

  private makeClaim(disk: HydrationDisk): void {
    new k8s.KubePersistentVolumeClaim(this, 'Claim', {
      metadata: { name: this.claimName, labels: { ...this.labels } },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: disk.diskClass.name,
        volumeMode: 'Filesystem',
        resources: { requests: { storage: gibibytes(disk.sizeBytes) } },
      },
    });
  }

  private makeJob(): void {
    const { weights, server, image } = this.props;
    const program = WeightsHydration.programImage(server.release);
    const programs = podPrograms(this, { name: this.name, labels: this.labels, image: program, ownImage: image });
    new k8s.KubeJob(this, 'Job', {
      metadata: { name: this.jobName, labels: { ...this.labels } },
      spec: {
        backoffLimit: 6,
        activeDeadlineSeconds: LEAST_DEADLINE_SECONDS + Math.ceil(weights.model.weightsBytes / LEAST_BYTES_PER_SECOND),
        ttlSecondsAfterFinished: KEPT_SECONDS,
        podFailurePolicy: failurePolicy(APP, { FailJob: FINAL_EXIT_CODES }),
        template: {
          metadata: {
            labels: { ...this.labels },
            annotations: { ...programs.annotations, 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
          },
          spec: this.pod(program.path, programs),
        },
      },
    });
  }

  private pod(program: string, programs: PodPrograms): k8s.PodSpec {
    const { weights, prefix } = this.props;
    const { storage, model, revision } = weights;
    return {
      serviceAccountName: this.identity.serviceAccountName,
      ...restrictedPod(),
      restartPolicy: 'Never',
      // It ends at once.
      terminationGracePeriodSeconds: 10,
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{
              matchExpressions: [
                { key: 'cloud.google.com/machine-family', operator: 'In', values: machineFamiliesFor(storage.diskType!) },
                { key: 'topology.kubernetes.io/zone', operator: 'In', values: storage.zones },
              ],
            }],
          },
        },
      },
      containers: [{
        name: APP,
        image: programs.image,
        imagePullPolicy: 'Always',
        command: ['python3', program],
        args: [model.id, revision, this.bucket, prefix ?? directoryOf(model), weights.mountPath],
        env: [{ name: 'PYTHONUNBUFFERED', value: '1' }, { name: 'PYTHONDONTWRITEBYTECODE', value: '1' }],
        resources: guaranteed({ cpu: '2', memory: '4Gi', ephemeralStorage: '1Gi' }),
        securityContext: restrictedContainer(),
        volumeMounts: [{ name: WEIGHTS_VOLUME, mountPath: weights.mountPath }, ...programs.mounts],
      }],
      volumes: [{ name: WEIGHTS_VOLUME, persistentVolumeClaim: { claimName: this.claimName } }, ...programs.volumes],
    };
  }
}
