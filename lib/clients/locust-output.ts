import { k8s } from 'cdk8s-plus-28';
import { Grant } from '../identity';
import { quantity, toGoogle, USER_ID } from '../pods';
import { requireBucketName } from '../bucket-name';
import { LoadTestOutput } from './locust-load-test-props';

export const RESULTS_PATH = '/results';
const VOLUME = 'results';

/** Where the master writes, and what its pod needs for it. */
export interface LocustOutput {
  readonly volume: k8s.Volume;
  readonly mount: k8s.VolumeMount;
  readonly annotations: { readonly [name: string]: string };
  readonly grants: readonly Grant[];
  readonly egress: k8s.NetworkPolicyEgressRule[];
}

export function locustOutput(name: string, output: LoadTestOutput | undefined): LocustOutput {
  const mount = { name: VOLUME, mountPath: RESULTS_PATH };
  if (output === undefined) {
    return { volume: { name: VOLUME, emptyDir: { sizeLimit: quantity('64Mi') } }, mount, annotations: {}, grants: [], egress: [] };
  }
  const path = output.path ?? name;
  if (!/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/.test(path)) {
    throw new Error(`'output.path' (${path}) must be folders of letters, digits, '-', '_' and '.', without '/' at its ends`);
  }
  return {
    volume: {
      name: VOLUME,
      csi: {
        driver: 'gcsfuse.csi.storage.gke.io',
        volumeAttributes: {
          bucketName: requireBucketName(output.bucket),
          mountOptions: `implicit-dirs,uid=${USER_ID},gid=${USER_ID},only-dir:${path}`,
          skipCSIBucketAccessCheck: 'true',
        },
      },
    },
    mount,
    // A few hundred kilobytes, once: https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-storage-fuse-csi-driver-sidecar
    annotations: {
      'gke-gcsfuse/volumes': 'true',
      'gke-gcsfuse/cpu-request': '250m',
      'gke-gcsfuse/cpu-limit': '250m',
      'gke-gcsfuse/memory-request': '256Mi',
      'gke-gcsfuse/memory-limit': '256Mi',
      'gke-gcsfuse/ephemeral-storage-request': '1Gi',
      'gke-gcsfuse/ephemeral-storage-limit': '1Gi',
    },
    grants: [{ role: 'roles/storage.objectUser', bucket: output.bucket }],
    egress: toGoogle(),
  };
}
