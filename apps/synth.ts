import * as path from 'node:path';
import { buildMatrix } from './cells';
import { terraformOf, writeTerraform } from './gke';
import { runProgram } from './program';
import { ROOT, writeManifests } from './serving';
import { readSettings } from './settings';

// Manifests and cloud from the same cells: what either refuses stops both before a byte is written.
runProgram(() => {
  const settings = readSettings(process.env, path.join(ROOT, '.env'));
  const matrix = buildMatrix(ROOT, settings);
  const terraform = terraformOf(settings, matrix);
  writeManifests(matrix);
  writeTerraform(terraform);
});
