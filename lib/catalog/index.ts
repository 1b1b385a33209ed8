export type { VllmDtype, VllmKvCacheDtype, VllmQuantization } from '../../imports/vllm/values';
export * from './accelerator';
export type { Capacity } from './capacity';
export * from './cpu-machine';
export * from './machine-type';
export * from './model';
export type { VllmModelRunner } from './vllm-memory-facts';
export type {
  VllmEnvironmentVariable, VllmExportedMetric, VllmFlag, VllmFormerModel, VllmModelClass, VllmQuantizationMethod, VllmRegistry,
  VllmValueType,
} from './vllm-registry';
export type { VllmImageFacts } from './vllm-image-facts';
export * from './vllm-release';
