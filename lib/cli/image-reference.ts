import { ExitCode, Failure } from './failure';

/** Docker's own registry has another name for its API than in its images. https://distribution.github.io/reference/ */
const DOCKER = { name: 'docker.io', api: 'registry-1.docker.io' };
const PATH = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;

/**
 * Name of an image with its tag, taken apart.
 *
 * @see https://github.com/distribution/reference/blob/main/reference.go
 */
export class ImageReference {
  /** @throws on what is none, and on one that has a digest already */
  static of(text: string): ImageReference {
    const [, host = DOCKER.name, path = '', tag = 'latest'] = /^(?:([^/]*[.:][^/]*|localhost)\/)?([^:@]+)(?::([^:@/]+))?$/.exec(text) ?? [];
    if (!PATH.test(path) || !TAG.test(tag)) {
      const why = text.includes('@') ? 'has its digest already' : 'is no image; for example docker.io/vllm/vllm-openai:v0.33.0';
      throw new Failure(ExitCode.USAGE, `'${text}' ${why}`);
    }
    return new ImageReference(host, host === DOCKER.name && !path.includes('/') ? `library/${path}` : path, tag);
  }

  private constructor(readonly host: string, readonly path: string, readonly tag: string) {}

  /** Address of what the tag stands for. A registry of this machine has no certificate, as container engines take it as well. */
  get manifestUrl(): URL {
    const isLocal = /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/.test(this.host);
    const host = this.host === DOCKER.name ? DOCKER.api : this.host;
    return new URL(`${isLocal ? 'http' : 'https'}://${host}/v2/${this.path}/manifests/${this.tag}`);
  }

  withDigest(digest: string): string {
    return `${this.host}/${this.path}@${digest}`;
  }

  toString(): string {
    return `${this.host}/${this.path}:${this.tag}`;
  }
}
