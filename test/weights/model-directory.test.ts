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
  ['run-7', 'run-7'],
  ['refs/pr/7', '27e26758'],
  ['V1.0_final', 'c4282821'],
])('revision %s in a name is %s', (revision, short) => {
  expect(shortRevisionOf(Model.of({ ...Model.GEMMA_2_9B_IT, revision }))).toBe(short);
});

test.each([
  ['run-2026-11-01', 'run-2026-11-02'], ['release-1', 'release-2'], ['V1', 'v1'], ['v1.0', 'v1-0'], ['refs/pr/1', 'refs/pr/2'],
])('revisions %s and %s are two in names', (...revisions) => {
  const [one, other] = revisions.map(revision => shortRevisionOf(Model.of({ ...Model.GEMMA_2_9B_IT, revision })));
  expect(one).not.toBe(other);
});

test('no two models of the catalogue share a directory', () => {
  const models = Model.all();
  expect(new Set(models.map(directoryOf)).size).toBe(models.length);
});
