import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { medians, Run, timed } from './stopwatch';

const ROOT = resolve(__dirname, '..');
const SERVING = 'apps/synth.ts';
const KUBECTL = process.env.KUBECTL ?? 'kubectl';
const OBJECTS_PER_CELL = 25;
const NODE = [process.execPath, '-r', 'sucrase/register/ts'];

process.chdir(ROOT);
mkdirSync('test/output', { recursive: true });
// Nothing is deleted before the end: ext4 makes new files slowly where many have just been deleted.
const outputs = mkdtempSync('test/output/bench-');
let made = 0;
try {
  compareApp();
  compareStack();
  scale();
} finally {
  rmSync(outputs, { recursive: true });
}

function freshFolder(): string {
  return resolve(outputs, String(made++));
}

/** The real app, whole process against whole process. */
function compareApp(): void {
  if (!existsSync(SERVING)) {
    console.log(`${SERVING}: not run, there is none`);
    return;
  }
  const synthesized = freshFolder();
  timed([...NODE, SERVING], { CDK8S_OUTDIR: synthesized });
  const cells = readdirSync(synthesized).filter(name => existsSync(join(synthesized, name, 'kustomization.yaml'))).sort();
  const haveKubectl = spawnSync(KUBECTL, ['version', '--client']).status === 0;
  const results = medians({
    'node -e 0': () => timed([process.execPath, '-e', '0']),
    'this app, new output': () => timed([...NODE, SERVING], { CDK8S_OUTDIR: freshFolder() }),
    'this app, same output': () => timed([...NODE, SERVING], { CDK8S_OUTDIR: synthesized }),
    'cdk8s App.synth of its charts': () => timed([...NODE, '-r', './bench/stock-synth.ts', SERVING], { CDK8S_OUTDIR: freshFolder() }),
    ...(haveKubectl && { 'kubectl kustomize, all cells': () => sumOf(cells.map(cell => [KUBECTL, 'kustomize', join(synthesized, cell)])) }),
  } as Record<string, () => Run>, 5);

  const ours = results['this app, new output'].seconds;
  console.log(`\n${SERVING}: ${cells.length} folders (medians of 5 whole processes)`);
  for (const [name, { seconds }] of Object.entries(results)) {
    console.log(`  ${name.padEnd(32)} ${milliseconds(seconds)}   this app takes ${(ours / seconds).toFixed(2)} of it`);
  }
  if (!haveKubectl) {
    console.log('  kubectl kustomize                not run: no kubectl');
  }
}

/** The Terraform stack of the cells, beside the start of node. */
function compareStack(): void {
  const results = medians({
    'node -e 0': () => timed([process.execPath, '-e', '0']),
    stack: () => {
      const { status, stdout, stderr } = spawnSync(NODE[0], [...NODE.slice(1), 'bench/stack.ts'], { encoding: 'utf8' });
      if (status !== 0) {
        throw new Error(`bench/stack.ts ended with ${status}: ${stderr}`);
      }
      return { seconds: Number(stdout), peakBytes: 0 };
    },
  }, 5);
  const [floor, stack] = [results['node -e 0'].seconds, results.stack.seconds];
  console.log(`\nthe Terraform stack of all cells, made and rendered in a running process: ${milliseconds(stack).trim()},`
    + ` ${(stack / floor).toFixed(1)} of node -e 0 (${milliseconds(floor).trim()})`);
}

function sumOf(commands: readonly string[][]): Run {
  return { seconds: commands.reduce((sum, command) => sum + timed(command).seconds, 0), peakBytes: 0 };
}

/** The output side alone: cells made of L1 classes, 25 objects each. */
function scale(): void {
  const run = (writer: string, cells: number) => (): Run =>
    timed([...NODE, 'bench/synthetic-app.ts', writer, String(cells), freshFolder()]);
  const ours = medians({ 10: run('ours', 10), 100: run('ours', 100), 1000: run('ours', 1000) }, 5);
  const stock = medians({ 10: run('stock', 10), 100: run('stock', 100) }, 3);

  console.log(`\nsynthetic cells of ${OBJECTS_PER_CELL} objects (medians of 5 whole processes)`);
  for (const [cells, { seconds, peakBytes }] of Object.entries(ours)) {
    const objects = Number(cells) * OBJECTS_PER_CELL;
    const theirs = stock[cells as '10'] as Run | undefined;
    console.log(`  ${cells.padStart(4)} cells ${milliseconds(seconds)} ${String(Math.round(objects / seconds)).padStart(7)} objects/s`
      + `  peak ${Math.round(peakBytes / 2 ** 20)} MiB${theirs ? `  ${(seconds / theirs.seconds).toFixed(2)} of cdk8s App.synth` : ''}`);
  }
  const [few, some, many] = [ours[10], ours[100], ours[1000]].map(({ seconds }) => seconds);
  console.log(`  beyond the first 10 cells: ${Math.round(990 * OBJECTS_PER_CELL / (many - few))} objects/s, `
    + `growth exponent ${(Math.log((many - few) / (some - few)) / Math.log(990 / 90)).toFixed(2)}`);
}

function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000).toString().padStart(6)} ms`;
}
