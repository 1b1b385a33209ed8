import { readFileSync } from 'node:fs';
import { committedReleases, dumpRegistry, registryFiles } from '../../scripts/vllm-registry/dump';
import { VLLM_REGISTRIES } from '../../lib/catalog/vllm-registry';
import { RELEASES } from './releases';

test.each(RELEASES)('the committed registry of %s is what its real package says', (release) => {
  for (const [file, text] of registryFiles(dumpRegistry(release))) {
    expect(readFileSync(file, 'utf8')).toBe(text);
  }
});

test('the library loads every committed registry', () => {
  expect(VLLM_REGISTRIES.map(registry => registry.release)).toEqual(committedReleases());
});
