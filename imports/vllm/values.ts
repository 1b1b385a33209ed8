// Made from the registries beside it by scripts/vllm-registry/values.ts.

/** Values of `--dtype`, of all releases together; what a single release lacks is refused by it. */
export type VllmDtype =
  | 'auto'
  | 'bfloat16'
  | 'float'
  | 'float16'
  | 'float32'
  | 'half';

/** Values of `--kv-cache-dtype`, of all releases together; what a single release lacks is refused by it. */
export type VllmKvCacheDtype =
  | 'auto'
  | 'bfloat16'
  | 'float16'
  | 'fp8'
  | 'fp8_ds_mla'
  | 'fp8_e4m3'
  | 'fp8_e5m2'
  | 'fp8_inc'
  | 'fp8_per_token_head'
  | 'int4_per_token_head'
  | 'int8_per_token_head'
  | 'nvfp4'
  | 'nvfp4_4over6'
  | 'nvfp4_ds_mla'
  | 'turboquant_3bit_nc'
  | 'turboquant_4bit_nc'
  | 'turboquant_k3v4_nc'
  | 'turboquant_k8v4'
  | 'ultraquant_4bit';

/** Values of `--quantization`, of all releases together; what a single release lacks is refused by it. */
export type VllmQuantization =
  | 'auto_awq'
  | 'auto_gptq'
  | 'awq'
  | 'awq_marlin'
  | 'bitsandbytes'
  | 'compressed-tensors'
  | 'cpu_awq'
  | 'deepseek_v4_fp8'
  | 'experts_int8'
  | 'fbgemm_fp8'
  | 'fp8'
  | 'fp8_per_block'
  | 'fp8_per_channel'
  | 'fp8_per_tensor'
  | 'fp_quant'
  | 'gguf'
  | 'gpt_oss_mxfp4'
  | 'gptq'
  | 'gptq_marlin'
  | 'humming'
  | 'inc'
  | 'int8_per_channel_weight_only'
  | 'modelopt'
  | 'modelopt_fp4'
  | 'modelopt_mixed'
  | 'modelopt_mxfp8'
  | 'moe_wna16'
  | 'mxfp4'
  | 'mxfp8'
  | 'nvfp4_per_token'
  | 'online'
  | 'quark'
  | 'torchao';
