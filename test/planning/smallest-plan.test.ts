import { Accelerator, MachineType, MemoryPlan, Model } from '../../lib';
import { smallestPlan, suffices } from '../../lib/planning/smallest-plan';
import { refusalOf } from './pairs';

const L4 = { accelerator: Accelerator.L4 };
const CUSTOM = Accelerator.of({ ...Accelerator.L4, id: 'l40', memoryBytes: 48e9, freeMemoryBytes: undefined });

function sizeOf(props: Parameters<typeof MemoryPlan.smallest>[0]): number {
  return MemoryPlan.smallest(props).tensorParallelSize;
}

test('the smallest size that fits is found, and every smaller one does not fit', () => {
  const model = Model.QWEN3_32B;
  const found = MemoryPlan.smallest({ model, ...L4 });
  expect([found.tensorParallelSize, found.fits]).toEqual([8, true]);
  for (const tensorParallelSize of [1, 2, 4]) {
    expect(MemoryPlan.of({ model, ...L4, tensorParallelSize }).fits).toBe(false);
  }
});

test('a size that is given is not looked at', () => {
  expect(sizeOf({ model: Model.QWEN3_8B, accelerator: Accelerator.H100, tensorParallelSize: 4 })).toBe(1);
});

test('when none fits, the smallest says why', () => {
  const plan = MemoryPlan.smallest({ model: Model.LLAMA_3_1_405B_INSTRUCT, ...L4 });
  expect([plan.tensorParallelSize, plan.fits]).toEqual([1, false]);
  expect(plan.explain()).toMatch(/does not fit 1 x NVIDIA L4/);
});

test('stages take their share of the machine\'s GPUs', () => {
  const props = { model: Model.QWEN3_32B, ...L4, maxModelLen: 8192 };
  expect(sizeOf({ ...props, pipelineParallelSize: 2 }) * 2).toBeLessThanOrEqual(MachineType.mostGpus(Accelerator.L4));
  expect(sizeOf({ ...props, pipelineParallelSize: 16 })).toBe(1);
});

test('a card that no machine of the catalogue carries stands alone', () => {
  expect(MachineType.mostGpus(CUSTOM)).toBe(0);
  expect(sizeOf({ model: Model.LLAMA_3_3_70B_INSTRUCT, accelerator: CUSTOM })).toBe(1);
});

test('a length that is found has to be worth a server, unless none is', () => {
  const props = { model: Model.LLAMA_3_1_8B_INSTRUCT, ...L4, maxModelLen: 'auto' as const, gpuMemoryUtilization: 0.782 };
  const one = MemoryPlan.of(props);
  expect([one.fits, one.maxModelLen, suffices(one, props)]).toEqual([true, 1312, false]);
  expect(sizeOf(props)).toBe(2);
  // A length that was asked for is worth it.
  expect(suffices(one, { ...props, maxModelLen: 1024 })).toBe(true);
  const alone = MemoryPlan.smallest({ ...props, accelerator: Accelerator.of({ ...Accelerator.L4, id: 'l4-alone' }) });
  expect([alone.fits, alone.maxModelLen]).toEqual([true, 1312]);
});

test('a model that was made for less needs no more than that', () => {
  const model = Model.of({ ...Model.QWEN3_8B, maxModelLen: 512 });
  const plan = MemoryPlan.smallest({ model, accelerator: Accelerator.H100, maxModelLen: 'auto' });
  expect([plan.maxModelLen, suffices(plan, { model, accelerator: Accelerator.H100, maxModelLen: 'auto' })]).toEqual([512, true]);
});

test('a contradiction of one size leaves it out, one of all sizes is refused', () => {
  const experts = Model.of({ ...Model.QWEN3_235B_A22B, quantization: 'fp8', weightsBytes: 470187269120 / 2 });
  expect(sizeOf({ model: experts, accelerator: Accelerator.H100, maxModelLen: 8192 })).toBe(4);
  expect(MemoryPlan.smallest({ model: experts, ...L4 }).fits).toBe(false);
  expect(refusalOf(() => MemoryPlan.smallest({ model: Model.QWEN3_8B, accelerator: Accelerator.T4 }))).toMatch(/has no bfloat16/);
});

test('what is no contradiction of the props comes through', () => {
  const bug = (): never => { throw new TypeError('a bug'); };
  expect(() => smallestPlan({ model: Model.QWEN3_8B, ...L4 }, [1, 2], bug)).toThrow(TypeError);
});

test('the most GPUs of one machine', () => {
  expect(Accelerator.all().map(accelerator => [accelerator.id, MachineType.mostGpus(accelerator)])).toEqual([
    ['t4', 4], ['l4', 8], ['a100', 16], ['a100-80gb', 8], ['h100', 8], ['h200', 8], ['rtx-pro-6000', 8], ['b200', 8],
  ]);
});
