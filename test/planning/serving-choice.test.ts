import * as fs from 'node:fs';
import * as path from 'node:path';
import { Accelerator, Model, VllmRelease } from '../../lib/catalog';
import { MemoryPlan, MemoryPlanProps, ServingChoice, ServingChoiceProps, ServingPriority, ThroughputPlan } from '../../lib/planning';
import { choiceOfSize } from '../../lib/planning/serving-size';
import { MeasuredSpeed, memoryOf } from './measured-speed';
import { refusalOf } from './pairs';

const ROWS = fs.readFileSync(path.join(__dirname, 'speeds.jsonl'), 'utf8').trim().split('\n').map(line => JSON.parse(line) as MeasuredSpeed);
const LLAMA: MemoryPlanProps = { model: Model.LLAMA_3_1_8B_INSTRUCT, accelerator: Accelerator.H200, release: VllmRelease.V0_32 };
const STREAMING_256 = { inputTokens: 128, outputTokens: 512, clients: 256 };

/** Arguments that a choice makes, in the order of the figures below. */
function argumentsOf(row: MeasuredSpeed): string {
  const { maxNumSeqs, maxNumBatchedTokens } = memoryOf(row);
  return [/--api-server-count[ =](\d+)/.exec(row.argv.join(' '))?.[1] ?? '1', maxNumSeqs, maxNumBatchedTokens].join(' ');
}

function mean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** All that differs from the release's own defaults on one GPU is one of the arguments that are chosen. */
const varied = ROWS.filter(({ id, stream }) => id.startsWith('B2-llama8-') && !id.endsWith('-eager') && stream !== false);
const plain = ROWS.filter(({ id, stream }) => id.startsWith('A2-llama8-plain') && stream !== false);
const loads = [...new Set(varied.map(({ inlen, outlen, conc }) => [inlen, outlen, conc].join(' ')))];

/** What was measured of the chosen arguments and of the defaults, under a load. */
function measured(load: string, optimizeFor: ServingPriority): { chosen: MeasuredSpeed[]; own: MeasuredSpeed[]; words: string } {
  const [inputTokens, outputTokens, clients] = load.split(' ').map(Number);
  const choice = ServingChoice.of({ memory: LLAMA, optimizeFor, inputTokens, outputTokens, clients });
  const words = [choice.apiServerCount, choice.memory.maxNumSeqs, choice.memory.maxNumBatchedTokens].join(' ');
  const all = [...plain, ...varied].filter(row => [row.inlen, row.outlen, row.conc].join(' ') === load);
  return { words, chosen: all.filter(row => argumentsOf(row) === words), own: all.filter(row => argumentsOf(row) === '1 1024 8192') };
}

describe('on the rows that vary the arguments', () => {
  test('there are rows of the defaults and of others', () => {
    expect(loads.length).toBeGreaterThanOrEqual(4);
    expect(new Set(varied.map(argumentsOf))).toEqual(new Set(['1 1024 8192', '4 1024 8192', '1 1024 2048']));
  });

  test.each(loads)('%s: chosen for throughput it is never slower than the defaults', (load) => {
    const { chosen, own } = measured(load, 'throughput');
    const tokens = (rows: MeasuredSpeed[]) => mean(rows.map(row => row.output_tok_per_s));
    expect(chosen.length).toBeGreaterThan(0);
    expect(tokens(chosen)).toBeGreaterThanOrEqual(tokens(own));
  });

  test.each(loads)('%s: chosen for latency its first token never comes later', (load) => {
    const { chosen, own, words } = measured(load, 'latency');
    const first = (rows: MeasuredSpeed[]) => mean(rows.map(row => row.ttft_ms_p50!));
    // two API servers were not measured: there the rows of one and of four stand on both sides
    expect(chosen.length > 0 || words.startsWith('2 ')).toBe(true);
    expect(chosen.length === 0 || first(chosen) <= first(own)).toBe(true);
  });

  test('with 256 clients an 8B is at least 1.15 x as fast, with at most 0.2 of the time to the first token', () => {
    const row = (id: string) => ROWS.find(one => one.id === id && one.inlen === 128 && one.conc === 256 && one.stream !== false)!;
    const [before, after] = [row('A2-llama8-plain'), row('B2-llama8-api4')];
    const choice = ServingChoice.of({ memory: LLAMA, optimizeFor: 'throughput', ...STREAMING_256 });
    expect([choice.apiServerCount, choice.memory.maxNumSeqs, choice.memory.maxNumBatchedTokens].join(' ')).toBe(argumentsOf(after));
    expect(after.output_tok_per_s / before.output_tok_per_s).toBeGreaterThanOrEqual(1.15);
    expect(after.ttft_ms_p50! / before.ttft_ms_p50!).toBeLessThanOrEqual(0.2);
    expect(choice.sentence).toMatch(/^maxNumSeqs 1024, maxNumBatchedTokens 8192, apiServerCount 4: 1\.\d\d x the tokens of /);
    expect(choice.sentence).toMatch(/ 0\.[01]\d x their time to the first token$/);
  });
});

describe('a choice', () => {
  const choiceOf = (goal: Omit<ServingChoiceProps, 'memory'>, memory = LLAMA) => ServingChoice.of({ memory, ...goal });

  test('is the release\'s own defaults where those keep the goal and nothing is clearly better', () => {
    const choice = choiceOf({ optimizeFor: 'throughput', clients: 8 });
    expect([choice.apiServerCount, choice.memory.maxNumSeqs, choice.memory.maxNumBatchedTokens]).toEqual([1, 1024, 8192]);
    expect(choice.throughput.outputTokensPerSecond).toBe(choice.byDefault.outputTokensPerSecond);
  });

  test('keeps what is given', () => {
    const memory = { ...LLAMA, maxNumSeqs: 300, maxNumBatchedTokens: 4096 };
    const choice = choiceOf({ optimizeFor: 'throughput', ...STREAMING_256, apiServerCount: 1 }, memory);
    expect([choice.apiServerCount, choice.memory.maxNumSeqs, choice.memory.maxNumBatchedTokens]).toEqual([1, 300, 4096]);
  });

  test('has no more API servers than virtual CPUs for them', () => {
    const counts = [2, 3, 4, 5].map(virtualCpus => choiceOf({ optimizeFor: 'throughput', ...STREAMING_256, virtualCpus }).apiServerCount);
    expect(counts).toEqual([1, 2, 2, 4]);
  });

  test('runs fewer sequences where all of them would be too slow', () => {
    const choice = choiceOf({ interTokenLatencyMs: 10, ...STREAMING_256 });
    expect(1000 * choice.byDefault.interTokenLatencySeconds.median).toBeGreaterThan(10);
    expect(1000 * choice.throughput.interTokenLatencySeconds.median).toBeLessThanOrEqual(10);
    expect(choice.memory.maxNumSeqs).toBeLessThan(256);
  });

  test('runs more sequences where requests wait for a place, and there is memory', () => {
    const memory = { ...LLAMA, accelerator: Accelerator.A100_80GB };
    const choice = choiceOf({ optimizeFor: 'throughput', inputTokens: 64, outputTokens: 128, clients: 1000, apiServerCount: 4 }, memory);
    expect(MemoryPlan.of(memory).maxNumSeqs).toBe(256);
    expect(choice.memory.maxNumSeqs).toBeGreaterThan(256);
    expect(choice.throughput.outputTokensPerSecond).toBeGreaterThan(1.15 * choice.byDefault.outputTokensPerSecond);
  });

  test('never shortens the longest request', () => {
    const memory: MemoryPlanProps = { model: Model.GEMMA_2_9B_IT, accelerator: Accelerator.L4, tensorParallelSize: 2, maxModelLen: 'auto' };
    const own = MemoryPlan.of(memory).maxModelLen;
    for (const clients of [4, 64, 300]) {
      expect(choiceOf({ optimizeFor: 'latency', clients }, memory).memory.maxModelLen).toBeGreaterThanOrEqual(own);
    }
  });

  test('for latency costs neither tokens nor time between them', () => {
    for (const clients of [1, 32, 128, 256]) {
      const { throughput, byDefault } = choiceOf({ optimizeFor: 'latency', inputTokens: 128, outputTokens: 512, clients });
      expect(throughput.timeToFirstTokenSeconds.median).toBeLessThanOrEqual(byDefault.timeToFirstTokenSeconds.median);
      expect(throughput.outputTokensPerSecond).toBeGreaterThanOrEqual(0.98 * byDefault.outputTokensPerSecond);
      expect(throughput.interTokenLatencySeconds.median).toBeLessThanOrEqual(1.02 * byDefault.interTokenLatencySeconds.median);
    }
  });

  test('knows the largest batch that keeps the latencies', () => {
    const choice = choiceOf({ interTokenLatencyMs: 10, inputTokens: 128, outputTokens: 512, clients: 64 });
    const next = (clients: number) => ThroughputPlan.of({ ...choice.throughput.props, clients }).interTokenLatencySeconds.median;
    expect(next(choice.largestBatch)).toBeLessThanOrEqual(0.01);
    expect(next(choice.largestBatch + 1)).toBeGreaterThan(0.01);
    expect(choice.busyBatch).toBeGreaterThan(64);
  });
});

test('a change that the refusal names keeps the goal', () => {
  const goal = { timeToFirstTokenSeconds: 0.1, interTokenLatencyMs: 10, inputTokens: 128, outputTokens: 512 };
  const message = refusalOf(() => ServingChoice.of({ memory: LLAMA, ...goal, clients: 256 }))!;
  const [, clients] = /clients <= (\d+), and more servers/.exec(message)!;
  expect(ServingChoice.of({ memory: LLAMA, ...goal, clients: Number(clients) }).throughput.saturated).toBe(false);
  const [, size] = /^ +tensorParallelSize (\d+)$/m.exec(message)!;
  const larger = ServingChoice.of({ memory: { ...LLAMA, tensorParallelSize: Number(size) }, ...goal, clients: 256 });
  expect(larger.memory.tensorParallelSize).toBe(Number(size));
});

test.each([
  [{ apiServerCount: 0 }, 'ServingChoice: \'apiServerCount\' (0) must be a whole number from 1 to 64'],
  [{ virtualCpus: 0 }, 'ServingChoice: \'virtualCpus\' (0) must be a whole number of at least 1'],
  [{ timeToFirstTokenSeconds: 0 }, 'ServingChoice: \'timeToFirstTokenSeconds\' (0) must be a number above 0 and at most 3600'],
])('%j is refused', (props, message) => {
  expect(refusalOf(() => ServingChoice.of({ memory: LLAMA, optimizeFor: 'throughput', ...props }))).toBe(message);
});

test('a larger size has to give clearly more than replicas of every smaller one', () => {
  const virtualCpus = (gpus: number) => 12 * gpus;
  const sizeOn = (accelerator: Accelerator) => choiceOfSize({
    memory: { model: Model.QWEN3_8B, accelerator, maxModelLen: 8192 }, optimizeFor: 'throughput',
  }, virtualCpus).memory.tensorParallelSize;
  // One L4 holds the model with next to no KV cache; two have enough for the load, as one A100 has.
  expect([Accelerator.L4, Accelerator.A100, Accelerator.H100].map(sizeOn)).toEqual([2, 1, 1]);
});
