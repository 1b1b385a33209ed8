import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../cache';
import { sha256 } from '../sha256';

const PACKAGES = [
  'ruff==0.17.5',
  'mypy==2.4.1', 'ast_serialize==0.13.1', 'librt==0.16.0', 'mypy_extensions==1.2.0', 'pathspec==1.1.1', 'typing_extensions==4.16.0',
];

/** A linter and a type checker for Python; downloads 30 MB once. Returns their directory. */
export function installPythonTools(python: string): string {
  const digest = sha256(PACKAGES.join('\n')).slice(0, 8);
  const home = cacheDirectory('vllm', `python-tools-${digest}`);
  if (!existsSync(home)) {
    const partial = `${home}.partial-${process.pid}`;
    const run = (command: string, args: string[]) => execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    try {
      run(python, ['-m', 'venv', partial]);
      run(join(partial, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--no-deps', ...PACKAGES]);
      renameSync(partial, home);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  return home;
}
