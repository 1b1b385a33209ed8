import * as fs from 'node:fs';
import * as path from 'node:path';
import { ServedWith, servedFiles, TELLING_FILES } from './completeness';

/** Files of a folder and of the folders in it, where an embedding keeps its modules; deeper ones are no server's. */
export function filesOf(directory: string): string[] {
  return namesIn(directory).flatMap(name => isFolder(path.join(directory, name))
    ? namesIn(path.join(directory, name)).filter(inner => !isFolder(path.join(directory, name, inner))).map(inner => `${name}/${inner}`)
    : [name]);
}

/**
 * Those that a server needs.
 *
 * @throws when they are not enough for one
 */
export function servedFilesOf(directory: string, paths: readonly string[], servedWith: ServedWith): string[] {
  const telling = paths.filter(name => TELLING_FILES.includes(name)).map(name => [name, fs.readFileSync(path.join(directory, name), 'utf8')] as const);
  return servedFiles({
    id: directory, paths, contents: new Map(telling), say: { trustRemoteCode: '{ trustRemoteCode: true }', skipTokenizerInit: '{ skipTokenizerInit: true }' },
  }, servedWith);
}

function namesIn(directory: string): string[] {
  return fs.readdirSync(directory).sort();
}

/** A link is what it leads to, as in the cache of the hub. */
function isFolder(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
