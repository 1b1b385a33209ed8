import { Model } from '../../lib/catalog';
import { directoryOf, revisionOf, slugOf } from '../../lib/weights/model-directory';

test('one directory a revision', () => {
  expect(directoryOf(Model.GEMMA_2_9B_IT)).toBe('google/gemma-2-9b-it/11c9b309abf73637e4b6f9a3fa1e92e615547819');
  expect(revisionOf(Model.GEMMA_2_9B_IT)).toBe('11c9b309abf73637e4b6f9a3fa1e92e615547819');
});

test('the branch of a model without a pinned commit', () => {
  expect(revisionOf(Model.GEMMA_2_27B_IT)).toBe('main');
  expect(directoryOf(Model.GEMMA_2_27B_IT)).toBe('google/gemma-2-27b-it/main');
});

test.each([
  ['meta-llama/Llama-3.3-70B-Instruct', 'llama-3-3-70b-instruct-11c9b309'],
  ['google/gemma-4-26B-A4B-it', 'gemma-4-26b-a4b-it-11c9b309'],
  ['my-model', 'my-model-11c9b309'],
  ['org/__Odd..Name--', 'odd-name-11c9b309'],
])('%s in a name is %s', (id, slug) => {
  expect(slugOf(Model.of({ ...Model.GEMMA_2_9B_IT, id }))).toBe(slug);
});

test('no two models of the catalogue share a name or a directory', () => {
  const models = Model.all();
  expect(new Set(models.map(slugOf)).size).toBe(models.length);
  expect(new Set(models.map(directoryOf)).size).toBe(models.length);
});
