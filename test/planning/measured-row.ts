import { Accelerator, Model, VllmRelease } from '../../lib/catalog';
import { GIB } from '../../lib/common/bytes';
import { MemoryPlan } from '../../lib/planning/memory-plan';
import { MemoryPlanProps } from '../../lib/planning/memory-plan-props';

/** One start of a real vLLM 0.26 on H200, a line of `measurements.jsonl`; GiB per GPU. */
export interface MeasuredRow {
  readonly id: string;
  readonly model: string;
  readonly gpus: number;
  readonly ready: boolean | boolean[];
  readonly flags?: { readonly [flag: string]: string | number | boolean };
  readonly util?: number;
  readonly weight_gib?: number;
  readonly available_kv_gib?: number;
  readonly requested_gib?: number;
  readonly gpu_mem_ready_mib?: number[];
  readonly kv_tokens?: number;
  readonly compile_cache_hit: boolean;
  readonly model_runner?: 'V1' | 'V2';
  readonly errors?: string[];
}

/** 0.28 budgets as 0.26 did: the V2 runner does not take CUDA graphs from the KV cache; 0.32 does. */
const RELEASE = VllmRelease.V0_28;
const TOTAL_GIB = 139.8;

export function propsOf(row: MeasuredRow): MemoryPlanProps {
  const flags = row.flags ?? {};
  const model = Model.all().find(candidate => candidate.id.endsWith(`/${row.model}`));
  if (!model) {
    throw new Error(`${row.id}: the catalogue has no model ${row.model}`);
  }
  const number = (flag: string) => flags[flag] as number | undefined;
  return {
    model,
    accelerator: Accelerator.H200,
    release: RELEASE,
    tensorParallelSize: row.id.includes('4xtp1') ? 1 : row.gpus,
    gpuMemoryUtilization: row.util ?? utilization(flags['gpu-memory-utilization']),
    maxModelLen: flags['max-model-len'] as number | 'auto' | undefined,
    maxNumSeqs: number('max-num-seqs'),
    maxNumBatchedTokens: number('max-num-batched-tokens'),
    kvCacheDtype: flags['kv-cache-dtype'] as MemoryPlanProps['kvCacheDtype'],
    quantization: flags.quantization as MemoryPlanProps['quantization'],
    enforceEager: flags['enforce-eager'] as boolean | undefined,
    modelRunner: row.model_runner,
  };
}

/** `budget:20.24` sets the share so that the budget has that many GiB. */
function utilization(flag: string | number | boolean | undefined): number | undefined {
  return typeof flag === 'string' ? Number(flag.split(':')[1]) / TOTAL_GIB : flag as number | undefined;
}

export interface Judgement {
  readonly id: string;
  readonly predicted: string;
  readonly measured: string;
  /** Empty when the prediction is inside the bounds. */
  readonly faults: string[];
}

/** Never above the measured; on a cold compile cache at most max(3 %, 0.3 GiB + 1.5 % of the weights) below. */
export function judge(row: MeasuredRow): Judgement {
  const started = [row.ready].flat().every(ready => ready);
  let plan: MemoryPlan;
  try {
    plan = MemoryPlan.of(propsOf(row));
  } catch (error) {
    return {
      id: row.id, predicted: (error as Error).message, measured: started ? 'starts' : 'refused', faults: started ? ['refused what starts'] : [],
    };
  }
  const available = plan.perGpu.kvCacheBytes / GIB;
  const faults: string[] = [];
  if (plan.fits !== started) {
    faults.push(started ? `refused what starts: ${plan.reasons.join('; ')}` : 'promised what does not start');
  }
  const measured = row.available_kv_gib;
  if (measured !== undefined) {
    if (available > measured) {
      faults.push(`KV cache ${available.toFixed(2)} above the measured ${measured}`);
    }
    const slack = Math.max(0.03 * measured, 0.3 + 0.015 * (row.weight_gib ?? 0));
    if (started && !row.compile_cache_hit && measured - available > slack) {
      faults.push(`KV cache ${available.toFixed(2)} more than ${slack.toFixed(2)} below the measured ${measured}`);
    }
  }
  if (row.gpu_mem_ready_mib && row.requested_gib !== undefined) {
    const outside = Math.max(...row.gpu_mem_ready_mib) / 1024 - row.requested_gib;
    if (plan.perGpu.outsideBudgetBytes / GIB < outside) {
      faults.push(`${(plan.perGpu.outsideBudgetBytes / GIB).toFixed(2)} outside the budget, below the measured ${outside.toFixed(2)}`);
    }
  }
  if (row.kv_tokens !== undefined && plan.kvCacheTokens > row.kv_tokens) {
    faults.push(`${plan.kvCacheTokens} tokens above the measured ${row.kv_tokens}`);
  }
  return {
    id: row.id,
    predicted: `${available.toFixed(2)} GiB, ${plan.kvCacheTokens} tokens, ${plan.fits ? 'fits' : 'refused'}`,
    measured: `${measured ?? '-'} GiB, ${row.kv_tokens ?? '-'} tokens, ${started ? 'starts' : 'dies'}`,
    faults,
  };
}
