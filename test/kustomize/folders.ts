import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** A folder for each test, gone after it. */
export function temporaryFolders(): () => string {
  const made: string[] = [];
  afterEach(() => made.splice(0).forEach(folder => rmSync(folder, { recursive: true, force: true })));
  return () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kustomize-')));
    made.push(folder);
    return folder;
  };
}

/** All files below a folder and their content. */
export function contentOf(folder: string): Record<string, string> {
  return Object.fromEntries(filesOf(folder).map(file => [relative(folder, file), lstatSync(file).isFile() ? readFileSync(file, 'utf8') : `link to ${readlinkSync(file)}`]));
}

/** When each file was written, and as which file: a file that is replaced by the same content still differs. */
export function stampsOf(folder: string): Record<string, string> {
  return Object.fromEntries(filesOf(folder).map((file) => {
    const { ino, mtimeMs } = lstatSync(file);
    return [relative(folder, file), `${ino} ${mtimeMs}`];
  }));
}

/** The permissions of every file and folder below a folder. */
export function modesOf(folder: string): Record<string, string> {
  return Object.fromEntries((readdirSync(folder, { recursive: true }) as string[]).sort()
    .map(name => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]));
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
}
