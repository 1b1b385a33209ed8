export * from './gpu-monitoring';
export * from './metrics-adapter';
export * from './priority-class';
export * from './serving-namespace';
