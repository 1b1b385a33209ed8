import { resolve } from 'node:path';
import { terraformOf } from '../apps/gke-stack';
import { buildMatrix } from '../apps/matrix';
import { readSettings } from '../apps/settings';

/** Prints the seconds from the cells to the Terraform JSON; the cells themselves are there already. */
const ROOT = resolve(__dirname, '..');
const settings = readSettings({}, resolve(ROOT, '.env'));
const matrix = buildMatrix(ROOT, settings);
const start = process.hrtime.bigint();
JSON.stringify(terraformOf(settings, matrix));
console.log(Number(process.hrtime.bigint() - start) / 1e9);
