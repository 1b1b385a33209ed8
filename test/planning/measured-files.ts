import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As the report of the load test's program wrote it: 40 answers of 50 tokens to 8 users in 20 seconds. */
export function loadTestSummary(change: object = {}): string {
  return changed('load-test.json', change);
}

/**
 * What `vllm bench serve --save-result` of 0.33.0 writes, of 40 answers of 16 tokens to 4 clients. The form is the program's own; the
 * server that it asked slept for a while a token, so the figures say nothing of the model and card that the tests take them for.
 */
export function vllmBenchResult(change: object = {}): string {
  return changed('vllm-bench.json', change);
}

function changed(file: string, change: object): string {
  return JSON.stringify({ ...JSON.parse(readFileSync(join(__dirname, 'measured', file), 'utf8')), ...change });
}
