import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { Block } from '../gke/synthesized';
import { PROJECT } from '../house/sources';
import { cacheDirectory } from '../rig/cache';

const FORK = 'npm:cdktn@0.24.0';
/** The fork takes no newer ones. */
const CONSTRUCTS = '10.7.2';
const OWN = ['apps', 'imports', 'lib', 'cdk8s.yaml'];
/** Prints the default stack, and who made it. */
const PROGRAM = `
  const { App } = require('cdktf');
  const { buildMatrix } = require('./apps/matrix');
  const { gkeStack } = require('./apps/gke-stack');
  const settings = require('./apps/settings').readSettings({}, '/nowhere');
  const stack = gkeStack(new App({ outdir: '.' }), settings, buildMatrix('.', settings));
  stack.runAllValidations();
  console.log(JSON.stringify({ json: stack.toTerraform(), name: require('cdktf/package.json').name }));
`;

/** What the app loads, with the community fork in the place of cdktf: as the README says. */
function packageJson(): string {
  const { devDependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
  const { cdk8s, 'cdk8s-plus-28': plus, '@cdktf/provider-google': provider, sucrase } = devDependencies;
  return JSON.stringify({
    private: true,
    dependencies: {
      cdk8s, 'cdk8s-plus-28': plus, '@cdktf/provider-google': provider, sucrase, constructs: CONSTRUCTS, cdktf: FORK,
    },
    overrides: { '@cdktf/provider-google': { cdktf: '$cdktf' } },
  }, undefined, 2);
}

/** Installed once. */
function modules(): string {
  const text = packageJson();
  const folder = cacheDirectory('fork', createHash('sha256').update(text).digest('hex').slice(0, 8));
  if (!existsSync(folder)) {
    const partial = `${folder}.partial-${process.pid}`;
    mkdirSync(partial, { recursive: true });
    try {
      writeFileSync(join(partial, 'package.json'), text);
      execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--silent'], { cwd: partial, stdio: 'pipe' });
      renameSync(partial, folder);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  return join(folder, 'node_modules');
}

/** The default stack as the same sources make it with the fork, and the fork's own name. */
export function withFork(folder: string): { readonly json: Block; readonly name: string } {
  OWN.forEach(name => cpSync(join(PROJECT, name), join(folder, name), { recursive: true }));
  symlinkSync(modules(), join(folder, 'node_modules'));
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  return JSON.parse(execFileSync(process.execPath, ['-r', 'sucrase/register/ts', '-e', PROGRAM], options)) as { json: Block; name: string };
}
