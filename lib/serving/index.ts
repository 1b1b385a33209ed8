export { ServerPlan } from './server-plan';
export type { ServerPlanProps } from './server-plan';
export * from './vllm-hpa';
export * from './vllm-metric';
export * from './vllm-monitoring';
export type { IVllmServer, VllmServerAttributes } from './imported-server';
export { VllmServer } from './vllm-server';
export type { VllmServerProps } from './vllm-server-props';
