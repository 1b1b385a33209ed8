import { GcsFuse, GcsFuseOptions } from './gcs-fuse';
import { HyperdiskMl, HyperdiskMlOptions } from './hyperdisk-ml';
import { PersistentDisk, PersistentDiskOptions } from './persistent-disk';
import { IWeightsStorage } from './weights-binding';
import { requireProps } from '../common/props';

/** The storages that weights can be read from. */
export abstract class WeightsStorage {
  /**
   * A Cloud Storage bucket, mounted by the Cloud Storage FUSE CSI driver.
   *
   * @throws on what is no bucket name, and on a cache below 1 MiB
   */
  static gcsFuse(options: GcsFuseOptions): IWeightsStorage {
    requireProps('GcsFuseOptions', options, 'WeightsStorage.gcsFuse');
    return new GcsFuse(options);
  }

  /**
   * A Hyperdisk ML, one read-only disk for many nodes, in every zone asked for.
   *
   * @throws without a zone, on what is no zone, and on a throughput that such a disk does not have
   */
  static hyperdiskMl(options: HyperdiskMlOptions): IWeightsStorage {
    requireProps('HyperdiskMlOptions', options, 'WeightsStorage.hyperdiskMl');
    return new HyperdiskMl(options);
  }

  /**
   * A persistent disk, read-only for the nodes of one zone.
   *
   * @throws on what is no zone, and on another type of disk
   */
  static persistentDisk(options: PersistentDiskOptions): IWeightsStorage {
    requireProps('PersistentDiskOptions', options, 'WeightsStorage.persistentDisk');
    return new PersistentDisk(options);
  }
}
