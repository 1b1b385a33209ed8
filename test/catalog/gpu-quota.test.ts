import { Accelerator } from '../../lib';
import { gpuQuotaOf } from '../../lib/catalog/gpu-quota';

test('every accelerator of the catalogue has its metrics, and no two have the same', () => {
  const quotas = Accelerator.all().map(accelerator => gpuQuotaOf(accelerator)!);
  expect(quotas).not.toContain(undefined);
  expect(new Set(quotas.map(({ onDemand }) => onDemand)).size).toBe(quotas.length);
  expect(new Set(quotas.map(({ preemptible }) => preemptible)).size).toBe(quotas.length);
  expect(gpuQuotaOf(Accelerator.L4)).toEqual({ onDemand: 'NVIDIA_L4_GPUS', preemptible: 'PREEMPTIBLE_NVIDIA_L4_GPUS' });
});

test('what the catalogue lacks has none', () => {
  expect(gpuQuotaOf(Accelerator.of({ ...Accelerator.L4, id: 'other' }))).toBeUndefined();
});
