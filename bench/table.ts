import { Run } from './stopwatch';

/** What a run took, and what part that is of what others took. */
export function line(name: string, { cpuSeconds, wallSeconds }: Run, others: Record<string, Run | undefined> = {}): string {
  const parts = Object.entries(others).flatMap(([other, run]) => run ? [`${(cpuSeconds / run.cpuSeconds).toFixed(2)} of ${other}`] : []);
  return `  ${name.padEnd(34)} ${milliseconds(cpuSeconds)} user CPU ${milliseconds(wallSeconds)} by the clock   ${parts.join(', ')}`.trimEnd();
}

export function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000).toString().padStart(6)} ms`;
}
