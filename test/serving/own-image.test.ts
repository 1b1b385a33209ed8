import { objectsOf, refusalOf, server, unit } from './rendered';
import { takeImagesFrom, VllmServerProps } from '../../lib';
import { App } from 'cdk8s';
import { KustomizeUnit } from '../../lib';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OWN = 'registry.example.com/vllm-with-plugin:v0.33.0-2';

function imagesOf(scope: KustomizeUnit): string[] {
  const { initContainers, containers } = objectsOf(scope).find(({ kind }) => kind === 'Deployment')!.spec.template.spec;
  return [...initContainers, ...containers].map(({ image }: { image: string }) => image);
}

test('a server runs an image of its own, and checks the weights with it', () => {
  const scope = unit();
  const made = server(scope, { image: OWN });
  expect(imagesOf(scope)).toEqual([OWN, OWN]);
  expect([made.image, made.release.image]).toEqual([OWN, 'docker.io/vllm/vllm-openai:v0.33.0']);
});

test('an image of one\'s own is not looked for in the mirror of the public ones', () => {
  const app = new App();
  takeImagesFrom(app, 'mirror.example.com');
  const [first, second] = ['first', 'second'].map(cell => new KustomizeUnit(app, cell, { cell, namespace: 'vllm' }));
  server(first, { image: OWN });
  server(second, { imageDigest: DIGEST });
  expect(imagesOf(first)).toEqual([OWN, OWN]);
  expect(new Set(imagesOf(second))).toEqual(new Set([`mirror.example.com/vllm/vllm-openai:v0.33.0@${DIGEST}`]));
});

test('with its digest it is one for production', () => {
  const scope = unit();
  server(scope, { image: `${OWN}@${DIGEST}`, requireDigest: true });
  expect(imagesOf(scope)[0]).toBe(`${OWN}@${DIGEST}`);
});

test.each<[string, VllmServerProps['image'], Partial<VllmServerProps>, string]>([
  ['without a tag', 'registry.example.com/vllm', {}, '\'image\' (registry.example.com/vllm) has neither tag nor digest; pin a version'],
  ['of the newest', 'registry.example.com/vllm:latest', {}, 'is whatever is newest on the day of the pull'],
  ['that is none', 'https://registry.example.com/vllm:v1', {}, '\'image\': \'https://registry.example.com/vllm:v1\' is no image; for example'],
  ['beside a digest of another', OWN, { imageDigest: DIGEST }, 'is of the release\'s image, and \'image\' names another one'],
  ['without a digest in production', OWN, { requireDigest: true }, `is known by its tag only, and a tag can come to name another image; write ${OWN}@sha256:…`],
])('an image %s is refused', (_, image, props, message) => expect(refusalOf(() => server(unit(), { image, ...props }))).toContain(message));
