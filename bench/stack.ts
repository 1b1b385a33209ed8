import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App } from 'cdktf';
import { gkeStack } from '../apps/gke-stack';
import { buildMatrix } from '../apps/matrix';
import { readSettings } from '../apps/settings';

/** Prints the seconds from the cells to the Terraform JSON; the cells themselves are there already. */
const ROOT = resolve(__dirname, '..');
const settings = readSettings({}, resolve(ROOT, '.env'));
const outdir = mkdtempSync(join(tmpdir(), 'cdktf-'));
const matrix = buildMatrix(ROOT, settings);
const start = process.hrtime.bigint();
const stack = gkeStack(new App({ outdir }), settings, matrix);
stack.runAllValidations();
JSON.stringify(stack.toTerraform());
console.log(Number(process.hrtime.bigint() - start) / 1e9);
rmSync(outdir, { recursive: true });
