import { GIB } from '../common/bytes';
import { Refusal } from '../common/refusal';

interface Series {
  readonly vcpus: readonly number[];
  readonly diskTypes: readonly string[];
}

const PERSISTENT_DISKS = ['pd-standard', 'pd-balanced', 'pd-ssd', 'pd-extreme'];

/**
 * Sizes: https://cloud.google.com/compute/docs/general-purpose-machines; disks:
 * kubernetes-sigs/gcp-compute-persistent-disk-csi-driver deploy/kubernetes/overlays/node-labeler/configmap.yaml@30038a469b, by which nodes
 * are labelled: it gives C3 no Hyperdisk ML, C3D has it.
 */
const SERIES: { readonly [name: string]: Series } = {
  e2: { vcpus: [2, 4, 8, 16, 32], diskTypes: PERSISTENT_DISKS },
  n2: { vcpus: [2, 4, 8, 16, 32, 48, 64, 80, 96, 128], diskTypes: [...PERSISTENT_DISKS, 'hyperdisk-balanced', 'hyperdisk-throughput', 'hyperdisk-extreme'] },
  c3d: {
    vcpus: [4, 8, 16, 30, 60, 90, 180, 360],
    diskTypes: [
      'pd-balanced', 'pd-ssd', 'hyperdisk-balanced', 'hyperdisk-balanced-high-availability', 'hyperdisk-extreme', 'hyperdisk-throughput',
      'hyperdisk-ml',
    ],
  },
};
const GIB_PER_VCPU = 4;

/**
 * A Compute Engine machine without GPUs.
 *
 * @see https://cloud.google.com/compute/docs/general-purpose-machines
 */
export class CpuMachine {
  /**
   * The machine with that name.
   *
   * @param name - `SERIES-standard-VCPUS`, for example `c3d-standard-4`
   * @throws on a series that is not known here, and on a size that the series lacks
   */
  static of(name: string): CpuMachine {
    const [, prefix, size] = /^([a-z]\d[a-z]?)-standard-(\d+)$/.exec(name) ?? [];
    const series = Object.hasOwn(SERIES, prefix ?? '') ? SERIES[prefix] : undefined;
    if (!series?.vcpus.includes(Number(size))) {
      const known = Object.entries(SERIES).map(([key, { vcpus }]) => `${key}-standard-{${vcpus.join(',')}}`).join(', ');
      throw new Refusal(`'machineType' (${name}) is not known here; there are ${known}`);
    }
    return new CpuMachine(name, Number(size), series.diskTypes);
  }

  /** Name of Compute Engine, for example `c3d-standard-4`. */
  readonly name: string;
  /** Number of its virtual CPUs. */
  readonly vcpus: number;
  /** Memory of the machine in bytes. */
  readonly memoryBytes: number;
  /** Disk types that can be attached as data disks, for example `hyperdisk-ml`. */
  readonly diskTypes: readonly string[];

  private constructor(name: string, vcpus: number, diskTypes: readonly string[]) {
    this.name = name;
    this.vcpus = vcpus;
    this.memoryBytes = vcpus * GIB_PER_VCPU * GIB;
    this.diskTypes = diskTypes;
  }
}
