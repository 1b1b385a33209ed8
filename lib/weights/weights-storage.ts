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
    return new GcsFuse(requireProps('GcsFuseOptions', options, 'WeightsStorage.gcsFuse'));
  }

  /**
   * A Hyperdisk ML, one read-only disk for many nodes, in every zone asked for.
   *
   * @throws without a zone, on what is no zone, and on a throughput that such a disk does not have
   */
  static hyperdiskMl(options: HyperdiskMlOptions): IWeightsStorage {
    return new HyperdiskMl(requireProps('HyperdiskMlOptions', options, 'WeightsStorage.hyperdiskMl'));
  }

  /**
   * A persistent disk, read-only for the nodes of one zone.
   *
   * @throws on what is no zone, and on another type of disk
   */
  static persistentDisk(options: PersistentDiskOptions): IWeightsStorage {
    return new PersistentDisk(requireProps('PersistentDiskOptions', options, 'WeightsStorage.persistentDisk'));
  }
}
