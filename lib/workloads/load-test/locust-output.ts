import { Construct } from 'constructs';
import { Grant } from '../../common/grant';
import { BucketMount, PodMount, requireBucketPath, scratch, toGoogle } from '../../pods';
import { k8s } from '../../pods/k8s';
import { LoadTestOutput } from './locust-load-test-props';

const AT = { volume: 'results', mountPath: '/results' };

/** Where the master writes, and what its pod needs for it. */
export interface LocustOutput extends PodMount {
  readonly podAnnotations: { readonly [name: string]: string };
  readonly grants: readonly Grant[];
  readonly egress: k8s.NetworkPolicyEgressRule[];
}

/** A folder of a bucket; without one, what is written goes with the pod. */
export function locustOutput(scope: Construct, name: string, output: LoadTestOutput | undefined): LocustOutput {
  if (output === undefined) {
    return {
      ...scratch(AT.volume, AT.mountPath, '64Mi'), podAnnotations: {}, grants: [], egress: [],
    };
  }
  const folder = { what: '\'output.path\'', path: requireBucketPath('output.path', output.path ?? name) };
  const { volume, mount, podAnnotations, grant } = BucketMount.writable(output.bucket, folder, AT);
  return { volume, mount, podAnnotations, grants: [grant], egress: toGoogle(scope) };
}
