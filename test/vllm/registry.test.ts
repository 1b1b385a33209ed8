import { readFileSync } from 'node:fs';
import { committedReleases, dumpRegistry, registryFile } from '../../imports/vllm/dump';
import { VLLM_REGISTRIES } from '../../imports/vllm/registry';
import { DEFAULT_RELEASE } from '../rig/vllm';

// the others cost a download of 3 GB; ALL_RELEASES=1 when a registry or the script changed
const RELEASES = process.env.ALL_RELEASES === '1' ? committedReleases() : [DEFAULT_RELEASE];

test.each(RELEASES)('the committed registry of %s is what its real package says', (release) => {
  expect(dumpRegistry(release)).toBe(readFileSync(registryFile(release), 'utf8'));
});

test('the library loads every committed registry', () => {
  expect(VLLM_REGISTRIES.map(registry => registry.release)).toEqual(committedReleases());
});
