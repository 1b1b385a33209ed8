import { Model } from '../catalog';

/** A model without a pinned commit is kept under the branch it is loaded from. */
export function revisionOf(model: Model): string {
  return model.revision ?? 'main';
}

/** Where a bucket keeps a model: one directory a revision, so that a new one never overwrites what is being served. */
export function directoryOf(model: Model): string {
  return `${model.id}/${revisionOf(model)}`;
}

/** Enough of a commit to tell it from others, as part of an object's name. */
export function shortRevisionOf(model: Model): string {
  return revisionOf(model).slice(0, 8).toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
