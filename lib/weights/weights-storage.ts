import { GcsFuse, GcsFuseOptions } from './gcs-fuse';
import { HyperdiskMl, HyperdiskMlOptions } from './hyperdisk-ml';
import { PersistentDisk, PersistentDiskOptions } from './persistent-disk';
import { IWeightsStorage } from './weights-binding';

/** Where weights live. */
export abstract class WeightsStorage {
  /** A Cloud Storage bucket, mounted by the Cloud Storage FUSE CSI driver. */
  static gcsFuse(options: GcsFuseOptions): IWeightsStorage {
    return new GcsFuse(options);
  }

  /** Hyperdisk ML, one read-only disk for many nodes, in every zone asked for. */
  static hyperdiskMl(options: HyperdiskMlOptions): IWeightsStorage {
    return new HyperdiskMl(options);
  }

  /** A persistent disk, read-only for the nodes of one zone. */
  static persistentDisk(options: PersistentDiskOptions): IWeightsStorage {
    return new PersistentDisk(options);
  }
}
