import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Json } from './config-fields';

let defaults: Readonly<Record<string, Json | string>> | undefined;

/** What the class of the first model type that is known takes for fields that are absent. */
export function defaultsOf(...modelTypes: readonly string[]): Json {
  // most programs read no configuration
  const known = defaults ??= JSON.parse(readFileSync(join(__dirname, '../../../imports/transformers/defaults.json'), 'utf8')) as typeof defaults & object;
  const found = modelTypes.map(type => Object.hasOwn(known, type) ? known[type] : undefined).find(shape => typeof shape === 'object');
  return found as Json | undefined ?? {};
}
