import { GIB } from '../common/bytes';
import { Refusal } from '../common/refusal';
import { MACHINE_FAMILIES } from './disk-machine-families';

/** vCPUs of the standard machines of each family. https://cloud.google.com/compute/docs/general-purpose-machines */
const VCPUS: { readonly [family: string]: readonly number[] } = {
  e2: [2, 4, 8, 16, 32],
  n2: [2, 4, 8, 16, 32, 48, 64, 80, 96, 128],
  c3d: [4, 8, 16, 30, 60, 90, 180, 360],
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
   * @param name - `FAMILY-standard-VCPUS`, for example `c3d-standard-4`
   * @throws on a family that is not known here, and on a size that the family lacks
   */
  static of(name: string): CpuMachine {
    const [, family, size] = /^([a-z]\d[a-z]?)-standard-(\d+)$/.exec(name) ?? [];
    const sizes = Object.hasOwn(VCPUS, family ?? '') ? VCPUS[family] : [];
    if (!sizes.includes(Number(size))) {
      const known = Object.entries(VCPUS).map(([key, vcpus]) => `${key}-standard-{${vcpus.join(',')}}`).join(', ');
      throw new Refusal(`'machineType' (${name}) is not known here; there are ${known}`);
    }
    return new CpuMachine(name, Number(size), MACHINE_FAMILIES[family].diskTypes);
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
