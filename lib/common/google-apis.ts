import { Refusal } from './refusal';

/**
 * Addresses at which Google's APIs are reached. `private`: four that serve every API, `restricted`: four that serve those of VPC Service
 * Controls; both only where a DNS zone leads there. `internet`: all public addresses, since the APIs' own change.
 *
 * @see https://cloud.google.com/vpc/docs/configure-private-google-access
 */
export type GoogleApis = 'private' | 'restricted' | 'internet';

/** Names of the addresses, and their range: https://cloud.google.com/vpc/docs/configure-private-google-access#domain-options */
export const GOOGLE_APIS: { readonly [name in Exclude<GoogleApis, 'internet'>]: { readonly domain: string; readonly cidr: string } } = {
  private: { domain: 'private.googleapis.com', cidr: '199.36.153.8/30' },
  restricted: { domain: 'restricted.googleapis.com', cidr: '199.36.153.4/30' },
};

/** @throws on what is none */
export function requireGoogleApis(what: string, text: string): GoogleApis {
  const known = [...Object.keys(GOOGLE_APIS), 'internet'];
  if (!known.includes(text)) {
    throw new Refusal(`${what} (${text}) must be one of ${known.join(', ')}`);
  }
  return text as GoogleApis;
}

const CONTEXT = 'cdk8s-vllm/google-apis';

/** What settings are kept in for all that is below it; every construct is one. */
export interface SettingScope {
  /** Tree node of the construct. */
  readonly node: { setContext(key: string, value: unknown): void; tryGetContext(key: string): unknown };
}

/**
 * Says at which addresses the pods below a scope reach Google's APIs, before anything is made there; unsaid it is `internet`, which is
 * right for any cluster.
 *
 * @throws on what is no such set of addresses
 * @see https://cloud.google.com/vpc/docs/configure-private-google-access
 */
export function reachGoogleApis(scope: SettingScope, apis: GoogleApis): void {
  scope.node.setContext(CONTEXT, requireGoogleApis('\'googleApis\'', apis));
}

export function googleApisOf(scope: SettingScope): GoogleApis {
  return (scope.node.tryGetContext(CONTEXT) as GoogleApis | undefined) ?? 'internet';
}
