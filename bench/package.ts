import { cpSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checkout } from './checkout';
import { medians, outputOf, Run } from './stopwatch';
import { line } from './table';

const ROUNDS = 7;

/** What a program reads of the package that it loads. */
const READ = {
  'require(\'cdk8s-vllm\')': 'require(entry)',
  '  and MemoryPlan of it': 'require(entry).MemoryPlan',
  '  and VllmServer of it': 'require(entry).VllmServer',
  '  and all of it': '({ ...require(entry) })',
};

/** How long the built package takes to load, in a running process. */
export function comparePackage(now: Checkout, before: Checkout | undefined): void {
  const builds = mkdtempSync(join(tmpdir(), 'builds-'));
  try {
    const entry = build(now, join(builds, 'now'));
    const old = before && build(before, join(builds, 'before'));
    const results: Partial<Record<string, Run>> = medians<string>({
      ...old !== undefined && { before: () => loaded(old, 'require(entry)') },
      ...Object.fromEntries(Object.entries(READ).map(([name, code]) => [name, () => loaded(entry, code)])),
    }, ROUNDS);
    console.log(`\nthe built package (medians of ${ROUNDS} processes each, in turn; without the start of node)`);
    if (results.before) {
      console.log(line('require(\'cdk8s-vllm\') before', results.before));
    }
    Object.keys(READ).forEach(name => console.log(line(name, results[name]!, { before: results.before })));
  } finally {
    rmSync(builds, { recursive: true });
  }
}

/** Builds as `npm run build` does, but elsewhere. */
function build({ folder }: Checkout, output: string): string {
  run(folder, join(folder, 'node_modules/typescript/bin/tsc'), '-p', 'lib/tsconfig.json', '--outDir', output);
  cpSync(join(folder, 'lib'), join(output, 'lib'), { recursive: true, filter: file => statSync(file).isDirectory() || !file.endsWith('.ts') });
  symlinkSync(join(folder, 'node_modules'), join(output, 'node_modules'));
  const entry = join(output, 'lib/index.js');
  const lazily = join(folder, 'scripts/lazy-index.cjs');
  if (existsSync(lazily)) {
    run(folder, lazily, entry);
  }
  return entry;
}

function loaded(entry: string, code: string): Run {
  const program = `const entry = process.argv[1]; const [cpu, clock] = [process.cpuUsage(), performance.now()]; ${code};`
    + ' console.log(JSON.stringify([process.cpuUsage(cpu).user / 1e6, (performance.now() - clock) / 1e3]))';
  const [cpuSeconds, wallSeconds] = JSON.parse(run('.', '-e', program, entry)) as [number, number];
  return { cpuSeconds, wallSeconds, peakBytes: 0 };
}

function run(folder: string, ...args: string[]): string {
  return outputOf({ line: [process.execPath, ...args], folder });
}
