import { SettingScope } from './google-apis';
import { ImageReference } from './image-reference';
import { Refusal } from './refusal';

const CONTEXT = 'cdk8s-vllm/image-registry';
const EXAMPLE = 'us-central1-docker.pkg.dev/my-project/mirror';

/** What comes before the path of an image: a registry's name, with or without a port and folders. */
const REGISTRY = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;

/**
 * @param what - what a refusal begins with
 * @throws on what no image can begin with, and on a name that an image would be looked for at Docker with
 */
export function requireImageRegistry(what: string, registry: string): string {
  if (typeof registry !== 'string') {
    throw new Refusal(`${what} (${registry}) has to be a string, such as ${EXAMPLE}`);
  }
  if (/^[a-z]+:\/\//.test(registry)) {
    throw new Refusal(`${what} (${registry}) must not say by which protocol images are pulled; leave ${registry.split('//')[0]}// out`);
  }
  if (/@|:[^/]*[^/\d][^/]*$/.test(registry)) {
    throw new Refusal(`${what} (${registry}) has a tag or a digest, which each image has itself; name what stands before all of them, such as ${EXAMPLE}`);
  }
  if (!REGISTRY.test(registry)) {
    throw new Refusal(`${what} (${registry}) must be the name of a registry, with folders behind it if there are some, in lower case and without`
      + ` a slash at its end, such as ${EXAMPLE}`);
  }
  const host = registry.split('/')[0];
  if (!/[.:]|^localhost$/.test(host)) {
    throw new Refusal(`${what} (${registry}) begins with ${host}, which has neither dot nor port: nodes would look for it at docker.io. Write the`
      + ' registry in full');
  }
  return registry;
}

/**
 * Says from where the pods below a scope take the public images of this library, before anything is made there: a mirror, or a registry
 * that is reached without the internet. The path of each image stays, the name of its registry goes:
 * `docker.io/vllm/vllm-openai:v0.33.0` is taken from `REGISTRY/vllm/vllm-openai:v0.33.0`. An `image` that a prop names is taken as it is.
 *
 * @param registry - `HOST/FOLDER`, for example `us-central1-docker.pkg.dev/my-project/mirror`
 * @throws on what no image can begin with
 * @see https://cloud.google.com/artifact-registry/docs/repositories/remote-repo
 */
export function takeImagesFrom(scope: SettingScope, registry: string): void {
  scope.node.setContext(CONTEXT, requireImageRegistry('\'imageRegistry\'', registry));
}

/** A public image as the pods below the scope take it. */
export function imageFor(scope: SettingScope, image: string): string {
  const registry = scope.node.tryGetContext(CONTEXT) as string | undefined;
  return registry === undefined ? image : ImageReference.of(image).below(registry);
}
