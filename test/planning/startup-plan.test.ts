import { Model } from '../../lib/catalog';
import { StartupPlan } from '../../lib/planning';
import { GIB } from '../../lib/common/bytes';
import { refusalOf } from './pairs';

const MIB = 2 ** 20;

test('Llama 3.1 8B from a bucket, term by term', () => {
  const plan = StartupPlan.of({ model: Model.LLAMA_3_1_8B_INSTRUCT, weightsBytesPerSecond: 400 * MIB });
  expect(plan).toEqual({
    // 12 GiB at 60 MiB/s
    nodeSeconds: 600,
    imagePullSeconds: 205,
    // 16,060,522,496 / 419,430,400 = 38.3
    loadSeconds: 39,
    // 30 + (20 + 0.6 x 32) + 15 = 84.2
    engineSeconds: 85,
    readySeconds: 124,
    newNodeSeconds: 929,
    // 3 x 124 is less than 10 minutes
    budgetSeconds: 600,
    probePeriodSeconds: 10,
    probeFailureThreshold: 60,
    engineReadyTimeoutSeconds: 600,
    // and 3 pulls and a node
    progressDeadlineSeconds: 600 + 3 * 205 + 600,
  });
});

test('a large model gets three times its estimate, in whole probes', () => {
  const plan = StartupPlan.of({ model: Model.LLAMA_3_3_70B_INSTRUCT, weightsBytesPerSecond: 0.4 * GIB });
  // 131.417 / 0.4 = 328.5; 30 + 20 + 0.6 x 80 + 15
  expect([plan.loadSeconds, plan.engineSeconds, plan.readySeconds]).toEqual([329, 113, 442]);
  // 3 x 442 = 1,326
  expect([plan.budgetSeconds, plan.probeFailureThreshold, plan.engineReadyTimeoutSeconds]).toEqual([1330, 133, 1330]);
});

test('mixtures of experts capture longer, online quantization takes its time, eager execution none', () => {
  const seconds = (model: Model, change: object) => StartupPlan.of({ model, weightsBytesPerSecond: GIB, ...change }).engineSeconds;
  // 30 + 20 + 0.6 x 24 + 65
  expect(seconds(Model.GPT_OSS_20B, {})).toBe(130);
  expect(seconds(Model.LLAMA_3_1_8B_INSTRUCT, { quantizedOnline: true })).toBe(115);
  expect(seconds(Model.LLAMA_3_1_8B_INSTRUCT, { enforceEager: true })).toBe(30);
});

test('a budget of one\'s own is kept when it suffices', () => {
  const plan = StartupPlan.of({ model: Model.LLAMA_3_1_8B_INSTRUCT, weightsBytesPerSecond: 400 * MIB, budgetSeconds: 125 });
  expect([plan.budgetSeconds, plan.probeFailureThreshold, plan.engineReadyTimeoutSeconds]).toEqual([130, 13, 130]);
});

test.each([120, 0, -600, Number.NaN])('a budget of %s s is refused', (budgetSeconds) => {
  const rounded = Math.ceil(budgetSeconds / 10) * 10;
  expect(refusalOf(() => StartupPlan.of({ model: Model.LLAMA_3_1_8B_INSTRUCT, weightsBytesPerSecond: 400 * MIB, budgetSeconds })))
    .toBe(`StartupPlan: a startup budget of ${rounded} s is shorter than the start: 15.0 GiB of weights at 400 MiB/s take 39 s, the engine 85 s,`
      + ' together 124 s. Leave it out, which gives 600 s');
});

test('the advice is the budget that would be taken', () => {
  const props = { model: Model.LLAMA_3_3_70B_INSTRUCT, weightsBytesPerSecond: 0.4 * GIB };
  expect(refusalOf(() => StartupPlan.of({ ...props, budgetSeconds: 60 })).endsWith('Leave it out, which gives 1330 s')).toBe(true);
  expect(StartupPlan.of(props).budgetSeconds).toBe(1330);
});

test.each([0, -1, Number.NaN])('%s bytes a second are refused', (weightsBytesPerSecond) => {
  expect(refusalOf(() => StartupPlan.of({ model: Model.QWEN3_8B, weightsBytesPerSecond })))
    .toBe(`StartupPlan: 'weightsBytesPerSecond' (${weightsBytesPerSecond}) must be above 0`);
});

test.each(Model.all().map(model => [model.id, model] as const))('%s: every deadline holds the one inside it', (_, model) => {
  const [slow, fast] = [100 * MIB, 2 * GIB].map(weightsBytesPerSecond => StartupPlan.of({ model, weightsBytesPerSecond }));
  for (const plan of [slow, fast]) {
    expect(plan.budgetSeconds).toBeGreaterThanOrEqual(Math.max(600, 3 * plan.readySeconds));
    expect(plan.probeFailureThreshold * plan.probePeriodSeconds).toBe(plan.budgetSeconds);
    expect(plan.progressDeadlineSeconds).toBeGreaterThan(plan.budgetSeconds + plan.imagePullSeconds);
    expect(plan.readySeconds).toBe(plan.loadSeconds + plan.engineSeconds);
  }
  expect(slow.budgetSeconds).toBeGreaterThanOrEqual(fast.budgetSeconds);
});
