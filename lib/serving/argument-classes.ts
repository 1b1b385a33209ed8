import { WHOLE } from '../catalog/vllm-arguments';

/** Fields of vLLM's configuration, their names apart by spaces, by the class that has them; `*` are all that no other group names. */
interface Fields {
  readonly [owner: string]: string;
}

/** What is known of an argument when it is judged. */
export interface ArgumentContext {
  readonly values: readonly string[];
  /** Everything that the extra arguments set. */
  readonly fields: ReadonlySet<string>;
}

/** What becomes of an extra argument, by what it sets. */
export interface ArgumentClass {
  /** Prop of the server that decides it, or none where nothing but the plan does. */
  readonly planned?: { readonly prop?: string };
  /** Why it changes nothing that the plan, the probes or the Service count on. */
  readonly harmless?: string;
  /** Why it is refused, after its name. */
  readonly refused?: string;
  /** How to get what is wanted. */
  readonly instead?: string;
  /** On what condition it is taken nevertheless. */
  readonly unless?: (context: ArgumentContext) => boolean;
}

export interface ArgumentGroup extends ArgumentClass {
  readonly fields: Fields;
}

function planned(fields: string, prop?: string): ArgumentGroup {
  const [owner, name] = fields.split('.');
  return { planned: { prop }, fields: { [owner]: name } };
}

function harmless(reason: string, fields: Fields): ArgumentGroup {
  return { harmless: reason, fields };
}

function refused(reason: string, instead: string, fields: Fields, unless?: (context: ArgumentContext) => boolean): ArgumentGroup {
  return { refused: reason, instead, fields, unless };
}

/** A folder or file of the pod; anything else vLLM looks up on the hub. */
function arePaths({ values }: ArgumentContext): boolean {
  return values.every(value => value.startsWith('/'));
}

function areAmong(...allowed: string[]): (context: ArgumentContext) => boolean {
  return ({ values }) => values.every(value => allowed.includes(value));
}

function areCounts({ values }: ArgumentContext): boolean {
  return values.every(value => /^\{(\s*"\w+"\s*:\s*\d+\s*,?)*\}$/.test(value));
}

/** What each flag of `vllm serve` is, by the class and the field of vLLM's configuration that it sets. A field is in one group. */
export const ARGUMENT_GROUPS: readonly ArgumentGroup[] = [
  planned('ModelConfig.model', 'weights'),
  planned('ModelConfig.served_model_name', 'servedModelName'),
  planned('ModelConfig.max_model_len', 'maxModelLen'),
  planned('ModelConfig.dtype', 'dtype'),
  planned('ModelConfig.quantization', 'quantization'),
  planned('ModelConfig.enforce_eager', 'enforceEager'),
  planned('CacheConfig.gpu_memory_utilization', 'gpuMemoryUtilization'),
  planned('CacheConfig.cache_dtype', 'kvCacheDtype'),
  planned('ParallelConfig.tensor_parallel_size', 'tensorParallelSize'),
  planned('ParallelConfig.pipeline_parallel_size', 'pipelineParallelSize'),
  planned('SchedulerConfig.max_num_seqs', 'maxNumSeqs'),
  planned('SchedulerConfig.max_num_batched_tokens', 'maxNumBatchedTokens'),
  planned('ServeSubcommand.api_server_count', 'apiServerCount'),
  planned('VllmConfig.shutdown_timeout', 'shutdownTimeoutSeconds'),
  planned('EngineArgs.enable_lora', 'lora'),
  planned('LoRAConfig.max_loras', 'lora.maxLoras'),
  planned('LoRAConfig.max_lora_rank', 'lora.maxRank'),
  planned('FrontendArgs.lora_modules', 'lora.adapters'),
  planned(`SpeculativeConfig.${WHOLE}`, 'speculative'),
  planned('FrontendArgs.port'),
  planned('FrontendArgs.disable_access_log_for_endpoints'),

  harmless('what is logged, measured and traced', {
    ObservabilityConfig: WHOLE,
    LoggingConfig: WHOLE,
    WatchdogConfig: WHOLE,
    EngineArgs: 'aggregate_engine_logging fail_on_environ_validation log_config_file',
    AsyncEngineArgs: 'enable_log_requests',
    LoadConfig: 'use_tqdm_on_load',
    FrontendArgs: 'disable_uvicorn_access_log uvicorn_log_level max_log_len enable_log_deltas log_error_stack log_config_file'
      + ' enable_server_load_tracking enable_request_id_headers',
  }),
  harmless('what the API takes and how its answers look', {
    FrontendArgs: 'chat_template chat_template_content_format default_chat_template_kwargs reasoning_effort_map response_role'
      + ' return_tokens_as_token_ids tool_call_parser tool_strict_level exclude_tools_when_tool_choice_none enable_prompt_tokens_details enable_per_request_metrics'
      + ' enable_force_include_usage enable_tokenizer_info_endpoint disable_fastapi_docs enable_offline_docs sse_keep_alive_interval'
      + ' fingerprint_mode fingerprint_value cohere_is_reasoning_model cohere_format anthropic_disabled_thinking_effort'
      + ' allow_credentials allowed_origins allowed_methods allowed_headers h11_max_incomplete_event_size h11_max_header_count',
    StructuredOutputsConfig: WHOLE,
    ReasoningConfig: WHOLE,
    ModelConfig: 'seed override_generation_config logprobs_mode tokenizer_mode allowed_media_domains renderer_num_workers',
    MultiModalConfig: 'interleave_mm_strings mm_hasher_algorithm',
    SchedulerConfig: 'stream_interval',
  }),
  harmless('which kernels run, not how many bytes they work on', {
    KernelConfig: WHOLE,
    IrOpPriorityConfig: WHOLE,
    MambaConfig: WHOLE,
    AttentionConfig: 'backend flash_attn_version use_trtllm_attention mla_prefill_backend use_prefill_query_quantization'
      + ' disable_flashinfer_q_quantization',
    CompilationConfig: 'custom_ops pass_config',
    EngineArgs: 'gdn_prefill_backend kda_prefill_backend kda_decode_backend',
    ModelConfig: 'disable_cascade_attn allow_deprecated_quantization',
    MultiModalConfig: 'mm_encoder_attn_backend mm_encoder_attn_dtype mm_encoder_fp8_scale_path mm_encoder_fp8_scale_save_margin'
      + ' mm_device_do_normalize',
    ParallelConfig: 'disable_custom_all_reduce',
  }),
  harmless('in what order requests run, within the plan\'s tokens and sequences', {
    SchedulerConfig: 'policy async_scheduling long_prefill_token_threshold long_prefill_token_threshold_adaptive max_num_scheduled_tokens'
      + ' max_num_queued_reqs max_num_queued_tokens max_num_partial_prefills max_long_partial_prefills disable_chunked_mm_input'
      + ' scheduler_reserve_full_isl watermark prefill_schedule_interval',
  }),
  harmless('what the KV cache keeps, not how large it is', {
    CacheConfig: 'enable_prefix_caching prefix_caching_hash_algo prefix_match_unit prefix_cache_retention_interval swa_bounded_replay'
      + ' kv_sharing_fast_prefill calculate_kv_scales',
  }),
  harmless('how the planned GPUs share the work and wait for each other', {
    ParallelConfig: 'enable_expert_parallel enable_ep_weight_filter expert_placement_strategy distributed_timeout_seconds'
      + ' cpu_distributed_timeout_seconds numa_bind numa_bind_nodes numa_bind_cpus',
  }),
  harmless('code that lies beside the weights, if the model\'s revision is pinned', { ModelConfig: 'trust_remote_code' }),
  harmless('at most frees memory', {
    LoadConfig: 'ignore_patterns',
    MultiModalConfig: 'language_model_only video_pruning_rate video_pruning_method',
  }),

  refused('would put a literal secret into a manifest',
    'leave it out: weights are served offline, and only pods with the server\'s clientLabels reach it', {
      FrontendArgs: 'api_key',
      ModelConfig: 'hf_token',
      WatermarkConfig: WHOLE,
    }),
  refused('changes where or how the server listens, which the probes, the Service and the scrape count on',
    'leave it out; a Gateway in front of the Service brings other names, paths and TLS', {
      FrontendArgs: 'host uds root_path grpc_port ssl_keyfile ssl_certfile ssl_ca_certs ssl_cert_reqs ssl_ciphers enable_ssl_refresh',
      ServeSubcommand: 'grpc',
    }),
  refused('starts no API server, so that no probe would ever pass', 'leave it out', { ServeSubcommand: 'headless' }),
  refused('reads arguments from a file that the plan does not see', 'write them as extraArgs', { ServeSubcommand: 'config' }),
  refused('ends the metrics that the autoscaler, the alerts and the drain read', 'leave it out; --uvicorn-log-level makes the log quiet', {
    EngineArgs: 'disable_log_stats',
  }),
  refused('changes how many GPUs, processes or pods a server takes',
    'set tensorParallelSize or pipelineParallelSize, and replicas for more servers', {
      ParallelConfig: WHOLE,
      EPLBConfig: WHOLE,
      FaultToleranceConfig: WHOLE,
      EngineArgs: 'data_parallel_address data_parallel_start_rank data_parallel_multi_port_external_lb device_ids',
      FrontendArgs: 'data_parallel_supervisor_port dp_supervisor_probe_interval_s dp_supervisor_probe_timeout_s'
        + ' dp_supervisor_probe_failure_threshold',
    }),
  refused('changes how large the KV cache is, or how large its parts are, which the plan has counted',
    'leave it out; kvCacheDtype, maxModelLen and gpuMemoryUtilization change it within the plan', {
      CacheConfig: 'block_size num_gpu_blocks_override kv_cache_memory_bytes kv_cache_dtype_skip_layers mamba_block_size mamba_cache_dtype'
        + ' mamba_ssm_cache_dtype mamba_cache_mode enable_mamba_shared_prefix_checkpoint use_replayssm replayssm_buffer_len',
      ModelConfig: 'disable_sliding_window',
      SchedulerConfig: 'disable_hybrid_kv_cache_manager enable_chunked_prefill',
      AttentionConfig: WHOLE,
    }),
  refused('changes how many requests run at once, which the autoscaler counts on', 'set maxNumSeqs', {
    SchedulerConfig: 'max_num_active_seqs',
  }),
  refused('moves weights or the KV cache to memory of the node, which the pod does not ask for',
    'take a larger accelerator or a smaller maxModelLen', {
      CacheConfig: 'kv_offloading_size kv_offloading_backend',
      OffloadConfig: WHOLE,
      UVAOffloadConfig: WHOLE,
      PrefetchOffloadConfig: WHOLE,
      KVTransferConfig: WHOLE,
      ECTransferConfig: WHOLE,
      EngramConfig: WHOLE,
    }),
  refused('takes memory of the node that the pod does not ask for', 'leave it out', {
    MultiModalConfig: 'mm_processor_cache_gb mm_processor_cache_type mm_shm_cache_max_object_size_mb mm_tensor_ipc',
    EncoderCacheManagerConfig: WHOLE,
  }),
  refused('takes GPU memory that the plan does not count', 'leave it out; the props lora and speculative are planned', {
    LoRAConfig: WHOLE,
    DiffusionConfig: WHOLE,
    AuxOutputConfig: WHOLE,
    EngineArgs: 'mm_processor_device',
    FrontendArgs: 'enable_flash_late_interaction',
    ModelConfig: 'enable_prompt_embeds enable_trace_replay return_sampling_mask use_fp64_gumbel enable_return_routed_experts',
    MultiModalConfig: 'mm_processor_kwargs media_io_kwargs mm_encoder_tp_mode mm_ipc_gpu_memory_gb skip_mm_profiling enable_mm_embeds',
  }),
  refused('takes GPU memory for every token of the vocabulary', 'give it a number', { ModelConfig: 'max_logprobs' },
    ({ values }) => !values.includes('-1')),
  refused('says how large an item is, from which vLLM measures its memory', 'give only counts, for example {"image": 2}', {
    MultiModalConfig: 'limit_per_prompt',
  }, areCounts),
  refused('changes what is compiled and which CUDA graphs are captured, which take memory and time of the start',
    'leave it out; enforceEager turns both off, and maxNumSeqs bounds the graphs', {
      CompilationConfig: WHOLE,
      VllmConfig: 'optimization_level performance_mode',
    }),
  refused('is about a server that sleeps, is profiled or trained, and the probes, the start and the memory are of one that serves',
    'leave it out', {
      ModelConfig: 'enable_sleep_mode sleep_mode_backend sleep_mode_offload_cudagraph sleep_preserve_parameter_names enable_cumem_allocator'
        + ' enable_nccl_comm_suspend',
      ProfilerConfig: WHOLE,
      WeightTransferConfig: WHOLE,
    }),
  refused('makes a server that does not generate text for chats, which the plan, the probes and the programs are about', 'leave it out', {
    ModelConfig: 'runner convert skip_tokenizer_init',
    MultiModalConfig: 'mm_encoder_only',
    FrontendArgs: 'tokens_only',
    PoolerConfig: WHOLE,
  }),
  refused('makes another model of the one that is planned',
    'change config.json beside the weights and take Model.fromDirectory, or describe the model with Model.of', {
      ModelConfig: 'hf_overrides hf_config_path config_format model_impl model_class_overrides override_attention_dtype',
    }),
  refused('changes how many bytes the weights take', 'set the prop quantization', { QuantizationConfigArgs: WHOLE }),
  refused('asks for another revision, and weights are served offline from one that is there', 'give the model that revision', {
    ModelConfig: 'revision code_revision tokenizer_revision',
    LoadConfig: 'download_dir',
  }),
  refused('serves random weights or reads them in a way that neither the start nor the memory is planned for', 'take auto or safetensors', {
    LoadConfig: 'load_format',
  }, areAmong('auto', 'safetensors')),
  refused('reads weights in a way that neither the start nor the memory is planned for', 'leave it out', {
    LoadConfig: 'model_loader_extra_config pt_load_map_location',
  }),
  refused('copies weights to memory of the node that the pod does not ask for', 'take lazy or prefetch', {
    LoadConfig: 'safetensors_load_strategy',
  }, areAmong('lazy', 'prefetch')),
  harmless('how fast weights get into the page cache', { LoadConfig: 'safetensors_prefetch_num_threads safetensors_prefetch_block_size' }),
  refused('names something on the hub, which a server that is offline does not reach', 'put it beside the weights and give its path', {
    ModelConfig: 'tokenizer',
  }, arePaths),
  refused('names something on the hub, which a server that is offline does not reach', 'take auto, vllm or a folder\'s path', {
    ModelConfig: 'generation_config',
  }, context => arePaths(context) || areAmong('auto', 'vllm')(context)),
  refused('needs a parser that takes the calls out of the answers', 'add --tool-call-parser=NAME', {
    FrontendArgs: 'enable_auto_tool_choice',
  }, ({ fields }) => fields.has('FrontendArgs.tool_call_parser')),
  refused('needs the log of requests, which it adds the answers to', 'add --enable-log-requests', {
    FrontendArgs: 'enable_log_outputs',
  }, ({ fields }) => fields.has('AsyncEngineArgs.enable_log_requests')),
  refused('is a file that vLLM runs as code', 'put it beside the weights and give its whole path', {
    FrontendArgs: 'tool_parser_plugin',
    StructuredOutputsConfig: 'reasoning_parser_plugin',
  }, arePaths),
  refused('loads code that vLLM\'s image does not have', 'leave it out', {
    ModelConfig: 'logits_processors io_processor_plugin',
    SchedulerConfig: 'scheduler_cls',
    FrontendArgs: 'middleware',
    VllmConfig: 'additional_config',
    MultiModalConfig: 'mm_encoder_fp8_scale_save_path',
  }),
  refused('calls or serves others, which the server\'s network policy does not let through', 'leave it out', {
    FrontendArgs: 'tool_server',
    KVEventsConfig: WHOLE,
  }),
  refused('lets whoever sends requests read files, or run templates and endpoints of the engine', 'leave it out', {
    ModelConfig: 'allowed_local_media_path',
    FrontendArgs: 'trust_request_chat_template trust_request_mm_kwargs enable_scale_out',
  }),
];
