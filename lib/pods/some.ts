/** The list as an object has it: no list in the place of an empty one, which the API server drops, so that every apply would change it. */
export function some<T>(values: readonly T[] | undefined): T[] | undefined {
  return values && values.length > 0 ? [...values] : undefined;
}
