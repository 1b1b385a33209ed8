import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from './stopwatch';

/** The last commit that kept programs in every unit and compiled TypeScript in every run: the targets of speed are parts of its times. */
export const COMMIT_BEFORE = 'd00bae4621250303f87a23883c5a45e87f2c5eda';

/** The project in a folder, as its own scripts run it. */
export class Checkout {
  constructor(readonly folder: string) {}

  /** What `npm run synth` runs. */
  get synth(): Command {
    const { scripts } = JSON.parse(readFileSync(join(this.folder, 'package.json'), 'utf8')) as { scripts: { synth: string } };
    const [, ...args] = scripts.synth.split(' ');
    return { line: [process.execPath, ...args], folder: this.folder };
  }

  /** Another program, run as that one is. */
  program(...program: string[]): Command {
    return { line: [...this.synth.line.slice(0, -1), ...program], folder: this.folder };
  }
}

/**
 * The commit before in a checkout of its own, with the packages of this one; it goes when the process ends. Undefined where the clone has
 * not that commit.
 */
export function checkoutBefore(root: string): Checkout | undefined {
  const git = (...args: string[]): boolean => spawnSync('git', ['-C', root, ...args]).status === 0;
  if (!git('cat-file', '-e', `${COMMIT_BEFORE}^{commit}`)) {
    return undefined;
  }
  const place = mkdtempSync(join(tmpdir(), 'before-'));
  const folder = join(place, 'checkout');
  process.on('exit', () => {
    rmSync(place, { recursive: true, force: true });
    git('worktree', 'prune');
  });
  if (!git('worktree', 'add', '--detach', folder, COMMIT_BEFORE)) {
    return undefined;
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return new Checkout(folder);
}
