/** A flag, metric or environment name that vLLM once had. `since` is the first release without it. */
export interface RemovedName {
  readonly name: string;
  readonly since: string;
  /** What to do now, as the end of a sentence. */
  readonly instead?: string;
  /** A commit (@) or pull request (#) of `vllm-project/vllm`. */
  readonly source: string;
}

function removed(since: string, source: string, instead: string | undefined, ...names: string[]): RemovedName[] {
  return names.map(name => ({ name, since, instead, source: `vllm-project/vllm${source}` }));
}

/** Releases are the first ones cut after the commit. What only the three registries show is found by comparing them. */
export const REMOVED_FLAGS: readonly RemovedName[] = [
  ...removed('0.12.0', '@a1f2676879', 'leave it out, off is the default; --enable-log-requests turns it on', '--disable-log-requests'),
  ...removed('0.18.0', '@00b814ba5a', 'use --kv-offloading-size', '--swap-space'),
  ...removed('0.7.0', '@df5dafaa5b', 'use --distributed-executor-backend=ray', '--worker-use-ray'),
  ...removed('0.6.2', '@f842a7aff1', 'leave it out', '--engine-use-ray'),
  ...removed('0.19.0', '@9040151fe1', 'leave it out', '--disable-frontend-multiprocessing'),
  ...removed('0.10.0', '@bc8a8ce5ec', 'leave it out', '--use-v2-block-manager', '--device'),
  ...removed('0.11.0', '@2e19a848d4', 'use --max-cudagraph-capture-size', '--max-seq-len-to-capture', '--max-context-len-to-capture'),
  ...removed('0.10.1', '@71683ca6f6', 'leave it out', '--num-scheduler-steps', '--multi-step-stream-outputs'),
  ...removed('0.11.0', '@0ff8ebb2d7', 'leave it out', '--preemption-mode', '--scheduler-delay-factor', '--disable-async-output-proc'),
  ...removed('0.12.0', '@20e4497be2', 'leave it out', '--num-lookahead-slots'),
  ...removed('0.12.0', '@316c8492bf', 'use --structured-outputs-config.backend', '--guided-decoding-backend'),
  ...removed('0.12.0', '@2f1cc8cef1', 'use --hf-overrides', '--rope-scaling', '--rope-theta'),
  ...removed('0.13.0', '@7e24e5d4d6', 'use --runner and --convert', '--task'),
  ...removed('0.13.0', '@7e24e5d4d6', 'use --mm-processor-cache-gb=0', '--disable-mm-preprocessor-cache'),
  ...removed('0.8.3', '@239b7befdd', 'use --speculative-config with a JSON value', '--speculative-model', '--num-speculative-tokens'),
  ...removed('0.10.1', '@82ec66f514', 'leave it out', '--enable-prompt-adapter'),
  ...removed('0.12.0', '@9875be6431', 'leave it out', '--lora-extra-vocab-size', '--long-lora-scaling-factors'),
  ...removed('0.10.0', '@313ae8c16a', 'use --reasoning-parser', '--enable-reasoning'),
  ...removed('0.27.0', '@7a98c7a392', 'leave it out', '--max-num-partial-prefills', '--max-long-partial-prefills'),
  ...removed('0.28.0', '@dd11df04f3', 'leave it out, scales come from the checkpoint', '--calculate-kv-scales'),
];

export const REMOVED_METRICS: readonly RemovedName[] = [
  ...removed('0.12.0', '@9cf4edae6e', 'use vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'),
  ...removed('0.12.0', '@9cf4edae6e', 'use vllm:prefix_cache_queries_total', 'vllm:gpu_prefix_cache_queries_total'),
  ...removed('0.12.0', '@9cf4edae6e', 'use vllm:prefix_cache_hits_total', 'vllm:gpu_prefix_cache_hits_total'),
  ...removed('0.10.0', '#18837', 'divide the rates of vllm:prefix_cache_hits_total and vllm:prefix_cache_queries_total',
    'vllm:gpu_prefix_cache_hit_rate', 'vllm:cpu_prefix_cache_hit_rate'),
  ...removed('0.15.0', '@bb9172030e',
    'use vllm:inter_token_latency_seconds, or vllm:request_time_per_output_token_seconds for the mean of a request',
    'vllm:time_per_output_token_seconds'),
  ...removed('0.10.0', '#18837', 'use vllm:request_queue_time_seconds', 'vllm:time_in_queue_requests'),
  ...removed('0.10.0', '#18837', 'nothing is swapped any more; vllm:num_preemptions_total counts what made room',
    'vllm:num_requests_swapped', 'vllm:cpu_cache_usage_perc'),
  ...removed('0.10.0', '#18837', undefined,
    'vllm:model_forward_time_milliseconds', 'vllm:model_execute_time_milliseconds', 'vllm:request_params_best_of'),
  ...removed('0.7.0', '#12383', 'use rate(vllm:prompt_tokens_total[1m])', 'vllm:avg_prompt_throughput_toks_per_s'),
  ...removed('0.7.0', '#12383', 'use rate(vllm:generation_tokens_total[1m])', 'vllm:avg_generation_throughput_toks_per_s'),
  ...removed('0.11.1', '@a03cf9bc70', 'add vllm:prompt_tokens_total and vllm:generation_tokens_total', 'vllm:tokens_total'),
  ...removed('0.11.1', '@a03cf9bc70',
    'divide the rates of vllm:spec_decode_num_accepted_tokens_total and vllm:spec_decode_num_draft_tokens_total',
    'vllm:spec_decode_draft_acceptance_rate', 'vllm:spec_decode_efficiency', 'vllm:spec_decode_num_emitted_tokens_total'),
];

export const REMOVED_ENVIRONMENT: readonly RemovedName[] = [
  ...removed('0.12.0', '@e1710393c4', 'leave it out, there is only the V1 engine', 'VLLM_USE_V1'),
  ...removed('0.15.0', '@6437ff1fb9', 'use --attention-backend', 'VLLM_ATTENTION_BACKEND'),
];

/** Values that still stand in many manifests, and that vLLM refuses only after the pod was scheduled. */
export const REMOVED_VALUES: readonly RemovedName[] = [
  ...removed('0.28.0', '@073c510c91', 'install the plugin that took it over into an own image', 'bitsandbytes'),
  ...removed('0.24.0', '@6635279d8a', 'install the plugin that took it over into an own image', 'gguf'),
];
