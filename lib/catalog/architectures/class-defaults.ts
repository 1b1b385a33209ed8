import defaults from '../../../imports/transformers/defaults.json';
import { Json } from './config-fields';

const DEFAULTS: Readonly<Record<string, Json | string>> = defaults;

/** What the class of the first model type that is known takes for fields that are absent. */
export function defaultsOf(...modelTypes: readonly string[]): Json {
  const known = modelTypes.map(type => Object.hasOwn(DEFAULTS, type) ? DEFAULTS[type] : undefined).find(found => typeof found === 'object');
  return known as Json | undefined ?? {};
}
