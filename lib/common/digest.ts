import { createHash } from 'node:crypto';

/** The content's SHA-256, 64 hexadecimal digits. */
export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The first hexadecimal digits of the content's SHA-256: another content has others. */
export function digestOf(content: string, digits = 16): string {
  return sha256(content).slice(0, digits);
}
