import { GrafanaDashboard, ServingReport, VllmCell } from '../lib';
import { terraformOf } from './gke-stack';
import { runProgram } from './program';

/** Beside it lie Terraform's state, lock file and plugins, which are not ours. */
const TERRAFORM_FILE = 'dist/terraform/stacks/gke/cdk.tf.json';

/** What a cluster is made with, before any cell is applied. */
const ONCE = ['terraform -chdir=dist/terraform/stacks/gke init', 'terraform -chdir=dist/terraform/stacks/gke apply',
  'kubectl apply -k dist/kustomize/cluster'];

// Manifests and cloud from the same cells: all of it is written, or nothing.
runProgram((settings, matrix) => {
  const { app, results } = matrix;
  app.addFile(TERRAFORM_FILE, json(terraformOf(settings, matrix)));
  app.addFolder('dist/report', ServingReport.of(results, { onceCommands: ONCE }).files);
  app.addFolder('dist/grafana', new Map([['vllm.json', GrafanaDashboard.json(settings.release)]]));
  app.synth();
  console.log([VllmCell.LINE_HEADER, ...results.map(result => result.line())].join('\n'));
  console.log('\nkubectl apply -k dist/kustomize/cluster, then kubectl apply -k dist/kustomize/CELL');
});

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
