const OPENING = /^<!-- docs: ([a-z]+)(?: (\S+))? -->$/;
const CLOSING = '<!-- /docs -->';

/** Makes what stands in a block. `argument` is what follows the block's name. */
export type BlockMaker = (argument: string | undefined) => string;
export type BlockMakers = { readonly [name: string]: BlockMaker };

/**
 * A page with its blocks made again. A block stands between `<!-- docs: NAME ARGUMENT -->` and `<!-- /docs -->`, each on a line of its
 * own; nothing outside of a block is changed.
 *
 * @throws on a block that has no end, no beginning or no maker
 */
export function withBlocks(page: string, text: string, makers: BlockMakers): string {
  const made: string[] = [];
  let open: string | undefined;
  for (const line of text.split('\n')) {
    const [, name, argument] = OPENING.exec(line) ?? [];
    if (open !== undefined) {
      if (name !== undefined) {
        throw new Error(`${page}: the block '${open}' has no ${CLOSING} before the block '${name}'`);
      }
      if (line === CLOSING) {
        made.push(line);
        open = undefined;
      }
      continue;
    }
    if (line === CLOSING) {
      throw new Error(`${page}: ${CLOSING} ends no block`);
    }
    made.push(line);
    if (name !== undefined) {
      open = name;
      made.push(makerOf(page, name, makers)(argument).trimEnd());
    }
  }
  if (open !== undefined) {
    throw new Error(`${page}: the block '${open}' has no ${CLOSING}`);
  }
  return made.join('\n');
}

function makerOf(page: string, name: string, makers: BlockMakers): BlockMaker {
  if (!Object.hasOwn(makers, name)) {
    throw new Error(`${page}: nothing makes a block '${name}'; there are ${Object.keys(makers).sort().join(', ')}`);
  }
  return makers[name];
}
