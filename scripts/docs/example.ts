import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const PROJECT = resolve(__dirname, '../..');
export const EXAMPLES = join(PROJECT, 'examples');

/** Names of the example programs, without their folder. */
export function exampleNames(): string[] {
  return readdirSync(EXAMPLES).filter(name => name.endsWith('.ts')).sort();
}

/**
 * A project of somebody else, who installed this library and the packages beside it, and copied the examples. The library is the one
 * of this checkout, as it is before it is compiled.
 */
export class ExampleProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'examples-'));

  constructor() {
    cpSync(EXAMPLES, this.folder, { recursive: true });
    const modules = join(this.folder, 'node_modules');
    mkdirSync(join(modules, 'cdk8s-vllm'), { recursive: true });
    writeFileSync(join(modules, 'cdk8s-vllm/index.js'), `module.exports = require(${JSON.stringify(join(PROJECT, 'lib'))});\n`);
    for (const name of ['cdk8s', 'cdk8s-plus-28', 'constructs']) {
      symlinkSync(join(PROJECT, 'node_modules', name), join(modules, name));
    }
  }

  /**
   * Runs one of the examples and gives what it prints.
   *
   * @throws when it fails
   */
  run(name: string): string {
    const register = join(PROJECT, 'node_modules/sucrase/register/ts.js');
    const { status, stdout, stderr, error } = spawnSync(process.execPath, ['-r', register, name], { cwd: this.folder, encoding: 'utf8' });
    if (status !== 0) {
      throw new Error(`examples/${name} fails: ${error?.message ?? stderr}`);
    }
    return stdout;
  }

  /** The folder of the manifests that the examples wrote. */
  get manifests(): string | undefined {
    const folder = join(this.folder, 'dist/kustomize');
    return existsSync(folder) ? folder : undefined;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
