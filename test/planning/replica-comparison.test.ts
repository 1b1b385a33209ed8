import * as fs from 'node:fs';
import * as path from 'node:path';
import { Accelerator, Model } from '../../lib/catalog';
import { MemoryPlan, MemoryPlanProps, ThroughputPlan } from '../../lib/planning';
import { compare, MeasuredSpeed } from './measured-speed';

const ROWS = fs.readFileSync(path.join(__dirname, 'speeds.jsonl'), 'utf8').trim().split('\n').map(line => JSON.parse(line) as MeasuredSpeed);

function planOf(memory: MemoryPlanProps, clients = 64): ThroughputPlan {
  return ThroughputPlan.of({ memory: MemoryPlan.of(memory), inputTokens: 1024, outputTokens: 256, clients });
}

/** Two servers of one GPU with half of the clients each, measured, beside one with two. */
const measured = ROWS.filter(({ id }) => id === 'D2-llama8-tp2').flatMap((row) => {
  const half = ROWS.filter(one => one.id.startsWith('A2-llama8-plain') && one.inlen === row.inlen && one.conc === row.conc / 2)
    .filter(one => one.stream === row.stream).map(one => one.output_tok_per_s);
  return half.length === 0 ? [] : [{ row, ratio: 2 * half.reduce((sum, tokens) => sum + tokens, 0) / half.length / row.output_tok_per_s }];
});

test('there are rows of two GPUs with rows of one beside them', () => {
  expect(measured.length).toBeGreaterThanOrEqual(2);
});

const named = measured.map(one => [`${one.row.inlen}/${one.row.outlen} x ${one.row.conc}`, one] as const);

test.each(named)('%s: the ratio is near the measured one', (_, { row, ratio }) => {
  const { plan } = compare(row);
  console.log(`replicas to tensor parallel, predicted ${plan.replicas!.ratio.toFixed(2)}, measured ${ratio.toFixed(2)}`);
  // two runs of one load differ by up to 13 %, and a ratio has two of them
  expect(Math.abs(plan.replicas!.ratio / ratio - 1)).toBeLessThan(0.3);
  if (Math.abs(ratio - 1) > 0.15) {
    expect(Math.sign(plan.replicas!.ratio - 1)).toBe(Math.sign(ratio - 1));
  }
});

test('the sentence says who gives more', () => {
  const memory = { model: Model.LLAMA_3_1_8B_INSTRUCT, accelerator: Accelerator.H200, tensorParallelSize: 2 };
  expect(planOf(memory, 256).replicas!.sentence).toMatch(/^2 replicas give 1\.\d\d x the tokens of tensor parallel 2 here$/);
  expect(planOf(memory, 2).replicas!.sentence).toMatch(/^tensor parallel 2 gives \d\.\d\d x the tokens of 2 replicas here$/);
});

test('the replicas are the smallest that hold the model', () => {
  const memory = { model: Model.LLAMA_3_3_70B_INSTRUCT, accelerator: Accelerator.H200, tensorParallelSize: 8, maxModelLen: 8192 };
  const { replicas, tensorParallelSize } = planOf(memory).replicas!;
  expect(MemoryPlan.of({ ...memory, tensorParallelSize }).fits).toBe(true);
  expect(MemoryPlan.of({ ...memory, tensorParallelSize: tensorParallelSize / 2 }).fits).toBe(false);
  expect(replicas * tensorParallelSize).toBe(8);
});

test('there is nothing to compare where no smaller server holds it', () => {
  expect(planOf({ model: Model.GEMMA_2_9B_IT, accelerator: Accelerator.L4, tensorParallelSize: 2 }).replicas).toBeUndefined();
  expect(planOf({ model: Model.QWEN3_8B, accelerator: Accelerator.H100 }).replicas).toBeUndefined();
});

test('fewer clients than replicas leave some of them idle', () => {
  const memory = { model: Model.QWEN3_8B, accelerator: Accelerator.H100, tensorParallelSize: 4 };
  expect(planOf(memory, 1).replicas!.ratio).toBeLessThan(1);
  const rate = ThroughputPlan.of({ memory: MemoryPlan.of(memory), inputTokens: 1024, outputTokens: 256, requestsPerSecond: 2 });
  expect(rate.replicas!.ratio).toBeGreaterThan(0.8);
});
