import { spawnSync } from 'node:child_process';

export interface Run {
  readonly seconds: number;
  readonly peakBytes: number;
}

/** Runs a command as a process of its own, from start to end; throws when it fails. */
export function timed(command: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const [program, ...args] = command;
  const start = process.hrtime.bigint();
  const { status, stdout, stderr, error } = spawnSync(program, args, { env: { ...process.env, ...env }, maxBuffer: 1 << 30 });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (error || status !== 0) {
    throw new Error(`${command.join(' ')} ended with ${status}: ${error?.message ?? String(stderr)}`);
  }
  return { seconds, peakBytes: Number(/^peak (\d+)$/m.exec(String(stdout.subarray(-100)))?.[1] ?? 0) * 1024 };
}

/** The median of each contestant; they take turns, so that a slow moment of the machine hits all of them. */
export function medians<Name extends string>(contestants: Record<Name, () => Run>, rounds: number): Record<Name, Run> {
  const names = Object.keys(contestants) as Name[];
  const runs = Object.fromEntries(names.map(name => [name, [] as Run[]])) as Record<Name, Run[]>;
  for (let round = 0; round < rounds; round++) {
    names.forEach(name => runs[name].push(contestants[name]()));
  }
  return Object.fromEntries(names.map(name => [name, {
    seconds: middle(runs[name].map(run => run.seconds)),
    peakBytes: middle(runs[name].map(run => run.peakBytes)),
  }])) as Record<Name, Run>;
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
