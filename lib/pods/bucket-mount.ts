import { CSI_DRIVERS } from '../common/csi-drivers';
import { Grant } from '../common/identity';
import { requireBucketName } from '../common/names';
import { Refusal } from '../common/refusal';
import { toGoogle } from './egress';
import { k8s } from './k8s';
import { USER_ID } from './security';

/** What the driver's sidecar requests. It may use more of the CPU, and of nothing else. */
export interface BucketSidecar {
  /** `250m` */
  readonly cpu: string;
  /** `512Mi` */
  readonly memory: string;
  /** `1Gi` */
  readonly ephemeralStorage: string;
}

export interface BucketMountProps {
  readonly bucket: string;
  /** Name of the volume. */
  readonly volume: string;
  readonly mountPath: string;
  /** Options of Cloud Storage FUSE, `name`, `name:value` or, for what must stay text, `name=value`. */
  readonly options: readonly string[];
  readonly sidecar: BucketSidecar;
  readonly readOnly?: boolean;
}

/** Where a pod sees a bucket that it writes. */
export interface WritablePlace {
  /** Name of the volume. */
  readonly volume: string;
  readonly mountPath: string;
  /**
   * Folder of the bucket that is mounted alone, and the prop that names it.
   * @default - the whole bucket
   */
  readonly folder?: { readonly prop: string; readonly path: string };
}

/**
 * What is written is staged in up to 64 MiB of memory, or on the node's disk; the files of the programs are small.
 * https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-storage-fuse-csi-driver-sidecar
 */
const WRITING_SIDECAR: BucketSidecar = { cpu: '250m', memory: '512Mi', ephemeralStorage: '1Gi' };

/**
 * A bucket that a pod mounts by the Cloud Storage FUSE CSI driver, and what the pod needs for it.
 *
 * @see https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver/blob/main/docs/usage.md
 */
export class BucketMount {
  /**
   * A bucket that a program reads and writes, or one folder of it.
   *
   * @throws on what no bucket can be called, and on a folder that is none
   */
  static writable(bucket: string, at: WritablePlace): BucketMount {
    return new BucketMount({
      bucket, volume: at.volume, mountPath: at.mountPath, sidecar: WRITING_SIDECAR,
      options: [
        'implicit-dirs', `uid=${USER_ID}`, `gid=${USER_ID}`,
        // Nothing is believed from memory: what another pod has written must be seen by the next open.
        // https://github.com/GoogleCloudPlatform/gcsfuse/blob/master/docs/semantics.md#caching
        'metadata-cache:ttl-secs:0', 'metadata-cache:negative-ttl-secs:0',
        ...(at.folder === undefined ? [] : [onlyDir(`'${at.folder.prop}'`, at.folder.path)]),
      ],
    });
  }

  readonly bucket: string;
  readonly volume: k8s.Volume;
  readonly mount: k8s.VolumeMount;
  readonly podAnnotations: { readonly [name: string]: string };

  constructor(props: BucketMountProps) {
    const { volume: name, mountPath, sidecar } = props;
    this.bucket = requireBucketName(props.bucket);
    this.volume = {
      name,
      csi: {
        driver: CSI_DRIVERS.bucket,
        readOnly: props.readOnly,
        volumeAttributes: {
          bucketName: this.bucket,
          mountOptions: props.options.join(','),
          // The pod's own identity is checked by the bucket when it reads and writes; the check in advance needs one more permission.
          skipCSIBucketAccessCheck: 'true',
        },
      },
    };
    this.mount = { name, mountPath, readOnly: props.readOnly };
    this.podAnnotations = {
      'gke-gcsfuse/volumes': 'true',
      'gke-gcsfuse/cpu-request': sidecar.cpu,
      'gke-gcsfuse/cpu-limit': '0',
      'gke-gcsfuse/memory-request': sidecar.memory,
      'gke-gcsfuse/memory-limit': sidecar.memory,
      'gke-gcsfuse/ephemeral-storage-request': sidecar.ephemeralStorage,
      'gke-gcsfuse/ephemeral-storage-limit': sidecar.ephemeralStorage,
    };
  }

  /** What a workload that writes needs in Google Cloud. */
  get grants(): Grant[] {
    return [{ role: 'roles/storage.objectUser', bucket: this.bucket }];
  }

  /** Where the pod has to reach out to, the name servers aside. */
  get egress(): k8s.NetworkPolicyEgressRule[] {
    return toGoogle();
  }

  /** A file or folder of the bucket, in the container. */
  path(path: string): string {
    return `${this.mount.mountPath}/${path}`;
  }
}

/**
 * The mount option of one folder. With ':' the driver would make a number of `007` and 1 of `true`, and pass on what has `https` in it as
 * a flag that there is not; with '=' it takes the folder as it is.
 *
 * @throws on a comma, at which the driver splits, and on white space
 * @see https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver/blob/main/pkg/sidecar_mounter/sidecar_mounter_config.go
 */
export function onlyDir(what: string, folder: string): string {
  if (/[,\s]/.test(folder)) {
    throw new Refusal(`${what} (${folder}) is part of a mount option of Cloud Storage FUSE, which ends at a comma; use one without commas and`
      + ` spaces, for example ${folder.replace(/[,\s]+/g, '-')}`);
  }
  return `only-dir=${folder}`;
}

/**
 * A file or folder of a bucket, as it is written in a prop: `batch/input.jsonl`.
 *
 * @throws on what Cloud Storage FUSE cannot show, and on what leads out of the bucket
 */
export function requireBucketPath(prop: string, path: string): string {
  if (!/^[^/\p{Cc}]+(\/[^/\p{Cc}]+)*$/u.test(path) || path.split('/').some(part => /^\.{1,2}$/.test(part)) || /^gs:/.test(path)) {
    throw new Refusal(`'${prop}' (${path}) must be a path in the bucket without gs:// and bucket, without a slash at its ends, without . and ..,`
      + ' for example batch/input.jsonl');
  }
  return path;
}
