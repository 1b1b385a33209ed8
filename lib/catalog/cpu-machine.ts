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

/** A Compute Engine machine without GPUs: `FAMILY-standard-VCPUS`. */
export class CpuMachine {
  /** @throws on a family that is not known here, and on a size that it has not */
  static of(name: string): CpuMachine {
    const [, family, size] = /^([a-z]\d[a-z]?)-standard-(\d+)$/.exec(name) ?? [];
    const sizes = Object.hasOwn(VCPUS, family ?? '') ? VCPUS[family] : [];
    if (!sizes.includes(Number(size))) {
      const known = Object.entries(VCPUS).map(([key, vcpus]) => `${key}-standard-{${vcpus.join(',')}}`).join(', ');
      throw new Refusal(`'machineType' (${name}) is not known here; there are ${known}`);
    }
    return new CpuMachine(name, Number(size), MACHINE_FAMILIES[family].diskTypes);
  }

  readonly memoryBytes: number;

  /** @param diskTypes types that its nodes are labelled to attach: what a guide has beside is no reason to buy a machine */
  private constructor(readonly name: string, readonly vcpus: number, readonly diskTypes: readonly string[]) {
    this.memoryBytes = vcpus * GIB_PER_VCPU * GIB;
  }
}
