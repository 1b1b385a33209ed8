import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checkout } from './checkout';
import { medians, Run, timed } from './stopwatch';
import { line } from './table';

const OBJECTS_PER_CELL = 25;
const ROUNDS = 3;
const MEMORY = '/dev/shm';
const OUTPUT_BYTES = 2 ** 30;

/** The output side alone: cells made of L1 classes. The growth exponent is 1 where twice the cells take twice the time. */
export function compareScale(now: Checkout, before: Checkout | undefined): void {
  const outputs = mkdtempSync(join(placeOfOutputs(), 'bench-'));
  const run = (checkout: Checkout, writer: string, cells: number) => (): Run => {
    const output = mkdtempSync(join(outputs, 'run-'));
    try {
      return timed(checkout.program('bench/synthetic-app.ts', writer, String(cells), join(output, 'dist')));
    } finally {
      rmSync(output, { recursive: true });
    }
  };
  try {
    const results: Partial<Record<string, Run>> = medians<string>({
      10: run(now, 'ours', 10), 100: run(now, 'ours', 100), 1000: run(now, 'ours', 1000),
      ...before && { 'before 1000': run(before, 'ours', 1000) },
      'stock 10': run(now, 'stock', 10), 'stock 100': run(now, 'stock', 100),
    }, ROUNDS);
    console.log(`\nsynthetic cells of ${OBJECTS_PER_CELL} objects (medians of ${ROUNDS} processes each, in turn; written to ${placeOfOutputs()})`);
    for (const cells of ['10', '100', '1000']) {
      print(Number(cells), `${cells} cells`, results[cells]!, { 'cdk8s App.synth': results[`stock ${cells}`], before: results[`before ${cells}`] });
    }
    if (results['before 1000']) {
      print(1000, '1000 cells before', results['before 1000']);
    }
    const [few, some, many] = ['10', '100', '1000'].map(cells => results[cells]!.cpuSeconds);
    console.log(`  growth exponent beyond the first 10 cells: ${(Math.log((many - few) / (some - few)) / Math.log(990 / 90)).toFixed(2)}`);
  } finally {
    rmSync(outputs, { recursive: true });
  }
}

function print(cells: number, name: string, run: Run, others: Record<string, Run | undefined> = {}): void {
  const rate = (seconds: number): number => Math.round(cells * OBJECTS_PER_CELL / seconds);
  console.log(line(name, run, others));
  const peak = Math.round(run.peakBytes / 2 ** 20);
  console.log(`    ${rate(run.cpuSeconds)} objects per second of user CPU, ${rate(run.wallSeconds)} by the clock, peak ${peak} MiB`);
}

/** In memory, where there is room: how slowly a disk makes files where many have just been deleted is not measured here. */
function placeOfOutputs(): string {
  if (!existsSync(MEMORY)) {
    return tmpdir();
  }
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize > OUTPUT_BYTES ? MEMORY : tmpdir();
}
