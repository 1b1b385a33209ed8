import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../../test/rig/vllm/install';

export const REGISTRIES = join(__dirname, '../../imports/vllm');

export function registryFile(release: string): string {
  return join(REGISTRIES, `${release}.json`);
}

export function committedReleases(): string[] {
  return readdirSync(REGISTRIES).filter(name => name.endsWith('.json')).map(name => name.replace(/\.json$/, '')).sort();
}

/** The registry as the real package of that release prints it. */
export function dumpRegistry(release: string): string {
  // an empty environment: a variable of the caller must not become a default
  return execFileSync(join(install(release), 'bin', 'python'), [join(__dirname, 'dump_registry.py')], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 24,
  });
}

if (require.main === module) {
  const releases = process.argv.slice(2);
  for (const release of releases.length > 0 ? releases : committedReleases()) {
    writeFileSync(registryFile(release), dumpRegistry(release));
    console.log(registryFile(release));
  }
}
