import { Accelerator, MemoryPlan, MemorySurvey, Model } from '../../lib';

test('a card that can never serve the model is an answer with a reason, and not an error', () => {
  const { answers, lines } = MemorySurvey.of({ model: Model.GEMMA_2_9B_IT });
  expect(answers.map(({ accelerator }) => accelerator)).toEqual(Accelerator.all());
  const [t4, l4] = answers;
  expect(t4).toMatchObject({ plan: undefined, reason: expect.stringContaining('has no bfloat16, the dtype of google/gemma-2-9b-it') });
  expect(l4).toMatchObject({ reason: undefined, settings: {} });
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

test('a shorter context is said, and what no number of cards holds', () => {
  const { lines } = MemorySurvey.of({ model: Model.LLAMA_3_3_70B_INSTRUCT, accelerators: [Accelerator.T4, Accelerator.L4, Accelerator.H100] });
  expect(lines).toEqual([
    't4            no, not with 4 of them either',
    expect.stringMatching(/^l4 {12}tensorParallelSize 8, maxModelLen <= \d+$/),
    expect.stringMatching(/^h100 {10}tensorParallelSize 4, all 131072 tokens$/),
  ]);
});

test('what is no model is refused by name', () => {
  expect(() => MemorySurvey.of({ model: 'google/gemma-2-9b-it' as never })).toThrow('MemorySurvey: \'model\' ("google/gemma-2-9b-it") has to be a Model');
});
