import { Construct } from 'constructs';
import { GoogleApis, requireGoogleApis } from '../common/google-apis';

const CONTEXT = 'cdk8s-vllm/google-apis';

/**
 * Says at which addresses the pods below a scope reach Google's APIs; unsaid it is `internet`, which is right for any cluster.
 *
 * @throws on what is no such set of addresses
 * @see https://cloud.google.com/vpc/docs/configure-private-google-access
 */
export function reachGoogleApis(scope: Construct, apis: GoogleApis): void {
  scope.node.setContext(CONTEXT, requireGoogleApis('\'googleApis\'', apis));
}

export function googleApisOf(scope: Construct): GoogleApis {
  return (scope.node.tryGetContext(CONTEXT) as GoogleApis | undefined) ?? 'internet';
}
