import { Accelerator, Model, VllmRelease } from '../../lib/catalog';
import { MemoryPlan, MemoryPlanProps, ThroughputPlan, ThroughputPlanProps } from '../../lib/planning';
import { nameOf, planned, refusalOf } from './pairs';

const LLAMA: MemoryPlanProps = { model: Model.LLAMA_3_1_8B_INSTRUCT, accelerator: Accelerator.H200, release: VllmRelease.V0_32 };
type Load = Omit<ThroughputPlanProps, 'memory'>;
const LOAD: Load = { inputTokens: 1024, outputTokens: 256, clients: 32 };

function planOf(load: Partial<Load> = {}, change: Partial<MemoryPlanProps> = {}): ThroughputPlan {
  return ThroughputPlan.of({ ...LOAD, ...load, memory: MemoryPlan.of({ ...LLAMA, ...change }) });
}

describe('the figures', () => {
  test('agree with one another', () => {
    const plan = planOf();
    expect(plan.totalTokensPerSecond).toBeCloseTo(5 * plan.outputTokensPerSecond, 6);
    expect(plan.requestsPerSecond).toBeCloseTo(plan.outputTokensPerSecond / 256, 6);
    const { timeToFirstTokenSeconds: first, interTokenLatencySeconds: next } = plan;
    expect(first.p99).toBeGreaterThanOrEqual(first.median);
    expect(next.p99).toBeGreaterThanOrEqual(next.median);
    // Little's law: clients are in the engine, or on the way to it
    expect(plan.requestsRunning + plan.requestsWaiting).toBeLessThanOrEqual(32);
    expect(plan.requestsRunning).toBeGreaterThan(30);
    expect(plan).toMatchObject({ basis: 'fitted', notes: [], saturated: false });
  });

  test('more clients never get fewer tokens, and wait longer', () => {
    const plans = [1, 8, 32, 128].map(clients => planOf({ clients }));
    plans.slice(1).forEach((plan, index) => {
      expect(plan.outputTokensPerSecond).toBeGreaterThan(plans[index].outputTokensPerSecond);
      expect(plan.timeToFirstTokenSeconds.median).toBeGreaterThan(plans[index].timeToFirstTokenSeconds.median);
    });
  });

  test('one client waits for the weights', () => {
    expect(planOf({ clients: 1, inputTokens: 128 })).toMatchObject({ boundBy: 'bandwidth' });
  });

  test('long prompts wait for the tensor cores', () => {
    expect(planOf({ clients: 32, inputTokens: 4096 })).toMatchObject({ boundBy: 'compute' });
  });

  test('are there for loads that settle slowly', () => {
    const plan = planOf({ inputTokens: 60_000, outputTokens: 60_000, clients: 1000 });
    expect(plan.outputTokensPerSecond).toBeGreaterThan(100);
    expect(plan.timeToFirstTokenSeconds.median).toBeGreaterThan(60);
  });

  test('an answer of one token has no time between tokens', () => {
    const plan = planOf({ inputTokens: 1, outputTokens: 1, clients: 1000 });
    expect(plan.interTokenLatencySeconds).toEqual({ median: 0, p99: 0 });
    // one API server, and 2 ms for each request
    expect(plan.requestsPerSecond).toBeGreaterThan(250);
    expect(plan.requestsPerSecond).toBeLessThan(500);
  });
});

test('every model of the catalogue that fits a card has figures', () => {
  const faults = planned({ maxModelLen: 'auto' }).flatMap(([props, memory]) => {
    if (!memory.fits || memory.maxModelLen < 192) {
      return [];
    }
    const plan = ThroughputPlan.of({ memory, inputTokens: 128, outputTokens: 64, clients: 4 });
    const { outputTokensPerSecond, bandwidthShare, computeShare, timeToFirstTokenSeconds: first, interTokenLatencySeconds: next } = plan;
    const wrong = [outputTokensPerSecond, bandwidthShare, computeShare, first.median, first.p99, next.median, next.p99]
      .some(value => !(value > 0 && Number.isFinite(value)));
    return wrong || bandwidthShare > 1 || computeShare > 1 ? [nameOf(props)] : [];
  });
  expect(faults).toEqual([]);
});

describe('a queue', () => {
  test('clients beyond the KV cache wait', () => {
    const plan = planOf({ clients: 64 }, { accelerator: Accelerator.L4, maxModelLen: 8192 });
    expect(plan.boundBy).toBe('kv-cache');
    expect(plan.requestsRunning + plan.requestsWaiting).toBeGreaterThan(60);
    expect(plan.requestsWaiting).toBeGreaterThan(30);
    expect(plan.timeToFirstTokenSeconds.median).toBeGreaterThan(0.8 * plan.requestsWaiting / plan.requestsPerSecond);
  });

  test('clients beyond maxNumSeqs wait', () => {
    const plan = planOf({ clients: 64 }, { maxNumSeqs: 16 });
    expect(plan.boundBy).toBe('max-num-seqs');
    expect(plan.requestsRunning).toBeLessThanOrEqual(16);
  });
});

describe('requests at a rate', () => {
  test('are all answered while there is time', () => {
    const plan = planOf({ clients: undefined, requestsPerSecond: 4 });
    expect(plan.saturated).toBe(false);
    expect(Math.abs(plan.requestsPerSecond / 4 - 1)).toBeLessThan(0.1);
    // Little's law
    const residence = plan.timeToFirstTokenSeconds.median + 255 * plan.interTokenLatencySeconds.median;
    expect(Math.abs(plan.requestsRunning / (4 * residence) - 1)).toBeLessThan(0.3);
  });

  test('leave the server idle when they are few', () => {
    const plan = planOf({ clients: undefined, requestsPerSecond: 0.02 });
    expect(Math.abs(plan.requestsPerSecond / 0.02 - 1)).toBeLessThan(0.1);
    expect(plan.requestsRunning).toBeLessThan(0.1);
    expect(plan.bandwidthShare).toBeLessThan(0.1);
  });

  test('that come too fast wait for ever', () => {
    const plan = planOf({ clients: undefined, requestsPerSecond: 1000 });
    expect(plan).toMatchObject({ saturated: true, requestsWaiting: Number.POSITIVE_INFINITY });
    expect(plan.timeToFirstTokenSeconds.median).toBe(Number.POSITIVE_INFINITY);
    expect(plan.requestsPerSecond).toBeLessThan(100);
    expect(plan.outputTokensPerSecond).toBeCloseTo(plan.saturation.outputTokensPerSecond, 6);
  });
});

describe('what is not measured', () => {
  test.each([
    ['another card', {}, { accelerator: Accelerator.L4, maxModelLen: 8192 }, /NVIDIA L4 was not measured/],
    ['a long prompt', { inputTokens: 20000 }, {}, /inputTokens 20000 is outside of the measured 128 to 4096/],
    ['many clients', { clients: 500 }, {}, /clients 500 is outside/],
    ['many GPUs', {}, { tensorParallelSize: 4 }, /number of GPUs 4 is outside/],
    ['adapters', {}, { lora: { maxLoras: 1 } }, /adapters/],
    ['other weights', {}, { model: Model.GPT_OSS_20B }, /mxfp4/],
  ] as [string, Partial<Load>, Partial<MemoryPlanProps>, RegExp][])('%s is an estimate', (_what, load, change, note) => {
    const plan = planOf(load, change);
    expect(plan.basis).toBe('estimate');
    expect(plan.notes.join('\n')).toMatch(note);
  });
});

describe('refused', () => {
  test.each([
    [{ inputTokens: 0 }, 'ThroughputPlan: \'inputTokens\' (0) must be a whole number of at least 1'],
    [{ outputTokens: 1.5 }, 'ThroughputPlan: \'outputTokens\' (1.5) must be a whole number of at least 1'],
    [{ clients: 1e6 }, 'ThroughputPlan: \'clients\' (1000000) must be a whole number from 1 to 100000'],
    [{ clients: undefined }, 'ThroughputPlan: needs \'clients\' or \'requestsPerSecond\'; give one of them'],
    [{ requestsPerSecond: 2 }, 'ThroughputPlan: takes either \'clients\' (32) or \'requestsPerSecond\' (2), not both; leave one out'],
    [{ clients: undefined, requestsPerSecond: -1 }, 'ThroughputPlan: \'requestsPerSecond\' (-1) must be a number above 0'],
    [{ apiServerCount: 65 }, 'ThroughputPlan: \'apiServerCount\' (65) must be a whole number from 1 to 64'],
    [{ inputTokens: 131072 }, 'ThroughputPlan: \'inputTokens\' (131072) and \'outputTokens\' (256) are 131328 tokens together, but maxModelLen of'
    + ' meta-llama/Llama-3.1-8B-Instruct is 131072 here; ask for at most 131072 together'],
  ] as [Partial<Load>, string][])('%j', (load, message) => {
    expect(refusalOf(() => planOf(load))).toBe(message);
  });

  test('a server that does not fit', () => {
    expect(refusalOf(() => planOf({}, { accelerator: Accelerator.L4 })))
      .toMatch(/^ThroughputPlan: needs a server that fits: .* does not fit 1 x NVIDIA L4/);
  });

  test('a card of unknown speed', () => {
    const accelerator = Accelerator.of({ ...Accelerator.H200, speed: undefined, id: 'mine', displayName: 'My card' });
    expect(refusalOf(() => planOf({}, { accelerator }))).toBe('ThroughputPlan: needs the speed of My card; give it as \'speed\' of Accelerator.of(...)');
  });
});
