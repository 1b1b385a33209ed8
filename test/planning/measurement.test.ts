import { Accelerator, Model, VllmRelease } from '../../lib/catalog';
import { Measurement, MeasurementProps, MemoryPlan, MemoryPlanProps, ThroughputPlan, ThroughputPlanProps } from '../../lib/planning';
import { refusalOf } from '../refusal-of';
import { loadTestSummary, vllmBenchResult } from './measured-files';

const LLAMA: MemoryPlanProps = { model: Model.LLAMA_3_1_8B_INSTRUCT, accelerator: Accelerator.H200, release: VllmRelease.V0_32 };
const MEMORY = MemoryPlan.of(LLAMA);
const SERVER = { memory: MEMORY, source: 'summary.json' };
const ROW: MeasurementProps = {
  memory: MEMORY, source: 'https://example.com/benchmark', inputTokens: 1024, outputTokens: 256, clients: 32, outputTokensPerSecond: 3000,
  timeToFirstTokenSeconds: { median: 0.1, p99: 0.3 }, interTokenLatencySeconds: { median: 0.009 },
};
type Load = Omit<ThroughputPlanProps, 'memory' | 'measurements'>;
const LOAD: Load = { inputTokens: 1024, outputTokens: 256, clients: 32 };

function planOf(measured: Partial<MeasurementProps>, load: Partial<Load> = {}, change: Partial<MemoryPlanProps> = {}): ThroughputPlan {
  const memory = MemoryPlan.of({ ...LLAMA, ...change });
  return ThroughputPlan.of({ ...LOAD, ...load, memory, measurements: [Measurement.of({ ...ROW, ...measured })] });
}

describe('a load test', () => {
  test('of users: means of its lengths, medians of its times', () => {
    const { props, totalTokensPerSecond } = Measurement.fromJson(loadTestSummary({ users: 8 }), SERVER);
    expect(props).toMatchObject({ inputTokens: 200, outputTokens: 50, clients: 8, source: 'summary.json' });
    // 40 answers of 50 tokens in 20 seconds
    expect(props.outputTokensPerSecond).toBe(100);
    expect(totalTokensPerSecond).toBe(500);
    expect(props.requestsPerSecond).toBeUndefined();
    // histograms have buckets of 1 %
    expect(props.timeToFirstTokenSeconds!.median / 0.25).toBeCloseTo(1, 1);
    expect(props.timeToFirstTokenSeconds!.p99).toBeGreaterThanOrEqual(props.timeToFirstTokenSeconds!.median);
    expect(props.interTokenLatencySeconds!.median / 0.02).toBeCloseTo(1, 1);
    expect(props.interTokenLatencySeconds!.p99).toBeUndefined();
  });

  test('of a rate', () => {
    const { props } = Measurement.fromJson(loadTestSummary({ users: undefined, requestsPerSecond: 2 }), SERVER);
    expect(props).toMatchObject({ requestsPerSecond: 2 });
    expect(props.clients).toBeUndefined();
  });

  test('the last line of its log is as good', () => {
    const text = loadTestSummary({ users: 8 });
    expect(Measurement.fromJson(`{"summary":${text}}`, SERVER)).toEqual(Measurement.fromJson(text, SERVER));
  });

  test.each<[string, object, string]>([
    ['that went wrong', { troubles: ['1 of 2 workers were lost'] }, 'summary.json: the load was not what was asked for: 1 of 2 workers were lost'],
    ['with cached prompts', { uniquePrompts: false },
      'summary.json: its prompts could lie in the prefix cache, which no plan counts; test with uniquePrompts'],
    ['with failures', { requests: { answered: 40, failed: 2 } }, 'summary.json: 2 of 42 requests failed; a measurement has at most 1 % of such'],
    ['without answers', { requests: { answered: 0, failed: 2 } }, 'summary.json: \'requests.answered\' is 0; nothing was measured'],
    ['that was short', { users: 21 },
      'summary.json: 40 answers to 21 clients are little more than a beginning and an end; measure longer, until there are at least 42'],
    ['of an earlier release', { users: undefined },
      'summary.json: has neither \'users\' nor \'requestsPerSecond\', as those of earlier load tests; test again with this release'],
    ['of another model', { model: 'a/b' },
      'summary.json: measured a model served as \'a/b\', not \'meta-llama/Llama-3.1-8B-Instruct\'; plan that model, or say so with'
      + ' servedModelName if it is the same under another name'],
    ['with a text for a number', { tokens: { in: 'many', out: 1 } }, 'summary.json: \'tokens.in\' ("many") must be a number, 0 or more'],
  ])('%s is refused', (_, change, message) => {
    const text = JSON.stringify({ ...JSON.parse(loadTestSummary({ users: 8 })), ...change });
    expect(refusalOf(() => Measurement.fromJson(text, SERVER))).toBe(message);
  });

  test('a model may be served under another name', () => {
    const text = JSON.stringify({ ...JSON.parse(loadTestSummary({ users: 8 })), model: 'chat' });
    expect(Measurement.fromJson(text, { ...SERVER, servedModelName: 'chat' }).props.clients).toBe(8);
  });
});

describe('a result of vllm bench', () => {
  const bench = { memory: MEMORY, source: 'bench.json' };

  test('of clients, as vLLM itself writes it', () => {
    const { props } = Measurement.fromJson(vllmBenchResult({}), bench);
    expect(props).toMatchObject({
      inputTokens: 64, outputTokens: 16, clients: 4, outputTokensPerSecond: expect.closeTo(352.49, 2),
      timeToFirstTokenSeconds: { median: expect.closeTo(0.05345, 5), p99: expect.closeTo(0.1669, 4) },
      interTokenLatencySeconds: { median: expect.closeTo(0.00516, 5), p99: expect.closeTo(0.0439, 4) },
    });
    expect(props.requestsPerSecond).toBeUndefined();
  });

  test('of a rate, and with fewer percentiles', () => {
    const text = vllmBenchResult({ request_rate: 4, max_concurrency: null, p99_ttft_ms: undefined, median_itl_ms: undefined });
    const { props } = Measurement.fromJson(text, bench);
    expect(props).toMatchObject({ requestsPerSecond: 4, timeToFirstTokenSeconds: { median: expect.closeTo(0.05345, 5) } });
    expect([props.clients, props.timeToFirstTokenSeconds!.p99, props.interTokenLatencySeconds]).toEqual([undefined, undefined, undefined]);
  });

  test.each<[string, object, RegExp]>([
    ['all at once', { max_concurrency: null }, /^bench\.json: sent all 40 prompts at once/],
    ['both', { request_rate: 4 }, /^bench\.json: has a rate \(4\) that --max-concurrency \(4\) may have held back/],
    ['failures', { completed: 30 }, /^bench\.json: 10 of 40 requests failed/],
    ['no output', { output_throughput: 0 }, /^bench\.json: 'output_throughput' is 0/],
    ['another model', { model_id: 'a/b' }, /^bench\.json: measured a model served as 'a\/b'/],
    ['an embedding', { output_throughput: undefined },
      /^bench\.json: is neither summary\.json of a LocustLoadTest nor the result of 'vllm bench/],
  ])('with %s is refused', (_, change, message) => {
    expect(refusalOf(() => Measurement.fromJson(vllmBenchResult(change), bench))).toMatch(message);
  });
});

test.each(['', '[]', 'null', '{}', '{"summary":1}', '{"a":1}\n{"a":2}'])('%j is no file of figures', (text) => {
  const refusal = refusalOf(() => Measurement.fromJson(text, SERVER));
  expect(refusal).toMatch(/^summary\.json: (is no JSON|must be a JSON object|is neither summary\.json)/);
});

describe('a plan of the same server and load', () => {
  test('has the measured figures, and its own beside them', () => {
    const predicted = ThroughputPlan.of({ ...LOAD, memory: MEMORY });
    const plan = planOf({});
    expect(plan).toMatchObject({ basis: 'measured', notes: [], saturated: false });
    expect(plan).toMatchObject({ outputTokensPerSecond: 3000, totalTokensPerSecond: 15_000 });
    expect(plan.requestsPerSecond).toBeCloseTo(3000 / 256, 9);
    expect(plan.timeToFirstTokenSeconds).toEqual({ median: 0.1, p99: 0.3 });
    // what nobody measured is predicted
    expect(plan.interTokenLatencySeconds).toEqual({ median: 0.009, p99: Math.max(0.009, predicted.interTokenLatencySeconds.p99) });
    expect(plan.measurement!.source).toBe('https://example.com/benchmark');
    expect(plan.predicted).toEqual(predicted.predicted);
    expect(predicted).toMatchObject(predicted.predicted);
    expect(predicted.measurement).toBeUndefined();
  });

  test('takes the last of several', () => {
    const measurements = [3000, 3100].map(outputTokensPerSecond => Measurement.of({ ...ROW, outputTokensPerSecond }));
    expect(ThroughputPlan.of({ ...LOAD, memory: MEMORY, measurements }).outputTokensPerSecond).toBe(3100);
  });

  test.each<[string, Partial<MeasurementProps>, Partial<Load>, Partial<MemoryPlanProps>]>([
    ['lengths within a tenth', { inputTokens: 1100, outputTokens: 232.5 }, {}, {}],
    ['short lengths within 16 tokens', { inputTokens: 80 }, { inputTokens: 64 }, {}],
    ['another context', {}, {}, { maxModelLen: 8192 }],
    ['the same in words', { apiServerCount: 1, stream: true }, {}, { tensorParallelSize: 1, dtype: 'bfloat16', kvCacheDtype: 'auto' }],
    ['a rate within a twentieth', { clients: undefined, requestsPerSecond: 4.1, outputTokensPerSecond: 1000 },
      { clients: undefined, requestsPerSecond: 4 }, {}],
  ])('%s is the same', (_, measured, load, change) => {
    expect(planOf(measured, load, change).basis).toBe('measured');
  });

  test.each<[string, Partial<MeasurementProps>, Partial<Load>, Partial<MemoryPlanProps>, string]>([
    ['another card', {}, {}, { accelerator: Accelerator.B200 }, 'accelerator h200 was measured, not b200'],
    ['another model', {}, {}, { model: Model.QWEN3_8B }, 'model meta-llama/Llama-3.1-8B-Instruct was measured, not Qwen/Qwen3-8B'],
    ['another release', {}, {}, { release: VllmRelease.DEFAULT }, 'vLLM 0.32.0 was measured, not 0.33.0'],
    ['another size', {}, {}, { tensorParallelSize: 2 }, 'tensorParallelSize 1 was measured, not 2'],
    ['eager', {}, {}, { enforceEager: true }, 'enforceEager false was measured, not true'],
    ['another dtype', {}, {}, { dtype: 'half' }, 'dtype bfloat16 was measured, not half'],
    ['guesses', {}, {}, { speculative: { method: 'ngram', numTokens: 3 } }, 'speculative none was measured, not ngram of 3'],
    ['fp8', {}, {}, { quantization: 'fp8' }, 'quantization none was measured, not fp8'],
    ['more API servers', {}, { apiServerCount: 2 }, {}, 'apiServerCount 1 was measured, not 2'],
    ['whole answers', {}, { stream: false }, {}, 'stream true was measured, not false'],
    ['longer prompts', { inputTokens: 1140 }, {}, {}, 'inputTokens 1140 was measured, not 1024'],
    ['shorter answers', { outputTokens: 220 }, {}, {}, 'outputTokens 220 was measured, not 256'],
    ['one more client', { clients: 33 }, {}, {}, 'clients 33 was measured, not clients 32'],
    ['a rate', { clients: undefined, requestsPerSecond: 11 }, {}, {}, 'requestsPerSecond 11 was measured, not clients 32'],
    ['a server that fell behind', { clients: undefined, requestsPerSecond: 14 }, { clients: undefined, requestsPerSecond: 14 }, {},
      'the server fell behind: 11.72 of 14 requests a second were answered'],
  ])('%s is another', (_, measured, load, change, difference) => {
    const plan = planOf(measured, load, change);
    expect(plan.basis).not.toBe('measured');
    expect(plan).toMatchObject(plan.predicted);
    expect(Measurement.of({ ...ROW, ...measured }).differencesTo(plan.props)).toContain(difference);
  });
});

describe('figures of a public row', () => {
  test.each<[Partial<MeasurementProps>, string]>([
    [{ source: ' ' }, 'Measurement: \'source\' is empty; say where the figures come from, such as the address of the page'],
    [{ outputTokensPerSecond: 0 }, 'Measurement: \'outputTokensPerSecond\' (0) must be a number above 0'],
    [{ inputTokens: 0.5 }, 'Measurement: \'inputTokens\' (0.5) must be a number of at least 1'],
    [{ clients: 1.5 }, 'Measurement: \'clients\' (1.5) must be a whole number of at least 1'],
    [{ clients: undefined }, 'Measurement: needs either \'clients\' (undefined) or \'requestsPerSecond\' (undefined); give one of them'],
    [{ timeToFirstTokenSeconds: { median: 0.3, p99: 0.1 } }, 'Measurement: \'timeToFirstTokenSeconds.p99\' (0.1) must be a number of at least 0.3'],
    [{ interTokenLatencySeconds: { median: -1 } }, 'Measurement: \'interTokenLatencySeconds.median\' (-1) must be a number of at least 0'],
  ])('%j are refused', (change, message) => {
    expect(refusalOf(() => Measurement.of({ ...ROW, ...change }))).toBe(message);
  });
});
