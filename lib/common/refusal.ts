/** What a refusal has to know of a construct; every construct is one. */
export interface Refusing {
  readonly constructor: { readonly name: string };
  readonly node: { readonly id: string; readonly path: string };
}

/**
 * An input that cannot work, found before a byte is written: what is wrong with the value got, the numbers, the nearest fix. Every other
 * error that leaves this library is a bug of it.
 */
export class Refusal extends Error {
  /** Path of the construct that refuses; undefined when a plan or a fact does. */
  readonly path?: string;

  constructor(message: string, options: { readonly cause?: unknown; readonly path?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Refusal';
    this.path = options.path;
  }
}

/** The error to throw in the place of one that came up in a construct: a refusal names the construct, a bug stays what it is. */
export function named(construct: Refusing, error: unknown): unknown {
  if (!(error instanceof Refusal) || error.path !== undefined) {
    return error;
  }
  const { constructor, node } = construct;
  return new Refusal(`${constructor.name} '${node.id}': ${error.message}`, { cause: error, path: node.path });
}

/** Does the work; what it refuses names the construct. */
export function refusing<T>(construct: Refusing, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw named(construct, error);
  }
}

/** Does the work; a refusal is an answer as well, everything else is thrown. */
export function orRefusal<T>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) {
      return error;
    }
    throw error;
  }
}
