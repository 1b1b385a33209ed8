import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CELLS } from '../../apps/matrix';
import { Accelerator, VllmCell } from '../../lib';
import { objectsIn } from '../rig/unit-folder';
import { emptyLeaves, Rendered } from '../serving/rendered';
import { PROJECT } from './project-copy';

const MANIFESTS = join(PROJECT, 'dist/kustomize');
const ACCELERATORS = ['t4', 'l4', 'a100', 'a100-80gb', 'h100', 'h200', 'rtx-pro-6000', 'b200'];
const STORAGES = ['gcs', 'hdml', 'pd'];

interface Report {
  readonly id: string;
  readonly accelerator: string;
  readonly storage: string;
  readonly possible: boolean;
  readonly reason?: string;
  readonly server?: string;
  readonly memory?: { readonly tensorParallelSize: number; readonly maxModelLen: number };
  readonly startup?: { readonly readySeconds: number };
  readonly shutdown?: { readonly drainSeconds: number; readonly propagationSeconds: number };
}

interface Spread {
  readonly labelSelector: { readonly matchLabels: object };
}

const REPORTS = JSON.parse(readFileSync(join(PROJECT, 'dist/report/cells.json'), 'utf8')) as Report[];
const POSSIBLE = REPORTS.filter(({ possible }) => possible);
const FOLDERS = readdirSync(MANIFESTS, { withFileTypes: true }).filter(entry => entry.isDirectory() && entry.name !== 'programs')
  .map(({ name }) => name);

/** Of one unit, or of all units of a cell, those that are applied apart as well. */
function objectsOf(folder: string): Rendered[] {
  const units = readdirSync(join(MANIFESTS, folder), { withFileTypes: true }).filter(entry => entry.isDirectory() && !entry.name.startsWith('configmap-'));
  return folder.includes('/') || units.length === 0
    ? objectsIn(join(MANIFESTS, folder)) as Rendered[]
    : units.flatMap(({ name }) => objectsOf(`${folder}/${name}`));
}

const CLUSTER = objectsOf('cluster');

function names(objects: readonly Rendered[], kind: string): string[] {
  return objects.filter(object => object.kind === kind).map(({ metadata }) => metadata.name);
}

test('all eight accelerators meet all three storages: each cell is there, or its reason is', () => {
  const all = ACCELERATORS.flatMap(accelerator => STORAGES.map(storage => `${accelerator}-${storage}`));
  expect(Accelerator.all().map(({ id }) => id)).toEqual(ACCELERATORS);
  expect(REPORTS.map(({ id }) => id)).toEqual(CELLS.map(VllmCell.idOf));
  expect(REPORTS.map(({ id }) => id)).toEqual(expect.arrayContaining(all));
  expect(all).toHaveLength(24);
  expect(FOLDERS.sort()).toEqual([...POSSIBLE.map(({ id }) => id), 'cluster'].sort());
  const silent = REPORTS.filter(({ possible, reason }) => possible === (reason !== undefined) || reason === '');
  expect(silent).toEqual([]);
});

test('no object of one cell is one of another cell or of the cluster', () => {
  const identities = FOLDERS.flatMap(cell => objectsOf(cell).map(({ kind, metadata }) => `${kind} ${metadata.namespace} ${metadata.name}`));
  expect(identities.filter((identity, index) => identities.indexOf(identity) !== index)).toEqual([]);
  expect(identities.length).toBeGreaterThan(150);
});

describe.each(POSSIBLE.map(report => [report.id, report] as const))('%s', (cell, report) => {
  const objects = ['server', 'monitoring', 'autoscaling'].flatMap(unit => objectsOf(`${cell}/${unit}`));
  const all = [...objects, ...CLUSTER];
  const one = (kind: string) => objects.find(object => object.kind === kind)!;
  const pod = one('Deployment').spec.template;
  const [container] = pod.spec.containers;

  test('is named as the guides name it, with units that apply alone', () => {
    const [storage, variant] = [report.storage, cell.replace(`${report.accelerator}-${report.storage}`, '')];
    expect(report.server).toBe(`vllm-openai-${storage}${variant}-${report.accelerator}`);
    expect(['Deployment', 'Service', 'HorizontalPodAutoscaler', 'PodMonitoring', 'Rules', 'PodDisruptionBudget', 'NetworkPolicy', 'ServiceAccount']
      .map(kind => one(kind)?.metadata.name)).toEqual(Array(8).fill(report.server));
    expect(readdirSync(join(MANIFESTS, cell)).sort()).toEqual([
      'autoscaling', 'batch', 'chat', ...storage === 'gcs' ? [] : ['hydration'], 'kustomization.yaml', 'load-test', 'monitoring', 'server',
      ...storage === 'gcs' ? [] : ['snapshot'], 'weights',
    ]);
  });

  test('everything that selects the server\'s pods does', () => {
    const selectors = [
      one('Deployment').spec.selector.matchLabels, one('Service').spec.selector, one('PodDisruptionBudget').spec.selector.matchLabels,
      one('NetworkPolicy').spec.podSelector.matchLabels, one('PodMonitoring').spec.selector.matchLabels,
      ...pod.spec.topologySpreadConstraints.map((constraint: Spread) => constraint.labelSelector.matchLabels),
    ];
    for (const selector of selectors) {
      expect(Object.keys(selector).length).toBeGreaterThan(0);
      expect(pod.metadata.labels).toMatchObject(selector);
    }
  });

  test('what the pod refers to exists in the cell or in the cluster', () => {
    expect(names(objects, 'ServiceAccount')).toContain(pod.spec.serviceAccountName);
    expect(names(CLUSTER, 'PriorityClass')).toContain(pod.spec.priorityClassName);
    expect(names(CLUSTER, 'Namespace')).toContain(one('Deployment').metadata.namespace);
    for (const { configMap, persistentVolumeClaim } of pod.spec.volumes) {
      expect(names(objects, 'ConfigMap')).toEqual(expect.arrayContaining(configMap ? [configMap.name] : []));
      const claims = persistentVolumeClaim ? [persistentVolumeClaim.claimName] : [];
      expect(names(objects, 'PersistentVolumeClaim')).toEqual(expect.arrayContaining(claims));
    }
    for (const claim of objects.filter(({ kind }) => kind === 'PersistentVolumeClaim')) {
      expect(claim.spec.accessModes).toEqual(['ReadOnlyMany']);
      expect(names(CLUSTER, 'StorageClass')).toContain(claim.spec.storageClassName);
    }
  });

  test('every mount has a volume, and every volume a mount or a sidecar', () => {
    const nameOf = ({ name }: { name: string }) => name;
    const mounted = [...pod.spec.initContainers, ...pod.spec.containers].flatMap(({ volumeMounts }) => volumeMounts.map(nameOf));
    const volumes = pod.spec.volumes.map(nameOf).filter((name: string) => name !== 'gke-gcsfuse-cache');
    expect([...new Set(mounted)].sort()).toEqual(volumes.sort());
  });

  test('ports that are named exist', () => {
    const ports = container.ports.map(({ name }: { name: string }) => name);
    const named = [
      one('Service').spec.ports[0].targetPort, one('PodMonitoring').spec.endpoints[0].port,
      ...['startupProbe', 'readinessProbe', 'livenessProbe'].map(probe => container[probe].httpGet.port),
    ];
    expect(named.filter(port => !ports.includes(port))).toEqual([]);
  });

  test('the autoscaler has its target, which leaves the replicas to it', () => {
    const { scaleTargetRef, minReplicas, maxReplicas } = one('HorizontalPodAutoscaler').spec;
    expect(scaleTargetRef).toEqual({ apiVersion: one('Deployment').apiVersion, kind: 'Deployment', name: one('Deployment').metadata.name });
    expect(one('Deployment').spec).not.toHaveProperty('replicas');
    expect(minReplicas).toBeGreaterThan(0);
    expect(maxReplicas).toBeGreaterThanOrEqual(minReplicas);
  });

  test('the manifests say what the report says', () => {
    const { memory, startup, shutdown } = report;
    expect(Number(container.resources.limits['nvidia.com/gpu'])).toBe(memory!.tensorParallelSize);
    expect(container.args).toEqual(expect.arrayContaining([
      `--tensor-parallel-size=${memory!.tensorParallelSize}`, `--max-model-len=${memory!.maxModelLen}`,
    ]));
    expect(container.startupProbe.periodSeconds * container.startupProbe.failureThreshold).toBeGreaterThan(startup!.readySeconds);
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThan(shutdown!.propagationSeconds + shutdown!.drainSeconds);
  });

  test('nothing is empty, and nothing is reached from outside', () => {
    expect(emptyLeaves(all)).toEqual([]);
    expect(objectsOf(cell).filter(({ kind }) => ['Ingress', 'Gateway', 'HTTPRoute', 'Secret'].includes(kind))).toEqual([]);
    expect(one('Service').spec.type).toBe('ClusterIP');
  });
});

test('every storage class of the cluster is some cell\'s', () => {
  const used = POSSIBLE.flatMap(({ id }) => objectsOf(id)).filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ spec }) => spec.storageClassName);
  expect(names(CLUSTER, 'StorageClass').sort()).toEqual([...new Set(used)].sort());
});
