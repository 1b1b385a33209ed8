import { IConstruct } from 'constructs';
import { VllmRelease } from '../catalog';
import { CSI_DRIVERS } from '../common/csi-drivers';
import { ServiceIdentity } from '../common/identity';
import { KustomizeUnit } from '../kustomize';
import { PodProps } from '../pods';
import { MetricsCollector, VllmHpa, VllmMonitoring, VllmServer } from '../serving';
import { WeightsVolume } from '../weights';
import {
  BatchInference, GradioChat, LocustLoadTest, ModelEvaluation, VllmBenchmark, WeightsHydration, WeightsLoader, WeightsSnapshot,
} from '../workloads';
import { defaultName } from '../workloads/server-client';

/** Something of a cell that runs in pods with an identity of their own. */
export interface CellWorkload extends IConstruct {
  /** Identity of its pods, which the cloud layer has to grant its roles. */
  readonly identity: ServiceIdentity;
}

/** What the units of a cell are made from. */
export interface CellParts {
  readonly id: string;
  readonly weights: WeightsVolume;
  readonly server: VllmServer;
  readonly bucket: string;
  readonly release?: VllmRelease;
  readonly pods?: PodProps;
  readonly collector?: MetricsCollector;
  /** What the units before have made. */
  readonly made: readonly IConstruct[];
}

interface Unit {
  /** Whether `kubectl apply -k CELL` applies it: not what is done once, or now and then. */
  readonly applyWithCell: boolean;
  /** Whether it is for weights on a disk only. @default false */
  readonly forDisks?: boolean;
  /** Whether a cell has it only where it is asked for. @default false */
  readonly onlyAsked?: boolean;
  /** The unit whose objects it reads. @default - none but the server's */
  readonly needs?: CellUnit;
  /** CSI drivers that its pods mount by, beside the storage's. @default - none */
  readonly csiDrivers?: readonly string[];
  readonly make: (scope: KustomizeUnit, parts: CellParts) => IConstruct[];
}

/** Name of a unit that a cell can have beside `server`. */
export type CellUnit = 'monitoring' | 'autoscaling' | 'chat' | 'load-test' | 'batch' | 'weights' | 'hydration' | 'snapshot' | 'benchmark';

/** What a cell has beside its server, each in a folder that applies alone, in the order in which they are made. */
const UNITS: { readonly [name in CellUnit]: Unit } = {
  monitoring: {
    applyWithCell: true,
    make: (scope, { server, collector }) => [new VllmMonitoring(scope, 'monitoring', { server, collector })],
  },
  autoscaling: {
    applyWithCell: true,
    make: (scope, { server }) => [new VllmHpa(scope, 'hpa', { server })],
  },
  chat: {
    applyWithCell: true,
    make: (scope, { server, pods }) => [new GradioChat(scope, 'chat', { ...pods, server })],
  },
  'load-test': {
    applyWithCell: false,
    csiDrivers: [CSI_DRIVERS.bucket],
    make: (scope, { id, server, bucket, pods }) =>
      [new LocustLoadTest(scope, 'load-test', { ...pods, server, output: { bucket, path: `load-test/${id}` } })],
  },
  batch: {
    applyWithCell: false,
    csiDrivers: [CSI_DRIVERS.bucket],
    make: (scope, { id, server, bucket, pods }) => {
      const folder = `batch/${id}`;
      const batch = new BatchInference(scope, 'batch', { ...pods, server, bucket, input: `${folder}/input.jsonl`, output: `${folder}/output` });
      return [batch, new ModelEvaluation(scope, 'evaluation', { ...pods, batch, labels: `${folder}/labels.jsonl` })];
    },
  },
  weights: {
    applyWithCell: false,
    make: (scope, { server, weights, bucket, release, pods }) =>
      [new WeightsLoader(scope, 'loader', { ...pods, weights, bucket, release, name: defaultName(server, '-loader') })],
  },
  hydration: {
    applyWithCell: false,
    forDisks: true,
    make: (scope, { server, weights, bucket, pods }) => [new WeightsHydration(scope, 'hydration', { ...pods, weights, server, bucket })],
  },
  snapshot: {
    applyWithCell: false,
    forDisks: true,
    needs: 'hydration',
    make: (scope, { made }) => {
      const hydration = made.find(construct => construct instanceof WeightsHydration)!;
      return [new WeightsSnapshot(scope, 'snapshot', { hydration })];
    },
  },
  benchmark: {
    applyWithCell: false,
    // It takes the GPUs of a whole server from the servers.
    onlyAsked: true,
    csiDrivers: [CSI_DRIVERS.bucket],
    // It has the server's pods in its place, which the cell's go into.
    make: (scope, { id, server, bucket, pods }) => [new VllmBenchmark(scope, 'benchmark', {
      serviceAccountName: pods?.serviceAccountName, server, bucket, output: `benchmark/${id}`,
    })],
  },
};

/** Names of all units that a cell can have beside `server`, in the order in which they are made. */
export const CELL_UNITS = Object.keys(UNITS) as CellUnit[];

export function unitOf(name: CellUnit): Unit {
  return UNITS[name];
}

export function hasIdentity(construct: IConstruct): construct is CellWorkload {
  return (construct as Partial<CellWorkload>).identity instanceof ServiceIdentity;
}
