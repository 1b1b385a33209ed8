import { IncomingMessage, ServerResponse } from 'node:http';
import { runCommandLine } from '../../lib/cli/command-line';
import { ImageReference } from '../../lib/common/image-reference';
import { sha256 } from '../../lib/common/digest';
import { LoopbackServer } from '../rig/loopback-server';

const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] });
const DIGEST = `sha256:${sha256(MANIFEST)}`;

/** Speaks as a registry that gives everybody a token, as Docker's does. */
class Registry extends LoopbackServer {
  readonly seen: string[] = [];
  challenge = () => `Bearer realm="${this.url}/token",service="registry.test",scope="repository:vllm/vllm-openai:pull"`;
  said = DIGEST;
  manifest = MANIFEST;
  status = 200;

  get host(): string {
    return new URL(this.url).host;
  }

  protected async serve({ url = '', headers }: IncomingMessage, _body: Buffer, response: ServerResponse): Promise<void> {
    this.seen.push(`${url} ${headers.authorization ?? '-'} ${headers.accept?.includes('image.index') ? 'index' : ''}`.trim());
    if (url.startsWith('/token')) {
      response.end(JSON.stringify({ token: 'for-everybody' }));
    } else if (headers.authorization !== 'Bearer for-everybody') {
      response.writeHead(401, { 'www-authenticate': this.challenge() }).end();
    } else if (url === '/v2/vllm/vllm-openai/manifests/v0.33.0') {
      response.writeHead(this.status, { 'docker-content-digest': this.said }).end(this.manifest);
    } else {
      response.writeHead(404).end();
    }
  }
}

let registry: Registry;
beforeEach(async () => { registry = await new Registry().listen(); });
afterEach(() => registry.stop());

async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const [out, error]: string[][] = [[], []];
  const code = await runCommandLine(['digest', ...args], {}, { out: line => out.push(line), error: line => error.push(line) });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

const image = (tag = 'v0.33.0'): string => `${registry.host}/vllm/vllm-openai:${tag}`;

test('the digest is that of what the registry sends, with the token that it gives to everybody', async () => {
  expect(await run(image())).toEqual({ code: 0, out: `${registry.host}/vllm/vllm-openai@${DIGEST}`, error: '' });
  expect(registry.seen).toEqual([
    '/v2/vllm/vllm-openai/manifests/v0.33.0 - index',
    '/token?service=registry.test&scope=repository%3Avllm%2Fvllm-openai%3Apull - index',
    '/v2/vllm/vllm-openai/manifests/v0.33.0 Bearer for-everybody index',
  ]);
});

test.each<[string, () => string, number, RegExp]>([
  ['there is none', () => image('v9'), 66, /has no 127\.0\.0\.1:\d+\/vllm\/vllm-openai:v9$/],
  ['it needs a login', () => { registry.challenge = () => 'Basic realm="x"'; return image(); }, 77, /logged in; 'docker buildx imagetools inspect .*v0\.33\.0' prints/],
  ['the token comes from where everybody hears it', () => {
    registry.challenge = () => 'Bearer realm="ftp://example.com/token"';
    return image();
  }, 65, /sends to ftp:\/\/example\.com for a token/],
  ['it is busy', () => { registry.status = 503; return image(); }, 69, /answers 503 for/],
  ['it contradicts itself', () => { registry.said = `sha256:${'0'.repeat(64)}`; return image(); }, 65, /says that .* is sha256:0{64}, but what it sends is/],
  ['it is not there', () => '127.0.0.1:9/vllm/vllm-openai:v0.33.0', 69, /does not answer: .*\. Where it can be reached, 'docker buildx/],
  ['it has a digest', () => `${image()}@${DIGEST}`, 64, /has its digest already/],
  ['it is no image', () => 'VLLM:latest!', 64, /is no image; for example/],
  ['there are two', () => '', 64, /is no image|say which/],
])('a registry or an image of which %s', async (_, name, code, error) => {
  const ended = await run(name());
  expect(ended).toMatchObject({ code, out: '' });
  expect(ended.error).toMatch(new RegExp(error.source, 'm'));
});

test.each([
  ['vllm/vllm-openai:v0.33.0', 'https://registry-1.docker.io/v2/vllm/vllm-openai/manifests/v0.33.0'],
  ['docker.io/python:3.12', 'https://registry-1.docker.io/v2/library/python/manifests/3.12'],
  ['us-docker.pkg.dev/p/r/vllm', 'https://us-docker.pkg.dev/v2/p/r/vllm/manifests/latest'],
  ['localhost:5000/vllm:x', 'http://localhost:5000/v2/vllm/manifests/x'],
])('%s is asked for at %s', (text, url) => expect(ImageReference.of(text).manifestUrl.href).toBe(url));

test('a release is its image, and nothing else is asked for without a network', async () => {
  expect(await run('0.99.0')).toMatchObject({ code: 65, out: '' });
  expect(await run('--help')).toMatchObject({ code: 0, error: '' });
});
