import { Construct } from 'constructs';
import { VllmRelease } from '../../catalog';
import { machineFamiliesFor } from '../../catalog/disk-machine-families';
import { MIB } from '../../common/bytes';
import { ServiceIdentity } from '../../common/identity';
import { requireBucketName } from '../../common/names';
import { named, Refusal } from '../../common/refusal';
import {
  Contract, podPrograms, PodProps, ProgramImage, ProgramJob, requireBucketPath, requireNamespace, toGoogleApis, WorkloadAccess,
} from '../../pods';
import { k8s } from '../../pods/k8s';
import { IVllmServer } from '../../serving';
import { manifestDigestOf } from '../../serving/manifest-digest';
import { HydrationDisk, IWeightsStorage, WeightsVolume } from '../../weights';
import { diskNames } from '../../weights/disk-names';
import { directoryOf } from '../../weights/model-directory';
import { gibibytes } from '../../weights/snapshot-claim';
import { WEIGHTS_VOLUME } from '../../weights/weights-binding';
import contract from './contract.json';
import { requirePropsOf } from '../../common/props';

const HOUR = 3600;
const CONTRACT = new Contract(contract);
/** A node may have to be made first, and the image be pulled. */
const LEAST_DEADLINE_SECONDS = 2 * HOUR;
/** Slower than any disk that weights are copied to; the time is for all tries together. */
const LEAST_BYTES_PER_SECOND = 50 * MIB;
const KEPT_SECONDS = 24 * HOUR;

/** Props of `WeightsHydration`. */
export interface WeightsHydrationProps extends PodProps {
  /** Weights of the server, on a disk. */
  readonly weights: WeightsVolume;
  /** Server that reads the disk afterwards. */
  readonly server: IVllmServer;
  /** Name of the bucket that the loader filled. */
  readonly bucket: string;
  /**
   * Directory of the weights in the bucket.
   * @default - model id and revision, as the loader has it
   */
  readonly prefix?: string;
  /**
   * Image that has the programs, built from `dist/kustomize/programs/weights-hydration`.
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
  /** The programs of the hydration on the image of vLLM, which has what they need. */
  static programImage(release = VllmRelease.DEFAULT): ProgramImage {
    return new ProgramImage({ contract: CONTRACT, base: release.image, directory: __dirname });
  }

  /** Name of every object but the Job and the claim, whose names have the revision as well. */
  readonly name: string;
  /** Name of the Job. */
  readonly jobName: string;
  /** Name of the claim for the disk. */
  readonly claimName: string;
  /** Name of the snapshot that the server's claim waits for. */
  readonly snapshotName: string;
  /** Identity of the pods, which the cloud layer has to grant its roles. */
  readonly identity: ServiceIdentity;
  /** Labels of every object. */
  readonly labels: { readonly [label: string]: string };
  private readonly bucket: string;
  private readonly prefix: string;

  constructor(scope: Construct, id: string, private readonly props: WeightsHydrationProps) {
    super(scope, id);
    requirePropsOf(this, 'WeightsHydrationProps', props);
    const { weights, server } = props;
    try {
      this.bucket = requireBucketName(props.bucket);
      this.prefix = requireBucketPath('prefix', props.prefix ?? directoryOf(weights.model));
      const disk = this.requireDisk();
      const names = diskNames(server.name, weights.model);
      this.name = `${server.name}-hydration`;
      this.jobName = names.hydrationJob;
      this.claimName = names.hydrationClaim;
      this.snapshotName = names.snapshot;
      const access = new WorkloadAccess(this, 'Access', {
        name: this.name, app: CONTRACT.name, component: 'weights', namespace: server.namespace, egress: toGoogleApis(this),
        grants: [{ bucket: this.bucket, folder: this.prefix, verb: 'read' }], serviceAccountName: props.serviceAccountName,
      });
      this.identity = access.identity;
      this.labels = access.labels;
      this.makeClaim(disk);
      this.makeJob();
    } catch (error) {
      throw named(this, error);
    }
  }

  private requireDisk(): HydrationDisk {
    const { weights: { storage, model }, server } = this.props;
    requireNamespace(this, server.namespace);
    const disk = storage.hydrationDisk?.(model);
    if (!disk) {
      throw new Refusal(`'weights' are on storage '${storage.id}', which is no disk: servers read it as it is. Leave the hydration out, or take`
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
    const { storage, model, revision, mountPath } = weights;
    new ProgramJob(this, 'Resource', {
      name: this.jobName, labels: this.labels, serviceAccountName: this.identity.serviceAccountName, contract: CONTRACT,
      platform: this.props,
      args: [
        model.id, revision, this.bucket, this.prefix, mountPath,
        ...manifestDigestOf(model).map(digest => `--manifest-sha256=${digest}`),
      ],
      env: { PYTHONUNBUFFERED: '1' },
      spec: {
        backoffLimit: 6,
        activeDeadlineSeconds: LEAST_DEADLINE_SECONDS + Math.ceil(model.weightsBytes / LEAST_BYTES_PER_SECOND),
        ttlSecondsAfterFinished: KEPT_SECONDS,
      },
      programs: podPrograms(this, {
        name: this.name, labels: this.labels, image: WeightsHydration.programImage(server.release), ownImage: image,
      }),
      resources: { cpu: '2', memory: '4Gi', ephemeralStorage: '1Gi' },
      mounts: [{
        volume: { name: WEIGHTS_VOLUME, persistentVolumeClaim: { claimName: this.claimName } },
        mount: { name: WEIGHTS_VOLUME, mountPath },
      }],
      movable: false,
      // It ends at once.
      graceSeconds: 10,
      pod: { affinity: { nodeAffinity: nodesThatAttach(storage) } },
    });
  }
}

/** Nodes without GPUs that attach the disk, in its zones. */
function nodesThatAttach({ diskType, zones }: IWeightsStorage): k8s.NodeAffinity {
  return {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{
        matchExpressions: [
          { key: 'cloud.google.com/machine-family', operator: 'In', values: machineFamiliesFor(diskType!) },
          { key: 'topology.kubernetes.io/zone', operator: 'In', values: zones && [...zones] },
        ],
      }],
    },
  };
}
