import * as fs from 'node:fs';
import * as path from 'node:path';

/** A Python program that stands beside the construct which mounts it. */
export function program(directory: string, fileName: string): { readonly fileName: string; readonly source: string } {
  return { fileName, source: fs.readFileSync(path.join(directory, fileName), 'utf8') };
}
