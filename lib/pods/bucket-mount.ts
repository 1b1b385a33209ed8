import { CSI_DRIVERS } from '../common/csi-drivers';
import { FolderGrant } from '../common/grant';
import { requireBucketName } from '../common/names';
import { Refusal } from '../common/refusal';
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
  /** Folder of the bucket that is mounted alone. */
  readonly folder: BucketFolder;
  /** Further options of Cloud Storage FUSE, `name`, `name:value` or, for what must stay text, `name=value`. */
  readonly options: readonly string[];
  readonly sidecar: BucketSidecar;
  readonly readOnly?: boolean;
}

/** A folder of a bucket, and how a refusal calls it. */
export interface BucketFolder {
  /** What names it, for example `'output'`. */
  readonly what: string;
  readonly path: string;
}

/** Where a program sees a folder of a bucket. */
export interface BucketPlace {
  /** Name of the volume. */
  readonly volume: string;
  readonly mountPath: string;
}

/**
 * Nothing is believed from memory: what another pod has written must be seen by the next open.
 * https://github.com/GoogleCloudPlatform/gcsfuse/blob/master/docs/semantics.md#caching
 */
const UNCACHED = [`uid=${USER_ID}`, `gid=${USER_ID}`, 'metadata-cache:ttl-secs:0', 'metadata-cache:negative-ttl-secs:0'];

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
   * A folder of a bucket that a program reads and writes.
   *
   * @throws on what no bucket can be called, and on what a mount option cannot hold
   */
  static writable(bucket: string, folder: BucketFolder, at: BucketPlace): BucketMount {
    return new BucketMount({ bucket, folder, ...at, sidecar: WRITING_SIDECAR, options: UNCACHED });
  }

  /**
   * A folder of a bucket that a program only reads, beside one that it writes.
   *
   * @throws on what no bucket can be called, and on what a mount option cannot hold
   */
  static readable(bucket: string, folder: BucketFolder, at: BucketPlace): BucketMount {
    return new BucketMount({ bucket, folder, ...at, sidecar: WRITING_SIDECAR, options: UNCACHED, readOnly: true });
  }

  readonly bucket: string;
  /** What the pod's identity needs in Google Cloud. */
  readonly grant: FolderGrant;
  readonly volume: k8s.Volume;
  readonly mount: k8s.VolumeMount;
  readonly podAnnotations: { readonly [name: string]: string };

  constructor(props: BucketMountProps) {
    const { volume: name, mountPath, sidecar } = props;
    this.bucket = requireBucketName(props.bucket);
    this.grant = { bucket: this.bucket, folder: props.folder.path, verb: props.readOnly ? 'read' : 'write' };
    this.volume = {
      name,
      csi: {
        driver: CSI_DRIVERS.bucket,
        readOnly: props.readOnly,
        volumeAttributes: {
          bucketName: this.bucket,
          mountOptions: ['implicit-dirs', onlyDir(props.folder), ...props.options].join(','),
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

  /** A file of the folder, in the container. */
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
export function onlyDir({ what, path }: BucketFolder): string {
  if (/[,\s]/.test(path)) {
    throw new Refusal(`${what} (${path}) is part of a mount option of Cloud Storage FUSE, which ends at a comma; use one without commas and`
      + ` spaces, for example ${path.replace(/[,\s]+/g, '-')}`);
  }
  return `only-dir=${path}`;
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

/**
 * A file of a bucket as the folder that a pod may see and the file's name in it.
 *
 * @throws on what Cloud Storage FUSE cannot show, and on a file that lies in no folder
 */
export function bucketFile(prop: string, path: string): { readonly folder: BucketFolder; readonly name: string } {
  const parts = requireBucketPath(prop, path).split('/');
  if (parts.length === 1) {
    throw new Refusal(`'${prop}' (${path}) lies in no folder of the bucket, and a pod may see folders alone; move it into one, for example`
      + ` batch/${path}`);
  }
  return { folder: { what: `'${prop}'`, path: parts.slice(0, -1).join('/') }, name: parts.at(-1)! };
}
