import { Accelerator } from './accelerator';

/** Names of the quota metrics, each by region, that count an accelerator's GPUs. */
export interface GpuQuota {
  /** For machines on demand; newer cards share a metric, which has a dimension for each. */
  readonly onDemand: string;
  /** For spot machines, and for those of flex-start as well. */
  readonly preemptible: string;
}

/**
 * Where the names are from, for people.
 *
 * - `NVIDIA_…_GPUS`: https://cloud.google.com/python/docs/reference/compute/latest/google.cloud.compute_v1.types.Quota.Metric
 * - `GPUS_PER_GPU_FAMILY`, and its dimension `gpu_family`: https://docs.cloud.google.com/docs/quotas/implement-common-use-cases
 * - flex-start counts as preemptible: https://docs.cloud.google.com/kubernetes-engine/docs/concepts/dws
 */
export const GPU_QUOTA_PAGE = 'https://docs.cloud.google.com/compute/resource-usage#gpu_quota';

/** Counts the GPUs of all cards in all regions, beside the others. */
export const GPUS_ALL_REGIONS = 'GPUS_ALL_REGIONS';

const own = (card: string): GpuQuota => ({ onDemand: `NVIDIA_${card}_GPUS`, preemptible: `PREEMPTIBLE_NVIDIA_${card}_GPUS` });
const family = (card: string): GpuQuota => ({ ...own(card), onDemand: `GPUS_PER_GPU_FAMILY (gpu_family NVIDIA_${card})` });

const QUOTAS: { readonly [accelerator: string]: GpuQuota } = {
  t4: own('T4'),
  l4: own('L4'),
  a100: own('A100'),
  'a100-80gb': own('A100_80GB'),
  h100: family('H100'),
  h200: family('H200'),
  'rtx-pro-6000': family('RTX_PRO_6000'),
  b200: family('B200'),
};

/** The quota of a card of the catalogue. */
export function gpuQuotaOf({ id }: Accelerator): GpuQuota | undefined {
  return QUOTAS[id];
}
