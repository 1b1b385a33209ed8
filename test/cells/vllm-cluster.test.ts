import { App } from 'cdk8s';
import { Accelerator, KustomizeApp, Model, VllmCell, VllmCellProps, VllmCluster } from '../../lib';
import { objectsOf } from '../weights/render';

const PROPS: VllmCellProps = {
  accelerator: Accelerator.L4, storage: 'gcs', model: Model.GEMMA_2_9B_IT, server: { tensorParallelSize: 2 }, units: [],
  namespace: 'vllm', bucket: 'vllm-models', region: 'us-central1',
};

function namesOf(cluster: VllmCluster, kind: string): string[] {
  return objectsOf(cluster).filter(object => object.kind === kind).map(({ metadata }) => metadata.name as string);
}

test('the classes of the cells\' disks are made once, whatever number of cells has them', () => {
  const app = new KustomizeApp();
  const cells = (['gcs', 'hdml', 'pd'] as const).flatMap(storage => [
    new VllmCell(app, { ...PROPS, storage }), new VllmCell(app, { ...PROPS, storage, variant: 'other' }),
  ]);
  expect(namesOf(new VllmCluster(app, { namespace: 'vllm', cells }), 'StorageClass')).toEqual([
    'weights-hdml-us-central1-a-us-central1-b', 'weights-hdml-hydration', 'weights-pd-ssd',
  ]);
});

test('without cells it has what every cell needs', () => {
  const cluster = new VllmCluster(new App(), { namespace: 'models', cells: [] });
  expect(cluster.folder).toBe('cluster');
  expect(namesOf(cluster, 'StorageClass')).toEqual([]);
  expect(namesOf(cluster, 'Namespace')).toEqual(expect.arrayContaining(['models']));
  expect(namesOf(cluster, 'PriorityClass')).toEqual([VllmCluster.PRIORITY_CLASS]);
  expect(namesOf(cluster, 'VolumeSnapshotClass')).toEqual(['weights']);
  expect(cluster.identities.map(({ serviceAccountName }) => serviceAccountName)).toEqual(['custom-metrics-stackdriver-adapter']);
});

test('without the adapter nothing of it is made, which leaves its place to KEDA', () => {
  const cluster = new VllmCluster(new App(), { namespace: 'models', cells: [], metricsAdapter: false });
  expect([namesOf(cluster, 'APIService'), namesOf(cluster, 'Deployment'), cluster.identities]).toEqual([[], [], []]);
});

test('its own pods are as the platform asks', () => {
  const cluster = new VllmCluster(new App(), { namespace: 'models', cells: [], pods: { nodeSelector: { 'example.com/pool': 'services' } } });
  const [adapter] = objectsOf(cluster).filter(({ kind }) => kind === 'Deployment');
  expect(adapter).toMatchObject({ spec: { template: { spec: { nodeSelector: { 'example.com/pool': 'services' } } } } });
});
