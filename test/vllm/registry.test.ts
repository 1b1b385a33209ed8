import { readFileSync } from 'node:fs';
import { committedReleases, dumpRegistry, registryFile } from '../../scripts/vllm-registry/dump';
import { VLLM_REGISTRIES } from '../../lib/catalog/vllm-registry';
import { RELEASES } from './releases';

test.each(RELEASES)('the committed registry of %s is what its real package says', (release) => {
  expect(dumpRegistry(release)).toBe(readFileSync(registryFile(release), 'utf8'));
});

test('the library loads every committed registry', () => {
  expect(VLLM_REGISTRIES.map(registry => registry.release)).toEqual(committedReleases());
});
