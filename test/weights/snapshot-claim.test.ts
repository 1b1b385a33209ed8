import { Model } from '../../lib/catalog';
import { WeightsStorage } from '../../lib/weights';
import { diskNames } from '../../lib/weights/disk-names';
import { diskBytes } from '../../lib/weights/snapshot-claim';
import { bound, LABELS } from './render';

const GIB = 2 ** 30;
const ZONES = ['us-central1-a', 'us-central1-b'];

const STORAGES = [
  ['hdml', WeightsStorage.hyperdiskMl({ zones: ZONES }), 'weights-hdml-us-central1-a-us-central1-b', '100Gi'],
  ['pd', WeightsStorage.persistentDisk({ zone: ZONES[0] }), 'weights-pd-ssd', '500Gi'],
] as const;

test.each(STORAGES)('%s: a read-only disk for many nodes, made from its own snapshot', (_, storage, storageClassName, size) => {
  const { binding, objects } = bound(storage, Model.GEMMA_2_9B_IT);
  expect(objects).toEqual([{
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'vllm-openai-test-l4-11c9b309', namespace: 'llm', labels: LABELS },
    spec: {
      accessModes: ['ReadOnlyMany'],
      storageClassName,
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'vllm-openai-test-l4-11c9b309' },
      resources: { requests: { storage: size } },
    },
  }]);
  expect(binding).toEqual({
    volume: { name: 'weights', persistentVolumeClaim: { claimName: 'vllm-openai-test-l4-11c9b309', readOnly: true } },
    volumes: [], podAnnotations: {}, egress: [],
  });
  expect(storage.diskClass!.name).toBe(storageClassName);
});

test.each(Model.all().map(model => [model.id, model] as const))('%s: every disk holds it with room, and the one that is hydrated is as large', (_, model) => {
  for (const [, storage] of STORAGES) {
    const [claim] = bound(storage, model).objects;
    const spec = claim.spec as { resources: { requests: { storage: string } }; dataSource: { name: string } };
    expect(spec.resources.requests.storage).toMatch(/^\d+Gi$/);
    expect(Number.parseInt(spec.resources.requests.storage, 10) * GIB).toBeGreaterThan(1.2 * model.weightsBytes);
    expect(spec.dataSource.name).toBe(diskNames('vllm-openai-test-l4', model).snapshot);
    expect(spec.resources.requests.storage).toBe(`${storage.hydrationDisk!(model).sizeBytes / GIB}Gi`);
  }
});

test('the size is whole GiB, at least the least', () => {
  expect(diskBytes(Model.GEMMA_2_9B_IT, 100 * GIB)).toBe(100 * GIB);
  // 131.42 GiB x 1.2 = 157.7
  expect(diskBytes(Model.LLAMA_3_3_70B_INSTRUCT, 100 * GIB)).toBe(158 * GIB);
});
