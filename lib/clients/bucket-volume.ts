import { k8s } from 'cdk8s-plus-28';
import { requireBucketName } from '../bucket-name';
import { guaranteed, PodPrograms, restrictedContainer, restrictedPod, USER_ID } from '../pods';

const VOLUME = 'bucket';
const MOUNT_PATH = '/bucket';

/** The driver's sidecar stages what is written in up to 64 MiB of memory, or on the node's disk; both files of a program are small. */
const SIDECAR = { cpu: '250m', memory: '512Mi', ephemeralStorage: '1Gi' };

/**
 * A file or folder of a bucket, as it is written in a prop: `batch/input.jsonl`.
 *
 * @throws on what Cloud Storage FUSE cannot show, and on what leads out of the bucket
 */
export function bucketPath(prop: string, path: string): string {
  if (!/^[^/\p{Cc}]+(\/[^/\p{Cc}]+)*$/u.test(path) || path.split('/').some(part => /^\.{1,2}$/.test(part)) || /^gs:/.test(path)) {
    throw new Error(`'${prop}' (${path}) must be a path in the bucket without gs:// and bucket, without a slash at its ends, without . and ..,`
      + ' for example batch/input.jsonl');
  }
  return path;
}

/**
 * A bucket that a pod reads and writes by the Cloud Storage FUSE CSI driver.
 *
 * @see https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver/blob/main/docs/usage.md
 */
export class BucketVolume {
  readonly volume: k8s.Volume;
  readonly mount: k8s.VolumeMount = { name: VOLUME, mountPath: MOUNT_PATH };
  readonly podAnnotations: { readonly [name: string]: string } = {
    'gke-gcsfuse/volumes': 'true',
    'gke-gcsfuse/cpu-request': SIDECAR.cpu,
    'gke-gcsfuse/cpu-limit': '0',
    'gke-gcsfuse/memory-request': SIDECAR.memory,
    'gke-gcsfuse/memory-limit': SIDECAR.memory,
    'gke-gcsfuse/ephemeral-storage-request': SIDECAR.ephemeralStorage,
    'gke-gcsfuse/ephemeral-storage-limit': SIDECAR.ephemeralStorage,
  };

  constructor(readonly bucket: string) {
    requireBucketName(bucket);
    this.volume = {
      name: VOLUME,
      csi: {
        driver: 'gcsfuse.csi.storage.gke.io',
        volumeAttributes: {
          bucketName: bucket,
          // Nothing is believed from memory: what another pod has written must be seen by the next open.
          // https://github.com/GoogleCloudPlatform/gcsfuse/blob/master/docs/semantics.md#caching
          mountOptions: ['implicit-dirs', `uid=${USER_ID}`, `gid=${USER_ID}`, 'metadata-cache:ttl-secs:0', 'metadata-cache:negative-ttl-secs:0'].join(','),
          // The pod's own identity is checked by the bucket when it reads and writes; the check in advance needs one more permission.
          skipCSIBucketAccessCheck: 'true',
        },
      },
    };
  }

  /** Of a file or folder of the bucket, in the container. */
  path(path: string): string {
    return `${MOUNT_PATH}/${path}`;
  }
}

export interface BucketPodProps {
  readonly bucket: BucketVolume;
  /** Of the container. */
  readonly name: string;
  readonly labels: { readonly [label: string]: string };
  readonly serviceAccountName: string;
  readonly programs: PodPrograms;
  /** Of the program, in the container. */
  readonly program: string;
  readonly args: readonly string[];
  readonly graceSeconds: number;
  /** @default - none */
  readonly secret?: { readonly volume: k8s.Volume; readonly mount: k8s.VolumeMount };
}

/** The pod of a Job whose program reads from a bucket and writes to it, and nothing else. */
export function bucketPod(props: BucketPodProps): k8s.PodTemplateSpec {
  const { bucket, programs, secret } = props;
  return {
    metadata: { labels: { ...props.labels }, annotations: { ...bucket.podAnnotations, ...programs.annotations } },
    spec: {
      serviceAccountName: props.serviceAccountName,
      ...restrictedPod(),
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: props.graceSeconds,
      containers: [{
        name: props.name,
        image: programs.image,
        imagePullPolicy: 'Always',
        command: ['python3', props.program],
        // Kubernetes makes one of two, and would put a variable in the place of $(NAME).
        args: props.args.map(argument => argument.replaceAll('$', '$$$$')),
        env: [{ name: 'PYTHONDONTWRITEBYTECODE', value: '1' }],
        resources: guaranteed({ cpu: '1', memory: '2Gi', ephemeralStorage: '256Mi' }),
        securityContext: restrictedContainer(),
        volumeMounts: [bucket.mount, ...programs.mounts, ...(secret ? [secret.mount] : [])],
      }],
      volumes: [bucket.volume, ...programs.volumes, ...(secret ? [secret.volume] : [])],
    },
  };
}
