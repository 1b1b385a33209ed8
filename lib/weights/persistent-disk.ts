import { Construct } from 'constructs';
import { Model } from '../catalog';
import { GIB, MIB } from '../common/bytes';
import { CSI_DRIVERS } from '../common/csi-drivers';
import { bindSnapshotClaim, diskBytes } from './snapshot-claim';
import { Refusal } from '../common/refusal';
import { Region } from '../common/region';
import { DiskClass, HydrationDisk, IWeightsStorage, StorageFacts, WeightsBinding, WeightsBindingProps } from './weights-binding';

/** Read throughput grows with the disk. https://cloud.google.com/compute/docs/disks/performance, MiB a second for each GiB. */
const MIB_PER_SECOND_PER_GIB: { readonly [diskType: string]: number } = { 'pd-balanced': 0.28, 'pd-ssd': 0.48 };
/** What machines with fewer than 16 vCPUs read at most; the same page. */
const MACHINE_MIB_PER_SECOND = 240;
/** Large enough for pd-ssd to reach what the smaller machines read. */
const LEAST_DISK_BYTES = 500 * GIB;

/** Options of `WeightsStorage.persistentDisk`. */
export interface PersistentDiskOptions {
  /** Zone of the disk; the pods run there only. */
  readonly zone: string;
  /**
   * Type of the disk: `pd-ssd` or `pd-balanced`.
   * @default pd-ssd
   */
  readonly diskType?: string;
}

export class PersistentDisk implements IWeightsStorage {
  static forCell(_facts: StorageFacts, [zone]: readonly string[]): IWeightsStorage {
    return new PersistentDisk({ zone });
  }

  readonly id = 'pd';
  readonly csiDrivers = [CSI_DRIVERS.disk];
  readonly diskType: string;
  readonly zones: readonly string[];
  readonly diskClass: DiskClass;

  constructor(options: PersistentDiskOptions) {
    this.diskType = options.diskType ?? 'pd-ssd';
    this.zones = [options.zone];
    if (!Region.isZone(options.zone)) {
      throw new Refusal(`WeightsStorage.persistentDisk: 'zone' (${options.zone}) is not one zone; a persistent disk is in exactly one,`
        + ' for example us-central1-a. For several zones take hyperdiskMl or gcsFuse');
    }
    if (!Object.hasOwn(MIB_PER_SECOND_PER_GIB, this.diskType)) {
      throw new Refusal(`WeightsStorage.persistentDisk: 'diskType' (${this.diskType}) must be ${Object.keys(MIB_PER_SECOND_PER_GIB).join(' or ')}`);
    }
    this.diskClass = { name: `weights-${this.diskType}`, zones: [], parameters: { type: this.diskType } };
  }

  cacheBytes(): number {
    return 0;
  }

  bytesPerSecond(model: Model): number {
    const mib = Math.min(MIB_PER_SECOND_PER_GIB[this.diskType] * this.sizeBytes(model) / GIB, MACHINE_MIB_PER_SECOND);
    return mib * MIB;
  }

  bind(scope: Construct, props: WeightsBindingProps): WeightsBinding {
    return bindSnapshotClaim(scope, props, { storageClassName: this.diskClass.name, sizeBytes: this.sizeBytes(props.model) });
  }

  hydrationDisk(model: Model): HydrationDisk {
    return { diskClass: this.diskClass, sizeBytes: this.sizeBytes(model) };
  }

  private sizeBytes(model: Model): number {
    return diskBytes(model, LEAST_DISK_BYTES);
  }
}
