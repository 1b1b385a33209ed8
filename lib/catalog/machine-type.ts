import { Accelerator } from './accelerator';
import { Facts } from './facts';
import { MachineTypeProps } from './machine-type-props';
import { MACHINE_TYPES } from './machine-types';
import { Refusal } from '../common/refusal';

export type { MachineTypeProps } from './machine-type-props';

/** A Compute Engine machine with its GPUs. */
export class MachineType extends Facts<MachineTypeProps>() {
  private static readonly catalogue = MACHINE_TYPES.map(props => new MachineType(props));

  static all(): MachineType[] {
    return [...MachineType.catalogue];
  }

  /**
   * @param gpus how many GPUs are attached; needed for n1 only, where one name takes 1, 2 or 4
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

  /** Ascending by GPUs, then by vCPUs. */
  static forAccelerator(accelerator: Accelerator): MachineType[] {
    return MachineType.catalogue
      .filter(machine => machine.accelerator.id === accelerator.id)
      .sort((a, b) => a.gpus - b.gpus || a.vcpus - b.vcpus);
  }

  static of(props: MachineTypeProps): MachineType {
    return new MachineType(props);
  }

  private constructor(props: MachineTypeProps) {
    super(props);
  }

  /** Whether a disk of that type can be attached as a data disk. */
  attaches(diskType: string): boolean {
    return this.diskTypes.includes(diskType);
  }
}
