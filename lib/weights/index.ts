export type { GcsFuseOptions } from './gcs-fuse';
export type { HyperdiskMlOptions } from './hyperdisk-ml';
export type { PersistentDiskOptions } from './persistent-disk';
export type { DiskClass, HydrationDisk, IWeightsStorage, WeightsBinding, WeightsBindingProps } from './weights-binding';
export * from './weights-disk-class';
export { WeightsSnapshotClass } from './weights-snapshot-class';
export * from './weights-storage';
export * from './weights-volume';
