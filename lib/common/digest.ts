import { createHash } from 'node:crypto';

/** The first hexadecimal digits of the content's SHA-256: another content has others. */
export function digestOf(content: string, digits = 16): string {
  return createHash('sha256').update(content).digest('hex').slice(0, digits);
}
