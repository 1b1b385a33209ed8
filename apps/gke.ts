import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App } from 'cdktf';
import { buildMatrix, BuiltMatrix } from './cells';
import { GkeStack } from './gke-stack';
import { runProgram } from './program';
import { readSettings, Settings } from './settings';

const STACK = 'gke';
const ROOT = path.join(__dirname, '..');

/** Relative to the root; state, lock file and plugins of Terraform lie beside it and are not ours. */
const FILE = `dist/terraform/stacks/${STACK}/cdk.tf.json`;

/** Adds the Terraform JSON of the cells to what is written with them. */
export function addTerraform(settings: Settings, matrix: BuiltMatrix): void {
  // cdktf makes folders where it is to write, although nothing of its own is written here.
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdktf-'));
  try {
    const terraform = withoutCreationStacks(() => {
      const stack = new GkeStack(new App({ outdir }), STACK, settings, matrix);
      stack.runAllValidations();
      return stack.toTerraform() as object;
    });
    matrix.app.addFile(FILE, `${JSON.stringify(terraform, undefined, 2)}\n`);
  } finally {
    fs.rmSync(outdir, { recursive: true });
  }
}

/** cdktf notes for each token where it was made, which takes a quarter of its time; errors keep their stacks. */
function withoutCreationStacks<Result>(work: () => Result): Result {
  const { captureStackTrace } = Error;
  Error.captureStackTrace = () => {};
  try {
    return work();
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
}

// For `cdktf synth`, which reads what cdktf's own App writes.
if (require.main === module) {
  runProgram(() => {
    const settings = readSettings(process.env, path.join(ROOT, '.env'));
    const app = new App({ outdir: process.env.CDKTF_OUTDIR ?? path.join(ROOT, 'dist', 'terraform') });
    new GkeStack(app, STACK, settings, buildMatrix(ROOT, settings));
    app.synth();
  });
}
