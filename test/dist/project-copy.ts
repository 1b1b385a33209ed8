import { ChildProcess, spawn, SpawnOptions } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { contentOf } from '../kustomize/folders';
import { Ended, ended } from '../kustomize/child-program';

export const PROJECT = resolve(__dirname, '../..');
const COPIED = ['apps', 'imports', 'lib', 'scripts', 'cdk8s.yaml', 'package.json'];

export type Tree = Record<string, string>;

/** The project without what it generates, in a folder of its own: what runs there cannot touch the checkout. */
export class ProjectCopy {
  public readonly folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'project-')));

  constructor() {
    COPIED.forEach(name => fs.cpSync(join(PROJECT, name), join(this.folder, name), { recursive: true }));
    fs.symlinkSync(join(PROJECT, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** What `npm run synth` starts. */
  public start(env: NodeJS.ProcessEnv = {}, options: SpawnOptions = {}, before = ''): ChildProcess {
    const command = [process.execPath, '-r', join(this.folder, 'scripts/run-ts.cjs'), join(this.folder, 'apps/synth.ts')];
    return spawn('/bin/sh', ['-c', `${before}exec "$0" "$@"`, ...command], { cwd: this.folder, env: { ...cleanEnvironment(), ...env }, ...options });
  }

  public async synth(env: NodeJS.ProcessEnv = {}, before = ''): Promise<Ended> {
    return ended(this.start(env, {}, before));
  }

  public async cdk8sSynth(): Promise<Ended> {
    const cli = join(this.folder, 'node_modules/cdk8s-cli/bin/cdk8s');
    return ended(spawn(process.execPath, [cli, 'synth', '--check-upgrade=false'], { cwd: this.folder, env: cleanEnvironment() }));
  }

  /** Everything that is generated. */
  public get dist(): Tree {
    return contentOf(join(this.folder, 'dist'));
  }

  public path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  public remove(): void {
    fs.rmSync(this.folder, { recursive: true });
  }
}

/** Settings of whoever runs the tests are none of ours. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CDK8S_')));
}
