import { Model } from '../catalog';
import { isCommit } from '../common/names';
import { fnv1a, nameWords } from '../common/short-name';

const LONGEST_SHORT = 8;

/** A model without a pinned commit is kept under the branch it is loaded from. */
export function revisionOf(model: Model): string {
  return model.revision ?? 'main';
}

/** Where a bucket keeps a model: one directory a revision, so that a new one never overwrites what is being served. */
export function directoryOf(model: Model): string {
  return `${model.id}/${revisionOf(model)}`;
}

/** A revision as part of an object's name: the beginning of a commit, a short word itself, a checksum of anything else. */
export function shortRevisionOf(model: Model): string {
  const revision = revisionOf(model);
  const isName = revision.length <= LONGEST_SHORT && revision === nameWords(revision);
  return isName ? revision : isCommit(revision) ? revision.slice(0, LONGEST_SHORT) : fnv1a(revision);
}
