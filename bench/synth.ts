import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Checkout } from './checkout';
import { medians, outputOf, Run, sum, timed } from './stopwatch';
import { line, milliseconds } from './table';

const KUBECTL = process.env.KUBECTL ?? 'kubectl';
const ROUNDS = 5;
const NOTHING = { line: [process.execPath, '-e', '0'] };

/** `npm run synth`, whole process against whole process. */
export function compareSynth(now: Checkout, before: Checkout | undefined): void {
  timed(now.synth);
  const dist = join(now.folder, 'dist/kustomize');
  const cells = readdirSync(dist).map(name => join(dist, name)).filter(cell => existsSync(join(cell, 'kustomization.yaml')));
  const haveKubectl = spawnSync(KUBECTL, ['version', '--client']).status === 0;
  const results: Partial<Record<string, Run>> = medians<string>({
    nothing: () => timed(NOTHING),
    ...before && { before: () => timed(before.synth) },
    cold: () => {
      rmSync(join(now.folder, 'node_modules/.cache/cdk8s-vllm'), { recursive: true, force: true });
      return timed(now.synth);
    },
    now: () => timed(now.synth),
    ...haveKubectl && { kubectl: () => sum(cells.map(cell => timed({ line: [KUBECTL, 'kustomize', cell] }))) },
  }, ROUNDS);

  const others = { before: results.before, 'kubectl kustomize': results.kubectl, 'node -e 0': results.nothing };
  console.log(`\nnpm run synth, ${cells.length} folders (medians of ${ROUNDS} processes each, in turn)`);
  console.log(line('node -e 0', results.nothing!));
  if (results.before) {
    console.log(line('before', results.before));
  }
  console.log(line('now', results.now!, others));
  console.log(line('now, with nothing compiled before', results.cold!, others));
  console.log(results.kubectl ? line('kubectl kustomize of all cells', results.kubectl) : '  kubectl kustomize of all cells     not run: no kubectl');
}

/** The Terraform stack of the cells alone. */
export function compareStack(now: Checkout): void {
  const run = (): Run => ({ cpuSeconds: 0, wallSeconds: Number(outputOf(now.program('bench/stack.ts'))), peakBytes: 0 });
  const { wallSeconds } = medians({ stack: run }, ROUNDS).stack;
  console.log(`\nthe Terraform stack of all cells, made and rendered in a running process: ${milliseconds(wallSeconds).trim()} by the clock`);
}
