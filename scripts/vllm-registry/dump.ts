import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VLLM_REGISTRY_SECTIONS, VllmRegistry } from '../../lib/catalog/vllm-registry';
import { install } from '../../test/rig/vllm/install';

export const REGISTRIES = join(__dirname, '../../imports/vllm');

export function committedReleases(): string[] {
  return readdirSync(REGISTRIES, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(entry => entry.name).sort();
}

/** The registry as the real package of that release prints it. */
export function dumpRegistry(release: string): VllmRegistry {
  // an empty environment: a variable of the caller must not become a default
  return JSON.parse(execFileSync(join(install(release), 'bin', 'python'), [join(__dirname, 'dump_registry.py')], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 24,
  }));
}

/** File -> text: each section of a registry is a file of its own, so that nobody reads the models who asks for a flag. */
export function registryFiles(registry: VllmRegistry): Map<string, string> {
  return new Map(VLLM_REGISTRY_SECTIONS.map((section) => {
    const rows = Object.entries(registry[section]).map(([name, entry]) => `${JSON.stringify(name)}: ${JSON.stringify(entry)}`);
    return [join(REGISTRIES, registry.release, `${section}.json`), `{\n${rows.join(',\n')}\n}\n`];
  }));
}

if (require.main === module) {
  const releases = process.argv.slice(2);
  for (const release of releases.length > 0 ? releases : committedReleases()) {
    for (const [file, text] of registryFiles(dumpRegistry(release))) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      console.log(file);
    }
  }
}
