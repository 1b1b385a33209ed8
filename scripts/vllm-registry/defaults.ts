import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VllmRelease } from '../../lib/catalog';
import { install } from '../../test/rig/vllm/install';

/** What the configuration classes in the default release's environment take for absent fields, as its Python prints it. */
export function dumpDefaults(): string {
  return execFileSync(join(install(VllmRelease.DEFAULT.version), 'bin', 'python'), [join(__dirname, 'dump_config_defaults.py')], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1', HF_HUB_OFFLINE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 24,
  });
}

if (require.main === module) {
  writeFileSync(join(__dirname, '../../imports/transformers/defaults.json'), dumpDefaults());
}
