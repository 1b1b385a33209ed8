import { Truth } from './row';

/** `figure: before -> after`, for every figure of `before`; `source` says who spoke, and the words of a refusal may change. */
export function differences(before: Truth, after: Truth): string[] {
  if (before.vllm !== after.vllm) {
    return [`vllm: ${before.vllm} -> ${after.vllm}, ${after.refusal ?? before.refusal}`];
  }
  return pairs(before, after).filter(([, one, other]) => JSON.stringify(one) !== JSON.stringify(other))
    .map(([figure, one, other]) => `${figure}: ${JSON.stringify(one)} -> ${JSON.stringify(other)}`);
}

const UNCOMPARED = ['source', 'refusal'];

function pairs(before: object, after: object, path = ''): [string, unknown, unknown][] {
  return Object.entries(before).filter(([key]) => !UNCOMPARED.includes(key)).flatMap(([key, one]) => {
    const figure = path ? `${path}.${key}` : key;
    const other = (after as Record<string, unknown>)[key];
    return isObject(one) && isObject(other) ? pairs(one, other, figure) : [[figure, one, other]];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
