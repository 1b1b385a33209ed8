import * as path from 'node:path';
import {
  DiskClass, GpuMonitoring, KustomizeApp, KustomizeUnit, MetricsAdapter, PriorityClass, ServingNamespace, VllmHpa, VllmMonitoring,
  VllmServer, WeightsDiskClass, WeightsVolume,
} from '../lib';
import { LINE_HEADER, lineOf, reportOf } from './cell-report';
import { cellStorage, ImpossibleCell } from './cell-storage';
import { Cell, cellId, CELLS } from './matrix';
import { readSettings, Settings } from './settings';

const ROOT = path.join(__dirname, '..');
const PRIORITY_CLASS = 'vllm-serving';

function serve(app: KustomizeApp, cell: Cell, settings: Settings, diskClasses: Map<string, DiskClass>): VllmServer | ImpossibleCell {
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
  new VllmHpa(unit('autoscaling'), 'hpa', { server });
  if (storage.diskClass) {
    diskClasses.set(storage.diskClass.name, storage.diskClass);
  }
  return server;
}

function prepareCluster(app: KustomizeApp, settings: Settings, diskClasses: Iterable<DiskClass>): void {
  const cluster = new KustomizeUnit(app, 'cluster', { cell: 'cluster', namespace: settings.namespace });
  new ServingNamespace(cluster, 'namespace', { name: settings.namespace });
  new PriorityClass(cluster, 'priority', {
    name: PRIORITY_CLASS, value: 100000, description: 'Servers that people wait for; batch work yields to them.',
  });
  for (const diskClass of diskClasses) {
    new WeightsDiskClass(cluster, diskClass.name, diskClass);
  }
  new GpuMonitoring(cluster, 'gpu-monitoring');
  new MetricsAdapter(cluster, 'metrics-adapter');
}

function chosen(settings: Settings): Cell[] {
  const ids = CELLS.map(cellId);
  const unknown = settings.cells?.filter(cell => !ids.includes(cell)) ?? [];
  if (unknown.length > 0) {
    throw new Error(`settings: CDK8S_VLLM_CELLS names ${unknown.join(', ')}, which the matrix has not; it has ${ids.join(', ')}`);
  }
  return CELLS.filter(cell => settings.cells === undefined || settings.cells.includes(cellId(cell)));
}

function main(): void {
  const settings = readSettings(process.env, path.join(ROOT, '.env'));
  const app = new KustomizeApp({ root: ROOT });
  const diskClasses = new Map<string, DiskClass>();
  const results = chosen(settings).map(cell => ({ cell, result: serve(app, cell, settings, diskClasses) }));
  prepareCluster(app, settings, diskClasses.values());
  const report = results.map(({ cell, result }) => reportOf(cell, result));
  app.addFolder('dist/report', new Map([['cells.json', `${JSON.stringify(report, undefined, 2)}\n`]]));
  app.synth();

  console.log([LINE_HEADER, ...results.map(({ cell, result }) => lineOf(cell, result))].join('\n'));
  console.log('\nkubectl apply -k dist/kustomize/cluster, then kubectl apply -k dist/kustomize/CELL');
}

try {
  main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
