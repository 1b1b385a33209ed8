import { Accelerator, MemoryPlan, MemorySurvey, Model } from '../../lib';

test('a card that can never serve the model is an answer with a reason, and not an error', () => {
  const { answers, lines } = MemorySurvey.of({ model: Model.GEMMA_2_9B_IT });
  expect(answers.map(({ accelerator }) => accelerator)).toEqual(Accelerator.all());
  const [t4, l4] = answers;
  expect(t4.plan).toBeUndefined();
  expect(t4).toMatchObject({ reason: expect.stringContaining('has no bfloat16, the dtype of google/gemma-2-9b-it') });
  expect([l4.reason, l4.settings]).toEqual([undefined, {}]);
  expect(l4.plan).toMatchObject({ fits: true, tensorParallelSize: 2, maxModelLen: 8192 });
  expect(lines.slice(0, 2)).toEqual([
    't4            no: NVIDIA T4 (compute capability 7.5) has no bfloat16, the dtype of google/gemma-2-9b-it',
    'l4            tensorParallelSize 2, all 8192 tokens',
  ]);
});

test('a card without bfloat16 serves in float16 what can be served so', () => {
  const [t4] = MemorySurvey.of({ model: Model.QWEN2_5_7B_INSTRUCT, accelerators: [Accelerator.T4] }).answers;
  expect(t4.settings).toEqual({ dtype: 'half' });
  // The settings are what the plan was made with.
  const { model, accelerator, tensorParallelSize } = t4.plan!;
  expect(MemoryPlan.of({ model, accelerator, tensorParallelSize, ...t4.settings }).perGpu).toEqual(t4.plan!.perGpu);
});

test('what no number of cards holds is said as well', () => {
  const { lines } = MemorySurvey.of({ model: Model.LLAMA_3_3_70B_INSTRUCT, accelerators: [Accelerator.L4, Accelerator.H100] });
  expect(lines).toEqual(['l4            no, not with 8 of them either', 'h100          tensorParallelSize 4, all 131072 tokens']);
});

test('a shorter context is a setting of the answer', () => {
  // Two heads: no more than two cards share them.
  const model = Model.of({ ...Model.LLAMA_3_3_70B_INSTRUCT, attentionHeads: 2, kvHeads: 2 });
  const { answers: [{ plan, settings }], lines } = MemorySurvey.of({ model, accelerators: [Accelerator.A100_80GB] });
  expect(settings).toEqual({ maxModelLen: 'auto' });
  expect(lines).toEqual([`a100-80gb     tensorParallelSize 2, maxModelLen <= ${plan!.maxModelLen}`]);
});

test('what is no model is refused by name', () => {
  expect(() => MemorySurvey.of({ model: 'google/gemma-2-9b-it' as never })).toThrow('MemorySurvey: \'model\' ("google/gemma-2-9b-it") has to be a Model');
});
