import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VLLM_REGISTRIES } from '../../lib/catalog/vllm-registry';
import { REGISTRIES } from './dump';

export const VALUES_FILE = join(REGISTRIES, 'values.ts');

/** Flags whose values become a type; TypeScript sees the texts of a JSON file as any string. */
const TYPES = { VllmDtype: '--dtype', VllmKvCacheDtype: '--kv-cache-dtype', VllmQuantization: '--quantization' };

/** TypeScript of what some flags take, as the committed registries know it. */
export function valuesModule(): string {
  const types = Object.entries(TYPES).map(([type, flag]) => [
    '', `/** Values of \`${flag}\`, of all releases together; what a single release lacks is refused by it. */`,
    `export type ${type} =`, `${valuesOf(flag).map(value => `  | '${value}'`).join('\n')};`,
  ]);
  return ['// Made from the registries beside it by scripts/vllm-registry/values.ts.', ...types.flat(), ''].join('\n');
}

function valuesOf(flag: string): string[] {
  const values = VLLM_REGISTRIES.flatMap(({ flags }) => [...flags[flag].choices ?? flags[flag].values ?? []].map(String));
  return [...new Set(values)].sort();
}

if (require.main === module) {
  writeFileSync(VALUES_FILE, valuesModule());
  console.log(VALUES_FILE);
}
