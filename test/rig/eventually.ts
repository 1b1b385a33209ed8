import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again until the answer is neither undefined nor false, and returns it. Errors of `ask` count as "not yet"; the last one
 * is part of the error at the end.
 */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false>, withinSeconds = 300): Promise<T> {
  const deadline = Date.now() + withinSeconds * 1000;
  let last: unknown;
  do {
    try {
      last = undefined;
      const answer = await ask();
      if (answer !== undefined && answer !== false) {
        return answer;
      }
    } catch (error) {
      last = error;
    }
    await sleep(50);
  } while (Date.now() < deadline);
  throw new Error(`Not within ${withinSeconds} s: ${what}${last ? `. Last error: ${last}` : ''}`);
}
