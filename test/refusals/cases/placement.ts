import { k8s } from 'cdk8s-plus-28';
import { Accelerator, IWeightsStorage, KustomizeUnit, MachineType, Model, VllmHpa, WeightsStorage } from '../../../lib';
import { Refusals, serverIn, serving, unitOf } from '../case';

const GIB = 2 ** 30;

function hyperdisk(...zones: string[]): () => IWeightsStorage {
  return () => WeightsStorage.hyperdiskMl({ zones });
}

function persistentDisk(zone = 'us-central1-a', diskType?: string): () => IWeightsStorage {
  return () => WeightsStorage.persistentDisk({ zone, diskType });
}

function claim(unit: KustomizeUnit, ...accessModes: string[]): void {
  new k8s.KubePersistentVolumeClaim(unit, 'claim', {
    metadata: { name: 'weights' }, spec: { accessModes, resources: { requests: { storage: k8s.Quantity.fromString('100Gi') } } },
  });
}

function podWithClaim(): k8s.PodTemplateSpec {
  return {
    metadata: { labels: { app: 'server' } },
    spec: {
      containers: [{ name: 'main', image: 'a/b:v1', volumeMounts: [{ name: 'weights', mountPath: '/weights' }] }],
      volumes: [{ name: 'weights', persistentVolumeClaim: { claimName: 'weights' } }],
    },
  };
}

function deployment(unit: KustomizeUnit, replicas?: number): void {
  new k8s.KubeDeployment(unit, 'deployment', {
    metadata: { name: 'server' }, spec: { replicas, selector: { matchLabels: { app: 'server' } }, template: podWithClaim() },
  });
}

/** A storage of one's own whose claim is for one node. */
class OneNodeDisk implements IWeightsStorage {
  readonly id = 'own';
  readonly csiDrivers = ['pd.csi.storage.gke.io'];

  cacheBytes(): number {
    return 0;
  }

  bytesPerSecond(): number {
    return GIB;
  }

  bind(scope: KustomizeUnit): ReturnType<IWeightsStorage['bind']> {
    const name = 'weights';
    claim(scope, 'ReadWriteOnce');
    return { volume: { name, persistentVolumeClaim: { claimName: name } }, volumes: [], podAnnotations: {}, egress: [] };
  }
}

export const PLACEMENT: Refusals = {
  'a disk type that the machine series cannot attach': {
    'Hyperdisk ML to n1': serving({ accelerator: Accelerator.T4, dtype: 'half', tensorParallelSize: 2 }, Model.QWEN2_5_7B_INSTRUCT, hyperdisk('us-central1-a')),
    'pd-ssd to g4': serving({ accelerator: Accelerator.RTX_PRO_6000 }, undefined, persistentDisk()),
    'pd-balanced to a3-ultragpu': serving({ accelerator: Accelerator.H200 }, undefined, persistentDisk('us-central1-b', 'pd-balanced')),
    'to the machine that was asked for': serving(
      { accelerator: Accelerator.B200, machineType: MachineType.fromName('a4-highgpu-8g') }, undefined, persistentDisk('us-central1-b')),
    'a type that holds no weights': serving({}, undefined, persistentDisk('us-central1-a', 'pd-standard')),
  },
  'a zonal disk for pods in several zones': {
    'a persistent disk': serving({ zones: ['us-central1-a', 'us-central1-c'] }, undefined, persistentDisk()),
    'Hyperdisk ML in fewer zones': serving({ zones: ['us-central1-a', 'us-central1-c'] }, undefined, hyperdisk('us-central1-a')),
    'a zone without the machine': serving({ zones: ['us-west4-z'] }),
    'a disk where the machine is not': serving({}, undefined, persistentDisk('africa-south1-a')),
    'a region for a zone': serving({}, undefined, persistentDisk('us-central1')),
    'a region among zones': serving({}, undefined, hyperdisk('us-central1-a', 'us-central1')),
    'no zone at all': serving({}, undefined, hyperdisk()),
  },
  'an access mode that the replica count contradicts': {
    'two replicas on a ReadWriteOnce claim': (app) => {
      const unit = unitOf(app);
      claim(unit, 'ReadWriteOnce');
      deployment(unit, 2);
    },
    'an autoscaler that makes more, in another unit': (app) => {
      const unit = unitOf(app);
      claim(unit, 'ReadWriteOncePod');
      deployment(unit);
      new k8s.KubeHorizontalPodAutoscalerV2(unitOf(app, 'autoscaling'), 'hpa', {
        metadata: { name: 'server' },
        spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'server' } },
      });
    },
    'a Job with several pods': (app) => {
      const unit = unitOf(app);
      claim(unit, 'ReadWriteOnce');
      new k8s.KubeJob(unit, 'job', { metadata: { name: 'loader' }, spec: { parallelism: 4, template: podWithClaim() } });
    },
    'a storage of one\'s own behind a server': app => serverIn(unitOf(app), { replicas: 2 }, undefined, new OneNodeDisk()),
    'and behind its autoscaler': (app) => {
      const server = serverIn(unitOf(app), {}, undefined, new OneNodeDisk());
      new VllmHpa(unitOf(app, 'autoscaling'), 'hpa', { server });
    },
  },
  'a file cache larger than the sidecar\'s ephemeral limit': {
    'of the same size': serving({}, undefined, () => WeightsStorage.gcsFuse({
      bucket: 'my-models', fileCacheBytes: 20 * GIB, sidecarEphemeralStorageBytes: 20 * GIB,
    })),
    'the model\'s own cache': serving({}, undefined, () => WeightsStorage.gcsFuse({ bucket: 'my-models', sidecarEphemeralStorageBytes: 5 * GIB })),
    'a cache that no node holds': serving({}, undefined, () => WeightsStorage.gcsFuse({ bucket: 'my-models', fileCacheBytes: 100_000 * GIB })),
    'a model that no node of its card caches': serving(
      { accelerator: Accelerator.L4, tensorParallelSize: 1, machineType: MachineType.fromName('g2-standard-4') }, Model.QWEN3_0_6B, () =>
        WeightsStorage.gcsFuse({ bucket: 'my-models', fileCacheBytes: 600 * GIB })),
  },
  'more replicas than the node pools can ever hold': {
    'of the server': serving({ replicas: 6 }),
    'where a node holds one and there is one': serving({ replicas: 2, maxNodes: 1 }),
    'where a node holds four': serving({ accelerator: Accelerator.H200, tensorParallelSize: 2, maxNodes: 2, replicas: 9 }),
    'of the autoscaler': (app) => {
      const server = serverIn(unitOf(app), { maxNodes: 3 });
      new VllmHpa(unitOf(app, 'autoscaling'), 'hpa', { server, maxReplicas: 4 });
    },
    'spare GPUs that hold no server': serving({ accelerator: Accelerator.A100, tensorParallelSize: 4, spareGpus: 3 }),
    'more spare GPUs than the pools have': serving({ spareGpus: 6 }),
  },
};
