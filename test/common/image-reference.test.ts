import { ImageReference } from '../../lib/common/image-reference';
import { refusalOf } from '../refusal-of';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['vllm/vllm-openai:v1', 'docker.io/vllm/vllm-openai:v1'],
  ['python', 'docker.io/library/python'],
  [`a.dev/p/r/vllm:v1@${DIGEST}`, `a.dev/p/r/vllm:v1@${DIGEST}`],
  [`localhost:5000/vllm@${DIGEST}`, `localhost:5000/vllm@${DIGEST}`],
])('%s is %s', (text, whole) => expect(`${ImageReference.of(text)}`).toBe(whole));

test.each(['', 'VLLM:v1', 'a/b:', 'a/b:v 1', 'a/b@sha256:1', `a/b@md5:${'a'.repeat(64)}`, 'a//b:v1'])('%j is no image', (text) => {
  expect(refusalOf(() => ImageReference.of(text))).toBe(`'${text}' is no image; for example docker.io/vllm/vllm-openai:v0.33.0`);
});

test.each([
  ['a.dev/vllm', '\'image\' (a.dev/vllm) has neither tag nor digest; pin a version (…:v1.2.3) or a digest (…@sha256:…)'],
  ['a.dev/vllm:latest', '\'image\' (a.dev/vllm:latest) is whatever is newest on the day of the pull; pin a version (…:v1.2.3) or a digest (…@sha256:…)'],
  ['a.dev/VLLM:v1', '\'image\': \'a.dev/VLLM:v1\' is no image; for example docker.io/vllm/vllm-openai:v0.33.0'],
])('%s is not pinned', (text, message) => expect(refusalOf(() => ImageReference.pinned('image', text))).toBe(message));

test('a digest pins, whatever the tag says', () => {
  expect(ImageReference.pinned('image', `a.dev/vllm:latest@${DIGEST}`).digest).toBe(DIGEST);
});
