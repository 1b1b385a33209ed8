import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdktf';

const outdir = mkdtempSync(join(tmpdir(), 'cdktf-'));
mkdirSync(join(outdir, 'stacks'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** cdktf makes the folder of its stacks where it is not there, although no test writes. */
export function temporaryApp(): App {
  return new App({ outdir });
}
