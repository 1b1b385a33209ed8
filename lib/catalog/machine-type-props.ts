import { Accelerator } from './accelerator';

/** Facts of a `MachineType`. */
export interface MachineTypeProps {
  /** Name of Compute Engine, for example `g2-standard-24`. */
  readonly name: string;
  /** The GPU model that the machine carries. */
  readonly accelerator: Accelerator;
  /** Number of its GPUs, 1 or more. */
  readonly gpus: number;
  /** Number of its virtual CPUs. */
  readonly vcpus: number;
  /** Memory of the machine in bytes. */
  readonly memoryBytes: number;
  /** Allowed numbers of local SSDs of 375 GiB: one entry when they come with the machine, starting at 0 when optional. */
  readonly localSsdCounts: readonly number[];
  /** Whether the local SSDs come with the machine. */
  readonly localSsdAutomatic: boolean;
  /** Disk types that can be attached as data disks, for example `hyperdisk-ml`. */
  readonly diskTypes: readonly string[];
  /** Disk types that the machine can boot from. */
  readonly bootDiskTypes: readonly string[];
  /** How the machine is sold: `on-demand`, `spot`, `flex-start`, `reservation`. */
  readonly provisioning: readonly string[];
  /** Zones that are known to have the machine, sorted; empty when none is known. */
  readonly zones: readonly string[];
  /**
   * Price of one hour on demand in us-central1, in US dollars.
   * @default - no price is known
   */
  readonly hourlyPriceUsd?: number;
  /**
   * Price of one hour as a spot machine in us-central1, in US dollars.
   * @default - no price is known
   */
  readonly hourlySpotPriceUsd?: number;
  /**
   * Date of the price table, `YYYY-MM-DD`.
   * @default - no price is known
   */
  readonly priceDate?: string;
}
