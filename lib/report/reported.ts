import { Accelerator, Model } from '../catalog';
import { ServiceIdentity } from '../common/identity';
import { MemoryPlan, Placement, StartupPlan } from '../planning';

/** Something that runs in pods. */
export interface ReportedWorkload {
  readonly name: string;
  /** Absent where nobody said which. */
  readonly image?: string;
  readonly identity: ServiceIdentity;
}

/** A server, with what is applied together with it. */
export interface ReportedServer {
  /** Name of its folder. */
  readonly id: string;
  readonly model: Model;
  readonly accelerator: Accelerator;
  readonly storage: string;
  readonly name: string;
  readonly namespace: string;
  readonly release: string;
  readonly plan: { readonly memory: MemoryPlan; readonly startup: StartupPlan; readonly placement: Placement };
  /** US dollars an hour for the weights where they are read. Absent where no price is known. */
  readonly storageHourlyUsd?: number;
  readonly maxNodes: number;
  /** Name of the cluster's region. Absent where it is not known. */
  readonly region?: string;
  readonly workloads: readonly ReportedWorkload[];
  /** Folders below its own that bring the weights to where it reads them, in their order. */
  readonly unitsBefore: readonly string[];
  /** Other folders below its own that are applied one by one. */
  readonly unitsApart: readonly string[];
}

/** A cell that cannot be. */
export interface ReportedGap {
  readonly id: string;
  readonly model: Model;
  readonly accelerator: Accelerator;
  readonly storage: string;
  readonly reason: string;
}

export type Reported = ReportedServer | ReportedGap;

export function isGap(reported: Reported): reported is ReportedGap {
  return 'reason' in reported;
}
