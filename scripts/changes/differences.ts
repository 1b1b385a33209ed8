/** Where two values differ, and what stands there. */
export interface Difference {
  readonly path: readonly string[];
  /** `undefined`: it is new. */
  readonly before: unknown;
  /** `undefined`: it is gone. */
  readonly after: unknown;
}

/** Every place at which two documents differ. List items are told apart by name, as Kubernetes does it, arguments by their flag. */
export function differencesOf(before: unknown, after: unknown, path: readonly string[] = []): Difference[] {
  const [one, other] = [membersOf(before), membersOf(after)];
  if (one === undefined || other === undefined || Array.isArray(before) !== Array.isArray(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
  }
  return [...new Set([...one.keys(), ...other.keys()])].flatMap(key => differencesOf(one.get(key), other.get(key), [...path, key]));
}

function membersOf(value: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) {
    return new Map(value.map((item, index) => keyed(item, index)));
  }
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}

function keyed(item: unknown, index: number): [string, unknown] {
  if (typeof item === 'string' && item.startsWith('--')) {
    const [flag, ...value] = item.split('=');
    return [flag, value.length > 0 ? value.join('=') : true];
  }
  const name = typeof item === 'object' && item !== null ? (item as { readonly name?: unknown }).name : undefined;
  return [typeof name === 'string' ? name : String(index), item];
}
