import { Accelerator } from './accelerator';
import { MachineTypeProps } from './machine-type-props';
import { MACHINE_TYPES } from './machine-types';
import { Refusal } from '../common/refusal';
import { requireProps } from '../common/props';

export type { MachineTypeProps } from './machine-type-props';

/** The props are the fields. */
export interface MachineType extends MachineTypeProps {}

/**
 * A Compute Engine machine with its GPUs.
 *
 * @see https://cloud.google.com/compute/docs/accelerator-optimized-machines
 */
export class MachineType {
  private static readonly catalogue = MACHINE_TYPES.map(props => new MachineType(props));

  /** Every machine type of the catalogue; those of n1 stand there once for each number of GPUs. */
  static all(): MachineType[] {
    return [...MachineType.catalogue];
  }

  /**
   * The machine type of the catalogue with that name.
   *
   * @param name - the name of Compute Engine, for example `g2-standard-24`
   * @param gpus - how many GPUs are attached: 1, 2 or 4, needed for n1 only, where one name takes all three
   * @throws when the catalogue has no such name, or not with so many GPUs
   */
  static fromName(name: string, gpus?: number): MachineType {
    const named = MachineType.catalogue.filter(machine => machine.name === name);
    if (named.length === 0) {
      const names = [...new Set(MachineType.catalogue.map(machine => machine.name))].join(', ');
      throw new Refusal(`Unknown machine type '${name}'. Known: ${names}. Use MachineType.of(...) for one that the catalogue lacks.`);
    }
    const counts = named.map(machine => machine.gpus);
    if (gpus === undefined && named.length > 1) {
      throw new Refusal(`Machine type '${name}' takes ${counts.join(', ')} ${named[0].accelerator.displayName}: say how many, `
        + `for example MachineType.fromName('${name}', ${counts[0]}).`);
    }
    const found = named.find(machine => gpus === undefined || machine.gpus === gpus);
    if (!found) {
      throw new Refusal(`Machine type '${name}' has ${counts.join(', ')} ${named[0].accelerator.displayName}, not ${gpus}.`);
    }
    return found;
  }

  /** The machine types of the catalogue that carry the accelerator, ascending by GPUs, then by vCPUs. */
  static forAccelerator(accelerator: Accelerator): MachineType[] {
    return MachineType.catalogue
      .filter(machine => machine.accelerator.id === accelerator.id)
      .sort((a, b) => a.gpus - b.gpus || a.vcpus - b.vcpus);
  }

  /** The most GPUs that one machine of the catalogue carries of the accelerator; 0 when none does. */
  static mostGpus(accelerator: Accelerator): number {
    return MachineType.forAccelerator(accelerator).at(-1)?.gpus ?? 0;
  }

  /** A machine type that the catalogue lacks. */
  static of(props: MachineTypeProps): MachineType {
    requireProps('MachineTypeProps', props, 'MachineType.of');
    return new MachineType(props);
  }

  private constructor(props: MachineTypeProps) {
    Object.assign(this, props);
  }

  /** Whether a disk of that type, for example `hyperdisk-ml`, can be attached as a data disk. */
  attaches(diskType: string): boolean {
    return this.diskTypes.includes(diskType);
  }
}
