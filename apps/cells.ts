import {
  BatchInference, DiskClass, GpuMonitoring, GradioChat, KustomizeApp, KustomizeUnit, LocustLoadTest, MetricsAdapter, ModelEvaluation,
  PriorityClass, Refusal, ServiceIdentity, ServingNamespace, VllmHpa, VllmMonitoring, VllmRelease, VllmServer, WeightsDiskClass, WeightsHydration,
  WeightsLoader, WeightsSnapshot, WeightsSnapshotClass, WeightsVolume,
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
  readonly release: VllmRelease;
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
  const identities = [...clusterIdentities, ...cells.flatMap(cell => cell.identities)];
  return { app, release: settings.release, results, cells, identities };
}

function buildCell(app: KustomizeApp, cell: Cell, settings: Settings, diskClasses: Map<string, DiskClass>): BuiltCell | ImpossibleCell {
  const storage = cellStorage(cell, settings);
  if (storage instanceof ImpossibleCell) {
    return storage;
  }
  const id = cellId(cell);
  const { namespace, bucket, release } = settings;
  const unit = (name: string, applyWithCell = true) =>
    new KustomizeUnit(app, `${id}-${name}`, { cell: id, unit: name, namespace, applyWithCell });
  /** For what is done once or now and then, and not each time that the cell is applied. */
  const unitApart = (name: string) => unit(name, false);
  const serverUnit = unit('server');
  const weights = new WeightsVolume(serverUnit, 'weights', { model: cell.model, storage });
  const server = new VllmServer(serverUnit, id, {
    ...cell.server,
    weights,
    name: ['vllm-openai', cell.storage, cell.variant, cell.accelerator.id].filter(part => part !== undefined).join('-'),
    accelerator: cell.accelerator,
    release,
    maxNodes: settings.maxNodes,
    priorityClassName: PRIORITY_CLASS,
  });
  new VllmMonitoring(unit('monitoring'), 'monitoring', { server });
  const hpa = new VllmHpa(unit('autoscaling'), 'hpa', { server });
  const chat = new GradioChat(unit('chat'), 'chat', { server });
  const loadTest = new LocustLoadTest(unitApart('load-test'), 'load-test', { server, output: { bucket, path: `load-test/${id}` } });
  const batchUnit = unitApart('batch');
  const batch = new BatchInference(batchUnit, 'batch', {
    server, bucket, input: `batch/${id}/input.jsonl`, output: `batch/${id}/output`,
  });
  const evaluation = new ModelEvaluation(batchUnit, 'evaluation', { batch, labels: `batch/${id}/labels.jsonl` });
  const loader = new WeightsLoader(unitApart('weights'), 'loader', { weights, bucket, release, name: `${server.name}-loader` });
  const workloads: { readonly identity: ServiceIdentity }[] = [server, chat, loadTest, batch, evaluation, loader];
  for (const diskClass of [storage.diskClass, storage.hydrationDisk?.(cell.model).diskClass]) {
    if (diskClass) {
      diskClasses.set(diskClass.name, diskClass);
    }
  }
  if (storage.diskType !== undefined) {
    const hydration = new WeightsHydration(unitApart('hydration'), 'hydration', { weights, server, bucket });
    new WeightsSnapshot(unitApart('snapshot'), 'snapshot', { hydration });
    workloads.push(hydration);
  }
  return { cell, server, hpa, identities: workloads.map(({ identity }) => identity) };
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
  new WeightsSnapshotClass(cluster, 'snapshots');
  new GpuMonitoring(cluster, 'gpu-monitoring');
  return [new MetricsAdapter(cluster, 'metrics-adapter').identity];
}

function chosen(settings: Settings): Cell[] {
  const ids = CELLS.map(cellId);
  const unknown = settings.cells?.filter(cell => !ids.includes(cell)) ?? [];
  if (unknown.length > 0) {
    throw new Refusal(`settings: CDK8S_VLLM_CELLS names ${unknown.join(', ')}, which the matrix has not; it has ${ids.join(', ')}`);
  }
  return CELLS.filter(cell => settings.cells === undefined || settings.cells.includes(cellId(cell)));
}
