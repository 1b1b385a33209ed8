import * as path from 'node:path';
import { buildMatrix } from './cells';
import { addTerraform } from './gke';
import { runProgram } from './program';
import { ROOT, writeManifests } from './serving';
import { readSettings } from './settings';

// Manifests and cloud from the same cells: all of it is written, or nothing.
runProgram(() => {
  const settings = readSettings(process.env, path.join(ROOT, '.env'));
  const matrix = buildMatrix(ROOT, settings);
  addTerraform(settings, matrix);
  writeManifests(matrix);
});
