import { createHash } from 'node:crypto';

/** In hexadecimal digits, of the parts one after the other. */
export function sha256(...parts: (Buffer | string)[]): string {
  const digest = createHash('sha256');
  parts.forEach(part => digest.update(part));
  return digest.digest('hex');
}
