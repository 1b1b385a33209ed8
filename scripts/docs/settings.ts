import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './example';
import { code, table } from './markdown';

/** `` `CDK8S_VLLM_NAME`, what it is @default value `` as the settings describe themselves. */
const DESCRIBED = /\/\*\* `(CDK8S_VLLM_\w+)`,? ?(.*?) ?@default (.*?) \*\/\n {2}readonly (\w+)/g;

/** The settings of the matrix. */
export function settingsTable(): string {
  const found = [...readFileSync(join(PROJECT, 'apps/settings.ts'), 'utf8').matchAll(DESCRIBED)];
  if (found.length === 0) {
    throw new Error('apps/settings.ts describes no setting in the form that scripts/docs/settings.ts reads');
  }
  return table(['setting', 'what it is', 'default'], found.map(([, name, what, usual, prop]) => [code(name), what || prop, usual.replace(/^- /, '')]));
}
