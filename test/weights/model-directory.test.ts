import { Model } from '../../lib/catalog';
import { directoryOf, revisionOf, shortRevisionOf } from '../../lib/weights/model-directory';

test('one directory a revision', () => {
  expect(directoryOf(Model.GEMMA_2_9B_IT)).toBe('google/gemma-2-9b-it/11c9b309abf73637e4b6f9a3fa1e92e615547819');
  expect(revisionOf(Model.GEMMA_2_9B_IT)).toBe('11c9b309abf73637e4b6f9a3fa1e92e615547819');
});

test('the branch of a model without a pinned commit', () => {
  expect(revisionOf(Model.GEMMA_2_27B_IT)).toBe('main');
  expect(directoryOf(Model.GEMMA_2_27B_IT)).toBe('google/gemma-2-27b-it/main');
});

test.each([
  ['11c9b309abf73637e4b6f9a3fa1e92e615547819', '11c9b309'],
  [undefined, 'main'],
  ['refs/pr/7', 'refs-pr'],
  ['V1.0_final', 'v1-0-fin'],
])('revision %s in a name is %s', (revision, short) => {
  expect(shortRevisionOf(Model.of({ ...Model.GEMMA_2_9B_IT, revision }))).toBe(short);
});

test('no two models of the catalogue share a directory', () => {
  const models = Model.all();
  expect(new Set(models.map(directoryOf)).size).toBe(models.length);
});
