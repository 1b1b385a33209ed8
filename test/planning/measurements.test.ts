import * as fs from 'node:fs';
import * as path from 'node:path';
import { judge, Judgement, MeasuredRow } from './measured-row';

// Other measured rows can be judged by the same code: MEASUREMENTS=rows.jsonl npx jest test/planning/measurements
const FILES = process.env.MEASUREMENTS
  ? [process.env.MEASUREMENTS]
  : ['measurements.jsonl', 'measurements-0.32.jsonl'].map(name => path.join(__dirname, name));

/** GiB of KV cache that a plan may be off on average. */
const MEAN_ERROR = 0.35;

function rowsOf(file: string): MeasuredRow[] {
  return fs.readFileSync(file, 'utf8').trim().split('\n').map(line => JSON.parse(line) as MeasuredRow);
}

function lineOf({ id, predicted, measured, below, faults }: Judgement): string {
  const error = below === undefined ? '' : `${below.toFixed(2)} below`;
  return `${id.padEnd(28)} predicted ${predicted.slice(0, 60).padEnd(48)} measured ${measured.padEnd(38)} ${error}`
    + (faults.length > 0 ? `   FAULT ${faults.join('; ')}` : '');
}

describe.each(FILES)('%s', (file) => {
  const rows = rowsOf(file);
  const judgements = rows.map(judge);
  const errors = judgements.flatMap(({ below }) => below === undefined ? [] : [Math.abs(below)]);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;

  test('every row of a real vLLM is predicted inside the bounds', () => {
    process.stdout.write(`${judgements.map(lineOf).join('\n')}\nmean error of the KV cache ${mean.toFixed(2)} GiB\n`);
    expect(judgements.filter(({ faults }) => faults.length > 0)).toEqual([]);
  });

  test('the KV cache is close on average', () => {
    expect(mean).toBeLessThanOrEqual(MEAN_ERROR);
  });

  test('the bounds can fail', () => {
    const row = rows.find(({ ready, kv_tokens, gpu_mem_ready_mib }) => ready === true && kv_tokens && gpu_mem_ready_mib)!;
    expect(judge({ ...row, available_kv_gib: 1 }).faults).not.toEqual([]);
    expect(judge({ ...row, available_kv_gib: 10_000, compile_cache_hit: false }).faults).not.toEqual([]);
    expect(judge({ ...row, kv_tokens: 1 }).faults).not.toEqual([]);
    expect(judge({ ...row, ready: false }).faults).not.toEqual([]);
    expect(judge({ ...row, requested_gib: 1 }).faults).not.toEqual([]);
  });
});
