import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A generated file that is not what it was. */
export interface ChangedFile {
  /** Below the project. */
  readonly path: string;
  /** `undefined`: there was none. */
  readonly before?: string;
  /** `undefined`: there is none. */
  readonly after?: string;
}

/** The files of a folder that differ between a commit and the working tree, those that git does not know yet as well. */
export function changedFiles(project: string, base: string, folder: string): ChangedFile[] {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: project, encoding: 'utf8', maxBuffer: 1 << 28 });
  const names = [
    ...git('diff', '--name-only', '--no-renames', '-z', base, '--', folder).split('\0'),
    ...git('ls-files', '--others', '--exclude-standard', '-z', '--', folder).split('\0'),
  ].filter(name => name !== '').sort();
  const before = contentsAt(project, base, names);
  return names.map((path, index) => {
    const file = join(project, path);
    return { path, before: before[index], after: existsSync(file) ? readFileSync(file, 'utf8') : undefined };
  });
}

/** Of all files by one process: there are hundreds of them. */
function contentsAt(project: string, base: string, names: readonly string[]): (string | undefined)[] {
  const input = names.map(name => `${base}:${name}\n`).join('');
  const { stdout, stderr, status } = spawnSync('git', ['cat-file', '--batch'], { cwd: project, input, maxBuffer: 1 << 28 });
  if (status !== 0) {
    throw new Error(String(stderr));
  }
  let position = 0;
  return names.map(() => {
    const end = stdout.indexOf('\n', position);
    const header = stdout.toString('utf8', position, end);
    if (header.endsWith(' missing')) {
      position = end + 1;
      return undefined;
    }
    const size = Number(header.split(' ')[2]);
    position = end + 1 + size + 1;
    return stdout.toString('utf8', end + 1, end + 1 + size);
  });
}
