export * from './egress';
export * from './labels';
export * from './mounted-programs';
export * from './program';
export * from './program-image';
export * from './resources';
export * from './security';
