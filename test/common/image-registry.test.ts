import { App } from 'cdk8s';
import { takeImagesFrom } from '../../lib';
import { imageFor } from '../../lib/common/image-registry';
import { refusalOf } from '../refusal-of';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['docker.io/vllm/vllm-openai:v0.33.0', 'mirror.example.com/ai/vllm/vllm-openai:v0.33.0'],
  [`docker.io/vllm/vllm-openai:v0.33.0@${DIGEST}`, `mirror.example.com/ai/vllm/vllm-openai:v0.33.0@${DIGEST}`],
  ['locustio/locust:2.47.0', 'mirror.example.com/ai/locustio/locust:2.47.0'],
  ['python:3.12', 'mirror.example.com/ai/library/python:3.12'],
  ['gcr.io/a/b/c@' + DIGEST, `mirror.example.com/ai/a/b/c@${DIGEST}`],
  ['localhost:5000/a:v1', 'mirror.example.com/ai/a:v1'],
])('%s is taken from %s', (image, taken) => {
  const app = new App();
  expect(imageFor(app, image)).toBe(image);
  takeImagesFrom(app, 'mirror.example.com/ai');
  expect(imageFor(app, image)).toBe(taken);
});

test.each(['mirror.example.com', 'localhost', '10.0.0.7:5000', 'mirror.example.com:5000/ai/models', 'us-central1-docker.pkg.dev/my-project/mirror'])(
  'images can be taken from %s', (registry) => {
    const app = new App();
    takeImagesFrom(app, registry);
    expect(imageFor(app, 'a/b:v1')).toBe(`${registry}/a/b:v1`);
  });

test.each([
  ['https://mirror.example.com', /must not say by which protocol images are pulled; leave https:\/\/ out$/],
  ['mirror.example.com/', /without a slash at its end/],
  ['', /must be the name of a registry/],
  ['Mirror.example.com/AI', /in lower case/],
  ['mirror.example.com/ai:v1', /has a tag or a digest/],
  [`mirror.example.com/ai@${DIGEST}`, /has a tag or a digest/],
  ['mirror/ai', /begins with mirror, which has neither dot nor port: nodes would look for it at docker\.io/],
])('none can be taken from %j', (registry, message) => {
  const refusal = refusalOf(() => takeImagesFrom(new App(), registry));
  expect(refusal).toContain(`'imageRegistry' (${registry}) `);
  expect(refusal).toMatch(message);
});
