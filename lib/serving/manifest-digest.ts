import { Model } from '../catalog';
import { sha256 } from '../common/digest';

/**
 * The sha256 of the manifest that the loader writes of a model with a lock: what weights have to be that are copied to a disk, or
 * checked before they are served. None without a lock, for then nobody knows the files beforehand.
 */
export function manifestDigestOf({ id, revision, files }: Model): string[] {
  if (files === undefined) {
    return [];
  }
  const sorted = [...files].sort((a, b) => a.path < b.path ? -1 : 1)
    .map(({ path, size, sha256: digest }) => ({ path, size, sha256: digest }));
  // The bytes of weights_manifest.py
  const text = `${JSON.stringify({ model: id, revision, files: sorted }, undefined, 2)}\n`;
  return [sha256(text)];
}
