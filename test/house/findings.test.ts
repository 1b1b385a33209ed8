import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './sources';

const FOLDER = join(PROJECT, 'findings');
const FINDINGS = readdirSync(FOLDER).filter(name => name !== 'shared');

/** What a script says before its first command. */
function headOf(name: string): string {
  return /^#!.*\n((?:#.*\n)+)/.exec(readFileSync(join(FOLDER, name), 'utf8'))![1];
}

test.each(FINDINGS)('%s is a script that can be started, and its head has version, behaviour and what was seen', (name) => {
  expect(name).toMatch(/\.sh$/);
  expect(statSync(join(FOLDER, name)).mode & 0o111).toBe(0o111);
  execFileSync('bash', ['-n', join(FOLDER, name)]);
  expect(headOf(name)).toMatch(/^# \S+ v[\d.]+: .+\n(?:# \S.*\n)*(?:# {3}\S.*\n)+$/);
});

test.each(FINDINGS.filter(name => name.startsWith('gcsfuse-')))('%s is about the gcsfuse that the mounts are tested with', (name) => {
  const module = readFileSync(join(PROJECT, 'test/rig/cluster/gcsfuse/go.mod'), 'utf8');
  expect(headOf(name)).toContain(`# gcsfuse ${/googlecloudplatform\/gcsfuse\/v3 (v[\d.]+)/.exec(module)![1]}:`);
});
