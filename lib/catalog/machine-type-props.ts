import { Accelerator } from './accelerator';

export interface MachineTypeProps {
  /** Compute Engine name, for example `g2-standard-24`. */
  readonly name: string;
  readonly accelerator: Accelerator;
  readonly gpus: number;
  readonly vcpus: number;
  readonly memoryBytes: number;
  /** Allowed numbers of local SSDs of 375 GiB: one entry when they come with the machine, starting at 0 when optional. */
  readonly localSsdCounts: number[];
  readonly localSsdAutomatic: boolean;
  /** Disk types that can be attached as data disks. */
  readonly diskTypes: string[];
  readonly bootDiskTypes: string[];
  /** `on-demand`, `spot`, `flex-start`, `reservation`. */
  readonly provisioning: string[];
  /** Known zones, sorted; empty when none is known. */
  readonly zones: string[];
  /**
   * On-demand price of one hour in us-central1.
   * @default - no price is known
   */
  readonly hourlyPriceUsd?: number;
  /**
   * Spot price of one hour in us-central1.
   * @default - no price is known
   */
  readonly hourlySpotPriceUsd?: number;
  /**
   * Date of the price table, `YYYY-MM-DD`.
   * @default - no price is known
   */
  readonly priceDate?: string;
}
