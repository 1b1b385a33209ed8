import { spawnSync } from 'node:child_process';

export interface Run {
  /** User CPU of the whole process and of what it started, as the system accounts for it. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** What the process itself says; 0 when it says nothing. */
  readonly peakBytes: number;
}

export interface Command {
  readonly line: readonly string[];
  readonly folder?: string;
}

/** The shell is asked what its children took: node tells it only of itself. */
const ACCOUNTED = ['bash', '-c', '"$0" "$@"; code=$?; times; exit $code'];

/** Runs a command as a process of its own, from start to end; throws when it fails. */
export function timed({ line, folder }: Command): Run {
  const [program, ...args] = [...ACCOUNTED, ...line];
  const start = process.hrtime.bigint();
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: folder, env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1 << 30 });
  const wallSeconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (error || status !== 0) {
    throw new Error(`${line.join(' ')} ended with ${status}: ${error?.message ?? String(stderr)}`);
  }
  const end = String(stdout.subarray(-200));
  const [, minutes, seconds] = /(\d+)m([\d.]+)s \S+\n$/.exec(end)!;
  return { cpuSeconds: 60 * Number(minutes) + Number(seconds), wallSeconds, peakBytes: 1024 * Number(/^peak (\d+)$/m.exec(end)?.[1] ?? 0) };
}

/** What a command prints; throws when it fails. */
export function outputOf({ line: [program, ...args], folder }: Command): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  }
  return stdout;
}

export function sum(runs: readonly Run[]): Run {
  const total = (part: keyof Run): number => runs.reduce((all, run) => all + run[part], 0);
  return { cpuSeconds: total('cpuSeconds'), wallSeconds: total('wallSeconds'), peakBytes: 0 };
}

/** The median of each contestant; they take turns, so that a slow moment of the machine hits all of them. */
export function medians<Name extends string>(contestants: Record<Name, () => Run>, rounds: number): Record<Name, Run> {
  const names = Object.keys(contestants) as Name[];
  const runs = Object.fromEntries(names.map(name => [name, [] as Run[]])) as Record<Name, Run[]>;
  for (let round = 0; round < rounds; round++) {
    names.forEach(name => runs[name].push(contestants[name]()));
  }
  const middle = (name: Name, part: keyof Run): number => runs[name].map(run => run[part]).sort((a, b) => a - b)[Math.floor(rounds / 2)];
  return Object.fromEntries(names.map(name => [name, {
    cpuSeconds: middle(name, 'cpuSeconds'), wallSeconds: middle(name, 'wallSeconds'), peakBytes: middle(name, 'peakBytes'),
  }])) as Record<Name, Run>;
}
