import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App } from 'cdktf';
import { GkeStack } from '../lib/gke';
import { Matrix } from './matrix';
import { environmentOf, Settings } from './settings';

/** The cloud that the cells of the matrix need. */
export function gkeStack(scope: App, settings: Settings, { cells, cluster }: Matrix): GkeStack {
  const { region, bucket, release, googleApis, stateBucket } = settings;
  const { identities } = cluster;
  return new GkeStack(scope, 'gke', {
    region, bucket, release, googleApis, stateBucket, cells, identities, environment: environmentOf(settings),
  });
}

/**
 * The same as Terraform JSON. `App.synth` of cdktf would write at once, before the manifests are known to be right, and beside the JSON a
 * manifest of its own; the stack itself gives the same JSON as a value, which is then written together with the rest, or not at all.
 */
export function terraformOf(settings: Settings, matrix: Matrix): object {
  // cdktf makes folders where it is to write, although it writes nothing.
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdktf-'));
  try {
    return withoutCreationStacks(() => {
      const stack = gkeStack(new App({ outdir }), settings, matrix);
      stack.runAllValidations();
      return stack.toTerraform();
    });
  } finally {
    fs.rmSync(outdir, { recursive: true });
  }
}

/** cdktf notes for each token where it was made, which takes a quarter of its time and is written nowhere; errors keep their stacks. */
function withoutCreationStacks<Result>(work: () => Result): Result {
  const { captureStackTrace } = Error;
  Error.captureStackTrace = () => {};
  try {
    return work();
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
}
