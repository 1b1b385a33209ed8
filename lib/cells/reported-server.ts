import { KustomizeUnit } from '../kustomize';
import { imageOf } from '../pods';
import { ReportedServer } from '../report/reported';
import { VllmServer } from '../serving';
import { WeightsHydration, WeightsLoader, WeightsSnapshot } from '../workloads';
import { CellWorkload } from './cell-units';
import { HOURS_PER_MONTH, storageMonthlyUsd } from './storage-price';

/** What stands beside a server, and where. */
export interface Beside {
  /** Name of the folder. */
  readonly id: string;
  /** The server is one of them. */
  readonly workloads: readonly CellWorkload[];
  /** The units of the folder. */
  readonly units: readonly KustomizeUnit[];
  /** @default - not known */
  readonly region?: string;
}

/** What the report's page shows of a server, without its constructs. */
export function reportedServer(server: VllmServer, { id, workloads, units, region }: Beside): ReportedServer {
  const { name, namespace, release, plan: { memory, startup, placement } } = server;
  const storageUsd = storageMonthlyUsd(server);
  const apart = units.filter(({ applyWithCell }) => !applyWithCell);
  return {
    id, name, namespace, region, plan: { memory, startup, placement },
    release: release.version, model: memory.model, accelerator: memory.accelerator, storage: server.storage.id,
    storageHourlyUsd: storageUsd === undefined ? undefined : storageUsd / HOURS_PER_MONTH,
    maxNodes: server.maxReplicas / placement.serversPerNode,
    workloads: workloads.map(workload => ({
      name: workload === server ? 'server' : workload.node.id, identity: workload.identity,
      image: workload === server ? server.image : imageOf(workload),
    })),
    unitsBefore: apart.filter(fills).flatMap(({ unit }) => unit ?? []),
    unitsApart: apart.filter(each => !fills(each)).flatMap(({ unit }) => unit ?? []),
  };
}

function fills({ node }: KustomizeUnit): boolean {
  return node.children.some(child => [WeightsLoader, WeightsHydration, WeightsSnapshot].some(filling => child instanceof filling));
}
