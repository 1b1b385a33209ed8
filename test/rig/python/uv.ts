import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { cacheDirectory } from '../cache';

const UV = '0.13.8';

export function run(command: string, args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function answers(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The machine's own Python. */
export function findPython(): string {
  // the wheels exist for these; the pinned set was resolved for the first
  for (const candidate of ['python3.11', 'python3.12', 'python3.13', 'python3']) {
    if (answers(candidate, '-c', 'import sys, venv, ensurepip; assert (3, 11) <= sys.version_info < (3, 15)')) {
      return execFileSync(candidate, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
    }
  }
  throw new Error('Python 3.11 or newer with venv is not on PATH (Debian: python3 and python3-venv)');
}

/** Installs packages; on PATH, or downloaded once. */
export function findUv(python: string): string {
  if (answers('uv', '--version')) {
    return 'uv';
  }
  const home = cacheDirectory(`uv-${UV}`);
  const uv = join(home, 'bin', 'uv');
  if (!answers(uv, '--version')) {
    run(python, ['-m', 'venv', '--clear', home]);
    run(join(home, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', `uv==${UV}`]);
  }
  return uv;
}
