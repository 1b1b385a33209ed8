import {
  DiskClass, GpuMonitoring, KustomizeApp, KustomizeUnit, MetricsAdapter, PriorityClass, ServiceIdentity, ServingNamespace, VllmHpa,
  VllmMonitoring, VllmServer, WeightsDiskClass, WeightsVolume,
} from '../lib';
import { cellStorage, ImpossibleCell } from './cell-storage';
import { Cell, cellId, CELLS } from './matrix';
import { Settings } from './settings';

const PRIORITY_CLASS = 'vllm-serving';

/** A cell that can be, as it is deployed. */
export interface BuiltCell {
  readonly cell: Cell;
  readonly server: VllmServer;
  readonly hpa: VllmHpa;
  /** Of all its workloads. */
  readonly identities: readonly ServiceIdentity[];
}

export interface BuiltMatrix {
  readonly app: KustomizeApp;
  /** In the order of the matrix. */
  readonly results: readonly (BuiltCell | ImpossibleCell)[];
  readonly cells: readonly BuiltCell[];
  /** Of all workloads, those of the cluster's own included. */
  readonly identities: readonly ServiceIdentity[];
}

/** All cells that the settings ask for, in memory: nothing is written. */
export function buildMatrix(root: string, settings: Settings): BuiltMatrix {
  const app = new KustomizeApp({ root });
  const diskClasses = new Map<string, DiskClass>();
  const results = chosen(settings).map(cell => buildCell(app, cell, settings, diskClasses));
  const cells = results.filter((result): result is BuiltCell => !(result instanceof ImpossibleCell));
  const clusterIdentities = prepareCluster(app, settings, diskClasses.values());
  return { app, results, cells, identities: [...clusterIdentities, ...cells.flatMap(({ identities }) => identities)] };
}

function buildCell(app: KustomizeApp, cell: Cell, settings: Settings, diskClasses: Map<string, DiskClass>): BuiltCell | ImpossibleCell {
  const storage = cellStorage(cell, settings);
  if (storage instanceof ImpossibleCell) {
    return storage;
  }
  const id = cellId(cell);
  const unit = (name: string) => new KustomizeUnit(app, `${id}-${name}`, { cell: id, unit: name, namespace: settings.namespace });
  const serverUnit = unit('server');
  const server = new VllmServer(serverUnit, id, {
    ...cell.server,
    weights: new WeightsVolume(serverUnit, 'weights', { model: cell.model, storage }),
    name: ['vllm-openai', cell.storage, cell.variant, cell.accelerator.id].filter(part => part !== undefined).join('-'),
    accelerator: cell.accelerator,
    release: settings.release,
    maxNodes: settings.maxNodes,
    priorityClassName: PRIORITY_CLASS,
  });
  new VllmMonitoring(unit('monitoring'), 'monitoring', { server });
  const hpa = new VllmHpa(unit('autoscaling'), 'hpa', { server });
  if (storage.diskClass) {
    diskClasses.set(storage.diskClass.name, storage.diskClass);
  }
  return { cell, server, hpa, identities: [server.identity] };
}

function prepareCluster(app: KustomizeApp, settings: Settings, diskClasses: Iterable<DiskClass>): ServiceIdentity[] {
  const cluster = new KustomizeUnit(app, 'cluster', { cell: 'cluster', namespace: settings.namespace });
  new ServingNamespace(cluster, 'namespace', { name: settings.namespace });
  new PriorityClass(cluster, 'priority', {
    name: PRIORITY_CLASS, value: 100000, description: 'Servers that people wait for; batch work yields to them.',
  });
  for (const diskClass of diskClasses) {
    new WeightsDiskClass(cluster, diskClass.name, diskClass);
  }
  new GpuMonitoring(cluster, 'gpu-monitoring');
  return [new MetricsAdapter(cluster, 'metrics-adapter').identity];
}

function chosen(settings: Settings): Cell[] {
  const ids = CELLS.map(cellId);
  const unknown = settings.cells?.filter(cell => !ids.includes(cell)) ?? [];
  if (unknown.length > 0) {
    throw new Error(`settings: CDK8S_VLLM_CELLS names ${unknown.join(', ')}, which the matrix has not; it has ${ids.join(', ')}`);
  }
  return CELLS.filter(cell => settings.cells === undefined || settings.cells.includes(cellId(cell)));
}
