export * from './accelerator';
export * from './machine-type';
export * from './model';
export * from './vllm-release';
