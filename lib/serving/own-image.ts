import { ImageReference } from '../common/image-reference';
import { Refusal } from '../common/refusal';
import { VllmServerProps } from './vllm-server-props';

/**
 * A server's image of one's own.
 *
 * @throws on one that is not pinned, and on a digest of another image beside it
 */
export function requireOwnImage({ image, imageDigest, requireDigest }: Pick<VllmServerProps, 'imageDigest' | 'requireDigest'> & { image: string }): string {
  const { digest } = ImageReference.pinned('image', image);
  if (imageDigest !== undefined) {
    throw new Refusal(`'imageDigest' (${imageDigest}) is of the release's image, and 'image' names another one (${image}); write`
      + ` ${image.split('@')[0]}@sha256:… as 'image', with the digest of that one, and leave imageDigest out`);
  }
  if (requireDigest && digest === undefined) {
    throw new Refusal(`'image' (${image}) is known by its tag only, and a tag can come to name another image; write ${image}@sha256:….`
      + ` 'npx cdk8s-vllm digest ${image}' prints the digest`);
  }
  return image;
}
