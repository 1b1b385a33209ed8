import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as settings from '../../apps/settings';
import { PROJECT } from './example';
import { code, table } from './markdown';

/** `` `CDK8S_VLLM_NAME`, what it is @default value `` as the settings describe themselves. */
const DESCRIBED = /\/\*\* `(CDK8S_VLLM_\w+)`,? ?(.*?) ?@default (.*?) \*\/\n {2}readonly (\w+)/g;

/** The settings of the matrix: the table that they make themselves, or one of their comments as long as they make none. */
export function settingsTable(): string {
  const { settingsTable: made } = settings as { readonly settingsTable?: () => string };
  return made === undefined ? describedTable() : made();
}

function describedTable(): string {
  const found = [...readFileSync(join(PROJECT, 'apps/settings.ts'), 'utf8').matchAll(DESCRIBED)];
  return table(['setting', 'what it is', 'default'], found.map(([, name, what, usual, prop]) => [code(name), what || prop, usual.replace(/^- /, '')]));
}
