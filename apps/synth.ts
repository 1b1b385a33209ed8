import { GrafanaDashboard, VllmCell } from '../lib';
import { terraformOf } from './gke-stack';
import { runProgram } from './program';

/** Beside it lie Terraform's state, lock file and plugins, which are not ours. */
const TERRAFORM_FILE = 'dist/terraform/stacks/gke/cdk.tf.json';

// Manifests and cloud from the same cells: all of it is written, or nothing.
runProgram((settings, matrix) => {
  const { app, results } = matrix;
  app.addFile(TERRAFORM_FILE, json(terraformOf(settings, matrix)));
  app.addFolder('dist/report', new Map([['cells.json', json(results.map(result => result.report()))]]));
  app.addFolder('dist/grafana', new Map([['vllm.json', GrafanaDashboard.json(settings.release)]]));
  app.synth();
  console.log([VllmCell.LINE_HEADER, ...results.map(result => result.line())].join('\n'));
  console.log('\nkubectl apply -k dist/kustomize/cluster, then kubectl apply -k dist/kustomize/CELL');
});

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
