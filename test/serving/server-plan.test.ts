import { Accelerator, MachineType, Model, ServerPlan, ServerPlanProps, VllmRelease, WeightsStorage } from '../../lib';
import { gcs, refusalOf } from './rendered';

function plan(props: Partial<ServerPlanProps> = {}, storage = gcs(), model = Model.QWEN3_8B): ServerPlan {
  return new ServerPlan(model, storage, { accelerator: Accelerator.H100, maxModelLen: 8192, ...props });
}

test('the four plans agree on the GPUs', () => {
  const { memory, placement } = plan({ accelerator: Accelerator.H200, tensorParallelSize: 2, pipelineParallelSize: 2 });
  expect(placement.gpus).toBe(memory.tensorParallelSize * memory.pipelineParallelSize);
  expect(placement.serversPerNode).toBe(2);
});

test('what is asked for is what is planned', () => {
  const machineType = MachineType.fromName('a3-highgpu-8g');
  const { placement, startup, shutdown } = plan({
    machineType, startupBudgetSeconds: 1000, longestAnswerSeconds: 60, terminationGracePeriodSeconds: 90,
  });
  expect(placement.machineType).toBe(machineType);
  expect(startup.budgetSeconds).toBe(1000);
  expect([shutdown.drainSeconds, shutdown.terminationGracePeriodSeconds]).toEqual([60, 90]);
});

test('the load follows the storage, the engine follows what is compiled and quantized', () => {
  const disk = WeightsStorage.hyperdiskMl({ zones: ['us-central1-a'] });
  expect(plan({}, disk).startup.loadSeconds).toBeLessThan(plan().startup.loadSeconds);
  expect(plan({ enforceEager: true }).startup.engineSeconds).toBeLessThan(plan().startup.engineSeconds);
  expect(plan({ quantization: 'fp8' }).startup.engineSeconds).toBeGreaterThan(plan().startup.engineSeconds);
});

test('an fp8 checkpoint is not quantized again', () => {
  const engine = (quantization?: 'fp8') =>
    plan({ accelerator: Accelerator.B200, tensorParallelSize: 8, quantization }, gcs(), Model.DEEPSEEK_R1).startup.engineSeconds;
  expect(engine('fp8')).toBe(engine());
});

test('the cache is held where the machine has room for it', () => {
  expect(plan().placement.cacheMedium).toBe('local-ssd');
  expect(plan({ accelerator: Accelerator.A100 }).placement.cacheMedium).toBe('memory');
  expect(plan({}, WeightsStorage.persistentDisk({ zone: 'us-central1-a' })).placement.cacheMedium).toBeUndefined();
});

test('zones of the props must be among those of the disk', () => {
  const disk = WeightsStorage.hyperdiskMl({ zones: ['us-central1-a', 'us-central1-c'] });
  expect(plan({ zones: ['us-central1-c'] }, disk).placement.zones).toEqual(['us-central1-c']);
  expect(plan({}, disk).placement.zones).toEqual(['us-central1-a', 'us-central1-c']);
  expect(refusalOf(() => plan({ zones: ['us-central1-c', 'us-central1-b'] }, disk))).toBe(
    '\'zones\' (us-central1-c, us-central1-b) go beyond the weights\' disk, which is in us-central1-a, us-central1-c only;'
    + ' leave zones out, or keep the weights in us-central1-c, us-central1-b');
});

test('the first size that fits is taken, and when none does the smallest one explains itself', () => {
  expect(plan({ release: VllmRelease.V0_32 }, gcs(), Model.LLAMA_3_3_70B_INSTRUCT).memory.tensorParallelSize).toBe(2);
  // 0.33 has the sampler of 1,024 sequences in the budget
  expect(plan({}, gcs(), Model.LLAMA_3_3_70B_INSTRUCT).memory.tensorParallelSize).toBe(4);
  expect(refusalOf(() => plan({ accelerator: Accelerator.T4, dtype: 'half' }, gcs(), Model.LLAMA_3_3_70B_INSTRUCT))).toMatch(
    /^meta-llama\/Llama-3.3-70B-Instruct does not fit 1 x NVIDIA T4 \(tensorParallelSize 1\)\.\n {2}per GPU: /);
});
