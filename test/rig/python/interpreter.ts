import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { cacheDirectory } from '../cache';

/** Releases of github.com/kluctl/go-embed-python: CPython as python-build-standalone builds it, in a Go module. */
const BUILDS: Readonly<Record<PythonVersion, string>> = { 3.12: 'v0.0.0-3.12.3-20240415-2', 3.13: 'v0.0.0-3.13.1-20241219-1' };
const MODULE = 'github.com/kluctl/go-embed-python';
const PLATFORMS: { readonly [platform: string]: string } = {
  'linux x64': 'linux-amd64', 'linux arm64': 'linux-arm64', 'darwin x64': 'darwin-amd64', 'darwin arm64': 'darwin-arm64',
};
const SYMLINK = 0o1000000000;
const DIRECTORY = 0o20000000000;

export type PythonVersion = '3.12' | '3.13';

interface ListedFile {
  readonly name: string;
  /** As Go has it: type bits above those of Unix. */
  readonly perm: number;
  readonly symlink?: string;
}

/** The Python of an image, whatever the machine has; downloads 30 to 60 MB once. Returns its executable. */
export function installInterpreter(version: PythonVersion): string {
  const home = cacheDirectory('python', BUILDS[version]);
  const executable = join(home, 'bin', `python${version}`);
  if (!existsSync(home)) {
    const partial = `${home}.partial-${process.pid}`;
    try {
      unpack(download(BUILDS[version]), partial);
      execFileSync(join(partial, 'bin', `python${version}`), ['-c', 'import ssl, sqlite3, venv'], { stdio: ['ignore', 'ignore', 'inherit'] });
      renameSync(partial, home);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  return executable;
}

function download(build: string): string {
  const platform = PLATFORMS[`${process.platform} ${process.arch}`];
  if (platform === undefined) {
    throw new Error(`the rig has no Python for ${process.platform} ${process.arch}: it has ${Object.keys(PLATFORMS).join(', ')}`);
  }
  // not in a module of anybody's: the checksum database says whether it is the right one
  const answer = execFileSync('go', ['mod', 'download', '-json', `${MODULE}@${build}`], { cwd: tmpdir(), encoding: 'utf8' });
  return join((JSON.parse(answer) as { Dir: string }).Dir, 'python', 'internal', 'data', platform);
}

/** Large files are compressed in the module, and links only named. */
function unpack(source: string, target: string): void {
  const { files } = JSON.parse(readFileSync(join(source, 'files.json'), 'utf8')) as { files: ListedFile[] };
  mkdirSync(target, { recursive: true });
  for (const { name, perm, symlink } of files) {
    const to = join(target, name);
    if (perm & SYMLINK && symlink !== undefined) {
      mkdirSync(dirname(to), { recursive: true });
      symlinkSync(symlink, to);
    } else if (perm >= DIRECTORY) {
      mkdirSync(to, { recursive: true });
    } else {
      const plain = join(source, name);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(`${plain}.gz`)));
      chmodSync(to, perm & 0o777);
    }
  }
}
