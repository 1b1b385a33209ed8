import * as fs from 'node:fs';
import * as path from 'node:path';

/** What the programs of several workloads share. */
const SHARED = path.join(__dirname, '../workloads/shared');

/** Source text by file name. */
export type ProgramFiles = { readonly [fileName: string]: string };

/** The files of a folder never change while a process runs. */
const read = new Map<string, ProgramFiles>();

/**
 * The Python programs of a workload as they are mounted, all in one folder: those in `program/`, and what they need beside them.
 *
 * @param directory the folder of the workload
 * @param beside names of its other files that are mounted, such as contract.json
 * @param shared names of files of `workloads/shared`
 */
export function programFiles(directory: string, beside: readonly string[], shared: readonly string[]): ProgramFiles {
  const found = read.get(directory) ?? readFiles(directory, beside, shared);
  read.set(directory, found);
  return found;
}

/** Sorted by name, so that they do not depend on the file system. */
function readFiles(directory: string, beside: readonly string[], shared: readonly string[]): ProgramFiles {
  const own = fs.readdirSync(path.join(directory, 'program')).filter(name => name.endsWith('.py'));
  const files = [
    ...own.map(name => path.join(directory, 'program', name)),
    ...beside.map(name => path.join(directory, name)),
    ...shared.map(name => path.join(SHARED, name)),
  ];
  const byName = new Map(files.map(file => [path.basename(file), file]));
  if (byName.size < files.length) {
    throw new Error(`two programs of ${directory} have one name, and would be one file in the container`);
  }
  return Object.fromEntries([...byName].sort(([a], [b]) => a < b ? -1 : 1).map(([name, file]) => [name, fs.readFileSync(file, 'utf8')]));
}
