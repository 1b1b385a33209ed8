import * as fs from 'node:fs';
import * as path from 'node:path';
import { judge, MeasuredRow } from './measured-row';

// Other measured rows can be judged by the same code: MEASUREMENTS=rows.jsonl npx jest test/planning/measurements
const file = process.env.MEASUREMENTS ?? path.join(__dirname, 'measurements.jsonl');
const rows = fs.readFileSync(file, 'utf8').trim().split('\n').map(line => JSON.parse(line) as MeasuredRow);
const judgements = rows.map(judge);

test('every row of a real vLLM is predicted inside the bounds', () => {
  const table = judgements.map(({ id, predicted, measured, faults }) =>
    `${id.padEnd(28)} predicted ${predicted.slice(0, 60).padEnd(48)} measured ${measured}${faults.length > 0 ? `   FAULT ${faults.join('; ')}` : ''}`);
  process.stdout.write(`${table.join('\n')}\n`);
  expect(judgements.filter(({ faults }) => faults.length > 0)).toEqual([]);
});

test('the bounds can fail', () => {
  const row = rows.find(candidate => candidate.id === 'A-llama8-default') ?? rows[0];
  expect(judge({ ...row, available_kv_gib: 1 }).faults).not.toEqual([]);
  expect(judge({ ...row, available_kv_gib: 10_000, compile_cache_hit: false }).faults).not.toEqual([]);
  expect(judge({ ...row, kv_tokens: 1 }).faults).not.toEqual([]);
  expect(judge({ ...row, ready: false }).faults).not.toEqual([]);
  expect(judge({ ...row, requested_gib: 1 }).faults).not.toEqual([]);
});
