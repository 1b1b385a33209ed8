export * from './catalog';
export * from './cluster';
export * from './identity';
export * from './kustomize';
export * from './planning';
export * from './serving';
export * from './weights';
