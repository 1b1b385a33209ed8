export type { MemoryAlternative } from './memory-alternatives';
export { MemoryPlan } from './memory-plan';
export type { KvCachePerRequest, MemoryPerGpu, MemoryPlanProps, ResolvedMemoryProps } from './memory-plan-props';
export type { Amounts } from './node-allocatable';
export * from './placement';
export * from './shutdown-plan';
export * from './startup-plan';
