import { Refusal } from './refusal';

/**
 * A count, a size or seconds, as a manifest can hold it.
 *
 * @throws on everything else, also on what only plain JavaScript can hand over
 */
export function wholeNumber(prop: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER, where = ''): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const shown = typeof value === 'number' ? value : JSON.stringify(value);
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new Refusal(`${where}'${prop}' (${shown}) must be a whole number ${range}`);
  }
  return value;
}
