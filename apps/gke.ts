import * as path from 'node:path';
import { App } from 'cdktf';
import { gkeStack } from './gke-stack';
import { ROOT, runProgram } from './program';

// For `cdktf synth`, `cdktf diff` and `cdktf deploy`, which read what cdktf's own App writes: the same Terraform JSON as `npm run synth`.
runProgram((settings, matrix) => {
  const app = new App({ outdir: process.env.CDKTF_OUTDIR ?? path.join(ROOT, 'dist', 'terraform') });
  gkeStack(app, settings, matrix);
  app.synth();
});
