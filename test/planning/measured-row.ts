import { Accelerator, Model, VllmRelease } from '../../lib/catalog';
import { VLLM_REGISTRIES } from '../../lib/catalog/vllm-registry';
import { GIB } from '../../lib/common/bytes';
import { MemoryPlan } from '../../lib/planning/memory-plan';
import { MemoryPlanProps } from '../../lib/planning/memory-plan-props';
import { Speculation } from '../../lib/planning/speculation';

type FlagValue = string | number | boolean;

/** One start of a real vLLM on H200, a line of `measurements*.jsonl`; GiB per GPU. Its settings are `flags`, or `argv` as typed. */
export interface MeasuredRow {
  readonly id: string;
  readonly model: string;
  readonly gpus: number;
  readonly ready: boolean | boolean[];
  /** Absent: 0.26. */
  readonly vllm?: string;
  readonly flags?: { readonly [flag: string]: FlagValue };
  readonly argv?: readonly string[];
  readonly util?: number;
  readonly weight_gib?: number;
  readonly available_kv_gib?: number;
  readonly requested_gib?: number;
  readonly gpu_mem_ready_mib?: { readonly [gpu: string]: number };
  readonly gpu_mem_after_load_mib?: { readonly [gpu: string]: number };
  readonly kv_tokens?: number;
  readonly compile_cache_hit?: boolean;
  readonly lines?: readonly string[];
  readonly model_runner?: 'V1' | 'V2';
}

const TOTAL_GIB = 139.8;

/** Measured, and not in the catalogue. */
const DEEPSEEK_V2_LITE = Model.of({
  id: 'deepseek-ai/DeepSeek-V2-Lite', architecture: 'DeepseekV2ForCausalLM', layers: 27, hiddenSize: 2048, intermediateSize: 10944,
  attentionHeads: 16, kvHeads: 16, headDim: 192, vocabSize: 102400, maxModelLen: 163840, dtype: 'bfloat16', weightsBytes: 31412968448,
  tieWordEmbeddings: false, mla: { kvLoraRank: 512, qkRopeHeadDim: 64 }, experts: { count: 64, perToken: 6, intermediateSize: 1408 },
});

export function propsOf(row: MeasuredRow): MemoryPlanProps {
  const flags = row.flags ?? flagsOf(row.argv ?? []);
  const model = [...Model.all(), DEEPSEEK_V2_LITE].find(candidate => candidate.id.endsWith(`/${row.model}`));
  if (!model) {
    throw new Error(`${row.id}: the catalogue has no model ${row.model}`);
  }
  const number = (flag: string) => flags[flag] === undefined ? undefined : Number(flags[flag]);
  const stages = number('pipeline-parallel-size') ?? 1;
  return {
    model,
    accelerator: Accelerator.H200,
    release: releaseOf(row.vllm ?? '0.26.0'),
    tensorParallelSize: row.id.includes('4xtp1') ? 1 : number('tensor-parallel-size') ?? row.gpus / stages,
    pipelineParallelSize: stages,
    gpuMemoryUtilization: row.util ?? utilization(flags['gpu-memory-utilization']),
    maxModelLen: flags['max-model-len'] === 'auto' ? 'auto' : number('max-model-len'),
    maxNumSeqs: number('max-num-seqs'),
    maxNumBatchedTokens: number('max-num-batched-tokens'),
    kvCacheDtype: flags['kv-cache-dtype'] as MemoryPlanProps['kvCacheDtype'],
    quantization: flags.quantization as MemoryPlanProps['quantization'],
    enforceEager: flags['enforce-eager'] as boolean | undefined,
    modelRunner: row.model_runner,
    lora: flags['enable-lora'] ? { maxLoras: number('max-loras'), maxRank: number('max-lora-rank') } : undefined,
    speculative: speculationOf(flags['speculative-config']),
  };
}

function speculationOf(flag: FlagValue | undefined): Speculation | undefined {
  if (typeof flag !== 'string') {
    return undefined;
  }
  const { method, num_speculative_tokens: numTokens, model } = JSON.parse(flag);
  const draftModel = Model.all().find(candidate => candidate.id.endsWith(`/${String(model).split('/').at(-1)}`));
  return { method: method ?? 'draft_model', numTokens, draftModel };
}

/** `--flag value`, `--flag=value` or `--flag` alone. */
function flagsOf(argv: readonly string[]): { [flag: string]: FlagValue } {
  const flags: { [flag: string]: FlagValue } = {};
  argv.forEach((argument, index) => {
    const [name, value] = argument.replace(/^--/, '').split(/=(.*)/s);
    if (argument.startsWith('--')) {
      const next = argv[index + 1];
      flags[name] = value ?? (next === undefined || next.startsWith('--') ? true : next);
    }
  });
  return flags;
}

/** 0.26 budgets as 0.28 does: the V2 runner does not take CUDA graphs from the KV cache. */
function releaseOf(version: string): VllmRelease {
  if (version.startsWith('0.26')) {
    return VllmRelease.V0_28;
  }
  const known = VllmRelease.all().find(release => release.version === version);
  return known ?? VllmRelease.of(version, { ...VLLM_REGISTRIES.at(-1)!, release: version });
}

/** `budget:20.24` sets the share so that the budget has that many GiB. */
function utilization(flag: FlagValue | undefined): number | undefined {
  return typeof flag === 'string' && flag.startsWith('budget:') ? Number(flag.slice(7)) / TOTAL_GIB : flag === undefined ? undefined : Number(flag);
}

export interface Judgement {
  readonly id: string;
  readonly predicted: string;
  readonly measured: string;
  /** GiB of KV cache that the plan is below the measured; absent where one of them is. */
  readonly below?: number;
  /** Empty when the prediction is inside the bounds. */
  readonly faults: string[];
}

/** Never above the measured; on a cold compile cache at most max(3 %, 0.3 GiB + 1.5 % of the weights) below. */
export function judge(row: MeasuredRow): Judgement {
  const started = Object.values([row.ready].flat()).every(ready => ready);
  let plan: MemoryPlan;
  try {
    plan = MemoryPlan.of(propsOf(row));
  } catch (error) {
    return {
      id: row.id, predicted: (error as Error).message, measured: started ? 'starts' : 'refused', faults: started ? ['refused what starts'] : [],
    };
  }
  const available = plan.perGpu.kvCacheBytes / GIB;
  const measured = row.available_kv_gib;
  const faults = [...cacheFaults(row, plan, started), ...outsideFaults(row, plan)];
  if (plan.fits !== started) {
    faults.push(started ? `refused what starts: ${plan.reasons.join('; ')}` : 'promised what does not start');
  }
  return {
    id: row.id,
    predicted: `${available.toFixed(2)} GiB, ${plan.kvCacheTokens} tokens, ${plan.fits ? 'fits' : 'refused'}`,
    measured: `${measured ?? '-'} GiB, ${row.kv_tokens ?? '-'} tokens, ${started ? 'starts' : 'dies'}`,
    below: measured === undefined ? undefined : measured - available,
    faults,
  };
}

function cacheFaults(row: MeasuredRow, plan: MemoryPlan, started: boolean): string[] {
  const faults: string[] = [];
  const available = plan.perGpu.kvCacheBytes / GIB;
  const measured = row.available_kv_gib;
  if (row.kv_tokens !== undefined && plan.kvCacheTokens > row.kv_tokens) {
    faults.push(`${plan.kvCacheTokens} tokens above the measured ${row.kv_tokens}`);
  }
  if (measured === undefined) {
    return faults;
  }
  if (available > measured) {
    faults.push(`KV cache ${available.toFixed(2)} above the measured ${measured}`);
  }
  const slack = Math.max(0.03 * measured, 0.3 + 0.015 * (row.weight_gib ?? 0));
  if (started && !foundCompiled(row) && measured - available > slack) {
    faults.push(`KV cache ${available.toFixed(2)} more than ${slack.toFixed(2)} below the measured ${measured}`);
  }
  return faults;
}

function outsideFaults(row: MeasuredRow, plan: MemoryPlan): string[] {
  const used = [row.gpu_mem_ready_mib, row.gpu_mem_after_load_mib].flatMap(gpus => Object.values(gpus ?? {}));
  if (used.length === 0 || row.requested_gib === undefined) {
    return [];
  }
  const outside = Math.max(...used) / 1024 - row.requested_gib;
  const predicted = plan.perGpu.outsideBudgetBytes / GIB;
  return predicted < outside ? [`${predicted.toFixed(2)} outside the budget, below the measured ${outside.toFixed(2)}`] : [];
}

function foundCompiled(row: MeasuredRow): boolean {
  return row.compile_cache_hit ?? row.lines?.some(line => line.includes('Directly load the compiled graph')) ?? false;
}
