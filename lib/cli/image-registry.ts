import { sha256 } from '../common/digest';
import { ImageReference } from '../common/image-reference';
import { ExitCode, Failure } from './failure';

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json',
];
/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests */
const LARGEST_BYTES = 4 * 2 ** 20;
const ANSWER_MILLISECONDS = 30_000;

/**
 * The digest that a tag stands for now, as the registry has it: that of the list of all platforms, where there is one.
 *
 * @throws when there is no such image, it needs a login, or the registry cannot be reached
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
export async function digestOfTag(image: ImageReference): Promise<string> {
  const url = image.manifestUrl;
  let response = await ask(image, url);
  if (response.status === 401) {
    const token = await tokenFor(image, url, response.headers.get('www-authenticate') ?? '');
    response = await ask(image, url, token);
  }
  if (response.status === 404) {
    throw new Failure(ExitCode.NO_INPUT, `${url.host} has no ${image}`);
  }
  if (response.status === 401 || response.status === 403) {
    throw new Failure(ExitCode.NO_PERMISSION, `${url.host} shows ${image} to those who are logged in; ${otherwise(image)}`);
  }
  if (!response.ok) {
    throw new Failure(ExitCode.UNAVAILABLE, `${url.host} answers ${response.status} for ${image}; ${otherwise(image)}`);
  }
  const manifest = Buffer.from(await response.arrayBuffer());
  const digest = `sha256:${sha256(manifest)}`;
  const said = response.headers.get('docker-content-digest') ?? digest;
  if (said !== digest || manifest.length > LARGEST_BYTES) {
    throw new Failure(ExitCode.DATA, `${url.host} says that ${image} is ${said}, but what it sends is ${digest} of ${manifest.length} bytes`);
  }
  return digest;
}

async function ask(image: ImageReference, url: URL, token?: string): Promise<Response> {
  const headers = new Headers({ accept: MANIFESTS.join(', '), 'user-agent': 'cdk8s-vllm' });
  if (token !== undefined) {
    headers.set('authorization', `Bearer ${token}`);
  }
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MILLISECONDS) });
  } catch (error) {
    const { cause, message } = error as Error & { readonly cause?: NodeJS.ErrnoException };
    throw new Failure(ExitCode.UNAVAILABLE, `${url.host} does not answer: ${cause?.code ?? message}. ${otherwise(image, 'Where it can be reached, ')}`);
  }
}

/** What everybody gets who asks for it. https://distribution.github.io/distribution/spec/auth/token/ */
async function tokenFor(image: ImageReference, registry: URL, challenge: string): Promise<string | undefined> {
  const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  if (!/^bearer /i.test(challenge) || !URL.canParse(fields.realm ?? '')) {
    return undefined;
  }
  const realm = new URL(fields.realm);
  if (realm.protocol !== 'https:' && realm.protocol !== registry.protocol) {
    throw new Failure(ExitCode.DATA, `${registry.host} sends to ${realm.origin} for a token, where it would be seen by everybody`);
  }
  for (const name of ['service', 'scope'].filter(field => field in fields)) {
    realm.searchParams.set(name, fields[name]);
  }
  const response = await ask(image, realm);
  const given = (response.ok ? await response.json() : {}) as { readonly token?: string; readonly access_token?: string };
  return given.token ?? given.access_token;
}

function otherwise(image: ImageReference, beginning = ''): string {
  return `${beginning}'docker buildx imagetools inspect ${image}' prints the digest`;
}
