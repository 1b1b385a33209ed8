import { Construct } from 'constructs';
import { Model } from '../catalog';
import { GIB, MIB } from '../common/bytes';
import { CSI_DRIVERS } from '../common/csi-drivers';
import { bindSnapshotClaim, diskBytes } from './snapshot-claim';
import { Refusal } from '../common/refusal';
import { Region } from '../common/region';
import { DiskClass, HydrationDisk, IWeightsStorage, StorageFacts, WeightsBinding, WeightsBindingProps } from './weights-binding';

const DEFAULT_THROUGHPUT_MIB = 2400;
/** https://cloud.google.com/compute/docs/disks/hyperdisks: at least 400 MiB/s or 0.12 MiB/s a GiB, at most 1600 MiB/s a GiB. */
const LEAST_THROUGHPUT_MIB = 400;
const MOST_THROUGHPUT_MIB_PER_GIB = 1600;
/** What one machine of the smaller series reads; an estimate below https://cloud.google.com/compute/docs/disks/hyperdisk-performance */
const MACHINE_BYTES_PER_SECOND = 800 * MIB;
const LEAST_DISK_BYTES = 100 * GIB;
/** Each zone of a cell has a disk of its own, which costs. */
const MOST_ZONES_OF_CELL = 2;

/**
 * Of the disk that is written: one disk, in the zone of the pod that writes it. A class of several zones makes disks from a snapshot only.
 * https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/hyperdisk-ml
 */
const HYDRATION_CLASS: DiskClass = {
  name: 'weights-hdml-hydration',
  zones: [],
  parameters: { type: 'hyperdisk-ml', 'provisioned-throughput-on-create': `${DEFAULT_THROUGHPUT_MIB}Mi` },
};

/** Options of `WeightsStorage.hyperdiskMl`. */
export interface HyperdiskMlOptions {
  /** Zones that get a disk each; the pods run in these only. */
  readonly zones: readonly string[];
  /**
   * Throughput that is provisioned for each disk and shared by all that read it, in MiB a second: from 400 to 160,000.
   * @default 2400
   */
  readonly throughputMib?: number;
}

export class HyperdiskMl implements IWeightsStorage {
  static forCell(_facts: StorageFacts, zones: readonly string[]): IWeightsStorage {
    return new HyperdiskMl({ zones: zones.slice(0, MOST_ZONES_OF_CELL) });
  }

  readonly id = 'hdml';
  readonly csiDrivers = [CSI_DRIVERS.disk];
  readonly diskType = 'hyperdisk-ml';
  readonly zones: readonly string[];
  readonly diskClass: DiskClass;
  private readonly throughputMib: number;

  constructor(options: HyperdiskMlOptions) {
    this.zones = [...new Set(options.zones)].sort();
    if (this.zones.length === 0) {
      throw new Refusal('WeightsStorage.hyperdiskMl: \'zones\' is empty; name the zones that the servers run in, for example us-central1-a');
    }
    const region = this.zones.find(zone => !Region.isZone(zone));
    if (region !== undefined) {
      throw new Refusal(`WeightsStorage.hyperdiskMl: 'zones' (${region}) must be zones, for example us-central1-a`);
    }
    this.throughputMib = options.throughputMib ?? DEFAULT_THROUGHPUT_MIB;
    const most = MOST_THROUGHPUT_MIB_PER_GIB * LEAST_DISK_BYTES / GIB;
    if (!Number.isSafeInteger(this.throughputMib) || this.throughputMib < LEAST_THROUGHPUT_MIB || this.throughputMib > most) {
      throw new Refusal(`WeightsStorage.hyperdiskMl: 'throughputMib' (${this.throughputMib}) must be a whole number from ${LEAST_THROUGHPUT_MIB}`
        + ` to ${most} for a disk of ${LEAST_DISK_BYTES / GIB} GiB`);
    }
    const standard = this.throughputMib === DEFAULT_THROUGHPUT_MIB ? '' : `-${this.throughputMib}`;
    this.diskClass = {
      name: `weights-hdml${standard}-${this.zones.join('-')}`,
      zones: this.zones,
      parameters: {
        type: this.diskType,
        'provisioned-throughput-on-create': `${this.throughputMib}Mi`,
        'enable-multi-zone-provisioning': 'true',
      },
    };
  }

  cacheBytes(): number {
    return 0;
  }

  bytesPerSecond(): number {
    return Math.min(this.throughputMib * MIB, MACHINE_BYTES_PER_SECOND);
  }

  bind(scope: Construct, props: WeightsBindingProps): WeightsBinding {
    return bindSnapshotClaim(scope, props, { storageClassName: this.diskClass.name, sizeBytes: this.sizeBytes(props.model) });
  }

  hydrationDisk(model: Model): HydrationDisk {
    return { diskClass: HYDRATION_CLASS, sizeBytes: this.sizeBytes(model) };
  }

  private sizeBytes(model: Model): number {
    return diskBytes(model, LEAST_DISK_BYTES);
  }
}
