import { Refusal } from './refusal';

/** Docker's own registry has another name for its API than in its images. https://distribution.github.io/reference/ */
const DOCKER = { name: 'docker.io', api: 'registry-1.docker.io' };
const PATH = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const EXAMPLE = 'docker.io/vllm/vllm-openai:v0.33.0';

/**
 * Name of an image with its tag and digest, taken apart.
 *
 * @see https://github.com/distribution/reference/blob/main/reference.go
 */
export class ImageReference {
  /**
   * @param what - what a refusal begins with
   * @throws on what is none
   */
  static of(text: string, what = ''): ImageReference {
    const [, host = DOCKER.name, path = '', tag, digest] = /^(?:([^/]*[.:][^/]*|localhost)\/)?([^:@]+)(?::([^:@/]+))?(?:@(.+))?$/.exec(text) ?? [];
    if (!PATH.test(path) || (tag !== undefined && !TAG.test(tag)) || (digest !== undefined && !DIGEST.test(digest))) {
      throw new Refusal(`${what}'${text}' is no image; for example ${EXAMPLE}`);
    }
    return new ImageReference(host, host === DOCKER.name && !path.includes('/') ? `library/${path}` : path, tag, digest);
  }

  /**
   * @param prop - the prop that names it
   * @throws on what is none, and on one that names whatever is newest on the day of the pull
   */
  static pinned(prop: string, text: string): ImageReference {
    const image = ImageReference.of(text, `'${prop}': `);
    if (image.digest === undefined && (image.tag === undefined || image.tag === 'latest')) {
      throw new Refusal(`'${prop}' (${text}) ${image.tag === undefined ? 'has neither tag nor digest' : 'is whatever is newest on the day of the pull'};`
        + ` pin a version (…:v1.2.3) or a digest (…@sha256:…)`);
    }
    return image;
  }

  private constructor(
    /** Name of the registry, `docker.io` where none is given. */
    readonly host: string, readonly path: string, readonly tag?: string, readonly digest?: string,
  ) {}

  /** Address of what the tag stands for. A registry of this machine has no certificate, as container engines take it as well. */
  get manifestUrl(): URL {
    const isLocal = /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/.test(this.host);
    const host = this.host === DOCKER.name ? DOCKER.api : this.host;
    return new URL(`${isLocal ? 'http' : 'https'}://${host}/v2/${this.path}/manifests/${this.tag ?? 'latest'}`);
  }

  withDigest(digest: string): string {
    return `${this.host}/${this.path}@${digest}`;
  }

  /** The same image below another registry, as mirrors have it: the path stays, the host goes. */
  below(registry: string): string {
    return `${registry}/${this.path}${this.suffix}`;
  }

  toString(): string {
    return `${this.host}/${this.path}${this.suffix}`;
  }

  private get suffix(): string {
    return `${this.tag === undefined ? '' : `:${this.tag}`}${this.digest === undefined ? '' : `@${this.digest}`}`;
  }
}
