import { Model } from '../../lib/catalog';
import { WeightsDiskClass, WeightsStorage } from '../../lib/weights';
import { objectsOf, unit } from './render';

function rendered(diskClass: ConstructorParameters<typeof WeightsDiskClass>[2]) {
  const chart = unit();
  new WeightsDiskClass(chart, 'class', diskClass);
  return objectsOf(chart);
}

test('hyperdisk ML: made at once, in all its zones', () => {
  expect(rendered(WeightsStorage.hyperdiskMl({ zones: ['us-central1-a', 'us-central1-c'] }).diskClass!)).toEqual([{
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'weights-hdml-us-central1-a-us-central1-c' },
    provisioner: 'pd.csi.storage.gke.io',
    parameters: { type: 'hyperdisk-ml', 'provisioned-throughput-on-create': '2400Mi', 'enable-multi-zone-provisioning': 'true' },
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: false,
    mountOptions: ['read_ahead_kb=4096'],
    volumeBindingMode: 'Immediate',
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'topology.gke.io/zone', values: ['us-central1-a', 'us-central1-c'] }] }],
  }]);
});

test('hyperdisk ML that is written: when its pod has a zone', () => {
  const { diskClass } = WeightsStorage.hyperdiskMl({ zones: ['us-central1-a'] }).hydrationDisk!(Model.GEMMA_2_9B_IT);
  expect(rendered(diskClass)).toEqual([{
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'weights-hdml-hydration' },
    provisioner: 'pd.csi.storage.gke.io',
    parameters: { type: 'hyperdisk-ml', 'provisioned-throughput-on-create': '2400Mi' },
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: false,
    mountOptions: ['read_ahead_kb=4096'],
    volumeBindingMode: 'WaitForFirstConsumer',
  }]);
});

test('persistent disk: in the zone of its first pod', () => {
  expect(rendered(WeightsStorage.persistentDisk({ zone: 'us-central1-a' }).diskClass!)).toEqual([{
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'weights-pd-ssd' },
    provisioner: 'pd.csi.storage.gke.io',
    parameters: { type: 'pd-ssd' },
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: false,
    mountOptions: ['read_ahead_kb=4096'],
    volumeBindingMode: 'WaitForFirstConsumer',
  }]);
});
