export { MemoryPlan } from './memory-plan';
export type { MemoryAlternative, MemoryPerGpu, MemoryPlanProps } from './memory-plan';
export * from './placement';
export * from './shutdown-plan';
export * from './startup-plan';
