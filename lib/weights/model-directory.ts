import { Model } from '../catalog';

/** A model without a pinned commit is kept under the branch it is loaded from. */
export function revisionOf(model: Model): string {
  return model.revision ?? 'main';
}

/** Where a bucket keeps a model: one directory a revision, so that a new one never overwrites what is being served. */
export function directoryOf(model: Model): string {
  return `${model.id}/${revisionOf(model)}`;
}

/** A model at a revision as part of an object's name: `gemma-2-9b-it-11c9b309`. */
export function slugOf(model: Model): string {
  return `${dashed(model.id.split('/').at(-1)!)}-${shortRevisionOf(model)}`;
}

/** Enough of a commit to tell it from others, as part of an object's name. */
export function shortRevisionOf(model: Model): string {
  return dashed(revisionOf(model).slice(0, 8));
}

function dashed(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
