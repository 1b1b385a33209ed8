import { Construct } from 'constructs';

export type AnyClass = (new (...args: unknown[]) => unknown) & { of?: (props: unknown) => unknown };

/** What a refusal of `{ nonsense: 1 }` says. */
export const NO_SUCH_PROP = /is missing; it has to be|there is no prop 'nonsense'/;

/** The constructs of an entry that take props, by name. */
export function constructsOf(entry: object): [string, AnyClass][] {
  return (Object.entries(entry) as [string, AnyClass][]).filter(([, type]) => type.prototype instanceof Construct && type.length > 2);
}
