import { GIB } from '../common/bytes';

/** One of the two programs in vLLM that run a model on a GPU; they use memory differently. */
export type VllmModelRunner = 'V1' | 'V2';

/** What decides which of the two model runners serves a model. */
export interface VllmRunnerSubject {
  /** As in the `architectures` of `config.json`. */
  readonly architecture: string;
  readonly mixtureOfExperts: boolean;
  readonly quantized: boolean;
}

export interface BatchDefaults {
  readonly fromBytes: number;
  readonly a100Too: boolean;
  readonly maxNumBatchedTokens: number;
  readonly maxNumSeqs: number;
}

/** What a release does with memory, read in its source: `vllm-project/vllm <path>@v<release>`, the path beside each. */
export interface VllmMemoryFacts {
  /** `vllm/engine/arg_utils.py`, `get_batch_defaults`, the rows of the API server, the largest first. */
  readonly batchDefaults: readonly BatchDefaults[];
  /** `vllm/config/vllm.py`, `use_v2_model_runner`. */
  readonly runsOnV2: (subject: VllmRunnerSubject) => boolean;
  /** `vllm/v1/worker/gpu/model_runner.py`, `profile_cudagraph_memory`: whether V2 estimates CUDA graphs; V1 always did. */
  readonly v2EstimatesCudaGraphs: boolean;
  /**
   * `vllm/utils/mem_utils.py`, `memory_profiling`: whether the KV cache is what is left of the free memory, so that everything which V2
   * keeps on the GPU (sampler states, expert workspaces, NCCL's buffers) is taken from it; before, only torch's peak above the weights.
   */
  readonly v2CountsKeptMemory: boolean;
  /** `vllm/v1/worker/gpu/model_runner.py`, `_dummy_sampler_run`: whether V2 profiles its sampler with every feature on. */
  readonly v2ProfilesSampling: boolean;
  /** `vllm/v1/worker/gpu_worker.py`, `init_device`: whether cuBLAS is there before memory is first read, and so in no figure of vLLM's. */
  readonly blasBeforeFirstReading: boolean;
  /** `vllm/v1/kv_cache_interface.py`, `SlidingWindowSpec`: whether it counts every batch in flight, or one. */
  readonly windowCountsBatchesInFlight: boolean;
  /** `vllm/v1/kv_cache_interface.py`, `MambaSpec`: whether states are made inside of a prefill, with a block for each layer. */
  readonly checkpointsInPrefill: boolean;
  /** `vllm/config/vllm.py`, `_set_cudagraph_sizes`, on data centre Blackwell; 512 elsewhere. */
  readonly largestGraphOnBlackwell: number;
}

const OTHER_CARDS: BatchDefaults = { fromBytes: 0, a100Too: true, maxNumBatchedTokens: 2048, maxNumSeqs: 256 };
const FROM_70_GIB: BatchDefaults = { fromBytes: 70 * GIB, a100Too: false, maxNumBatchedTokens: 8192, maxNumSeqs: 1024 };
const FROM_160_GIB: BatchDefaults = { fromBytes: 160 * GIB, a100Too: true, maxNumBatchedTokens: 16384, maxNumSeqs: 1024 };

const EXPERTS_ON_V2_IN_0_28 = [
  'DeepseekV2ForCausalLM', 'DeepseekV4ForCausalLM', 'GraniteMoeForCausalLM', 'InklingForCausalLM', 'InklingForConditionalGeneration',
  'KimiK3ForConditionalGeneration', 'LongcatFlashNgramForCausalLM', 'Qwen2MoeForCausalLM',
];

export const FACTS_0_22: VllmMemoryFacts = {
  batchDefaults: [FROM_70_GIB, OTHER_CARDS],
  runsOnV2: subject => subject.architecture === 'Qwen3ForCausalLM' && !subject.quantized,
  v2EstimatesCudaGraphs: false,
  v2CountsKeptMemory: false,
  v2ProfilesSampling: false,
  blasBeforeFirstReading: false,
  checkpointsInPrefill: false,
  windowCountsBatchesInFlight: false,
  largestGraphOnBlackwell: 512,
};

export const FACTS_0_28: VllmMemoryFacts = {
  batchDefaults: [FROM_160_GIB, FROM_70_GIB, OTHER_CARDS],
  runsOnV2: subject => !subject.mixtureOfExperts || EXPERTS_ON_V2_IN_0_28.includes(subject.architecture),
  v2EstimatesCudaGraphs: false,
  v2CountsKeptMemory: false,
  v2ProfilesSampling: false,
  blasBeforeFirstReading: false,
  checkpointsInPrefill: false,
  windowCountsBatchesInFlight: true,
  largestGraphOnBlackwell: 1024,
};

export const FACTS_0_32: VllmMemoryFacts = {
  ...FACTS_0_28, runsOnV2: () => true, v2EstimatesCudaGraphs: true, v2CountsKeptMemory: true,
};

export const FACTS_0_33: VllmMemoryFacts = {
  ...FACTS_0_32, v2ProfilesSampling: true, blasBeforeFirstReading: true, checkpointsInPrefill: true,
};
