import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProgramFiles } from '../../lib/pods';

/** Programs in one folder, as they are mounted in a container; `main.py` is the one that is run. The folder goes with the machine. */
export function programFolder(programs: ProgramFiles): string {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'));
  // Readable by the container's user, too.
  chmodSync(folder, 0o755);
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
