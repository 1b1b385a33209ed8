import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As the report of the load test's program wrote it: 40 answers of 50 tokens to 8 users in 20 seconds. */
export function loadTestSummary(change: object = {}): string {
  return changed('load-test.json', change);
}

/** As `vllm bench serve --save-result` of 0.33.0 wrote it: 40 answers of 16 tokens to 4 clients. */
export function vllmBenchResult(change: object = {}): string {
  return changed('vllm-bench.json', change);
}

function changed(file: string, change: object): string {
  return JSON.stringify({ ...JSON.parse(readFileSync(join(__dirname, 'measured', file), 'utf8')), ...change });
}
