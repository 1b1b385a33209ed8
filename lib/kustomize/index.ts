export * from './kustomize-app';
export * from './kustomize-unit';
