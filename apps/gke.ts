import * as fs from 'node:fs';
import * as path from 'node:path';
import { App } from 'cdktf';
import { buildMatrix, BuiltMatrix } from './cells';
import { GkeStack } from './gke-stack';
import { runProgram } from './program';
import { readSettings, Settings } from './settings';

const STACK = 'gke';
const ROOT = path.join(__dirname, '..');

/** The Terraform JSON of the cells, and where it belongs. Writes nothing. */
export function terraformOf(settings: Settings, matrix: BuiltMatrix): { readonly file: string; readonly text: string } {
  // The folder is one that exists: cdktf would make it otherwise.
  const stack = new GkeStack(new App({ outdir: ROOT }), STACK, settings, matrix);
  stack.prepareStack();
  stack.runAllValidations();
  const file = path.join(ROOT, 'dist', 'terraform', 'stacks', STACK, 'cdk.tf.json');
  return { file, text: `${JSON.stringify(stack.toTerraform(), undefined, 2)}\n` };
}

/** Only the JSON: state, lock file and plugins of Terraform lie beside it and are not ours. */
export function writeTerraform({ file, text }: { readonly file: string; readonly text: string }): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const next = `${file}.next`;
  fs.writeFileSync(next, text);
  fs.renameSync(next, file);
}

if (require.main === module) {
  runProgram(() => {
    const settings = readSettings(process.env, path.join(ROOT, '.env'));
    const matrix = buildMatrix(ROOT, settings);
    if (process.env.CDKTF_OUTDIR === undefined) {
      writeTerraform(terraformOf(settings, matrix));
    } else {
      // Under `cdktf synth`, which reads what its own App writes.
      const app = new App({ outdir: process.env.CDKTF_OUTDIR });
      new GkeStack(app, STACK, settings, matrix);
      app.synth();
    }
  });
}
