import * as path from 'node:path';
import { LINE_HEADER, lineOf, reportOf } from './cell-report';
import { buildMatrix, BuiltMatrix } from './cells';
import { runProgram } from './program';
import { readSettings } from './settings';

export const ROOT = path.join(__dirname, '..');

/** Writes the manifests and the report, all or nothing. */
export function writeManifests({ app, results }: BuiltMatrix): void {
  const report = results.map(reportOf);
  app.addFolder('dist/report', new Map([['cells.json', `${JSON.stringify(report, undefined, 2)}\n`]]));
  app.synth();

  console.log([LINE_HEADER, ...results.map(lineOf)].join('\n'));
  console.log('\nkubectl apply -k dist/kustomize/cluster, then kubectl apply -k dist/kustomize/CELL');
}

if (require.main === module) {
  runProgram(() => writeManifests(buildMatrix(ROOT, readSettings(process.env, path.join(ROOT, '.env')))));
}
