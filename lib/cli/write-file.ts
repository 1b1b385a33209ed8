import * as fs from 'node:fs';
import * as path from 'node:path';
import { ExitCode, Failure } from './failure';

/** All or nothing: a reader sees the old file or the new one. */
export function writeFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(temporary, text, { flush: true });
    fs.renameSync(temporary, file);
  } catch (error) {
    if (fs.existsSync(temporary)) {
      fs.rmSync(temporary);
    }
    throw new Failure(ExitCode.CANNOT_CREATE, `${file} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}
