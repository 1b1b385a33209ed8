import { Chart, Testing } from 'cdk8s';
import { Accelerator, Model, VllmServer, WeightsHydration, WeightsSnapshot, WeightsSnapshotClass, WeightsStorage, WeightsVolume } from '../../../lib';
import { objectsOf, refusalOf, unit } from '../../weights/render';

function snapshotted(namespace = 'llm') {
  const app = Testing.app();
  const chart = new Chart(app, 'hydration', { namespace: 'llm' });
  const weights = new WeightsVolume(chart, 'weights', {
    model: Model.GEMMA_2_9B_IT, storage: WeightsStorage.persistentDisk({ zone: 'us-central1-a' }),
  });
  const server = new VllmServer(chart, 'server', { name: 'l4', weights, accelerator: Accelerator.L4, tensorParallelSize: 2 });
  const hydration = new WeightsHydration(chart, 'hydration', { weights, server, bucket: 'my-models' });
  const snapshots = new Chart(app, 'snapshot', { namespace });
  return { snapshot: new WeightsSnapshot(snapshots, 'snapshot', { hydration }), objects: objectsOf(snapshots) };
}

test('the snapshot of the disk that was filled, under the name that the server\'s claim asks for', () => {
  const { snapshot, objects } = snapshotted();
  expect(objects).toEqual([{
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { name: 'l4-11c9b309', namespace: 'llm', labels: snapshot.labels },
    spec: { volumeSnapshotClassName: 'weights', source: { persistentVolumeClaimName: 'l4-11c9b309-hydration' } },
  }]);
  expect(snapshot.name).toBe('l4-11c9b309');
});

test('its class is the cluster\'s', () => {
  const chart = unit();
  new WeightsSnapshotClass(chart, 'class');
  expect(objectsOf(chart)).toEqual([{
    apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshotClass', metadata: { name: 'weights' },
    driver: 'pd.csi.storage.gke.io', deletionPolicy: 'Delete',
  }]);
});

test('another namespace than the disk\'s is refused', () => {
  expect(refusalOf(() => snapshotted('other'))).toBe(
    'WeightsSnapshot \'snapshot\': \'snapshot/snapshot\' is in namespace other, its server in llm; make both in one namespace');
});
