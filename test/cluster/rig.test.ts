import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlPlane } from '../rig/control-plane';
import { DiskProvisioner } from '../rig/disk-provisioner';
import { eventually } from '../rig/eventually';
import { addGpuNodes, GpuNode, removeNodes } from '../rig/gpu-node';
import { isReady, KubernetesObject, Node, Pod } from '../rig/kubernetes-api';
import { MetricsApi } from '../rig/metrics-api';
import { nodeAllocatable } from '../../lib/planning/node-allocatable';
import { RigProcess } from '../rig/process';

const GIB = 1024 ** 3;
const QUEUE = 'prometheus.googleapis.com|vllm:num_requests_waiting|gauge';
const DUTY_CYCLE = 'kubernetes.io|container|accelerator|duty_cycle';

interface Deployment extends KubernetesObject {
  readonly spec: { readonly replicas: number };
}

interface Volume extends KubernetesObject {
  readonly spec: { readonly nodeAffinity: { required: { nodeSelectorTerms: { matchExpressions: { values: string[] }[] }[] } } };
}

function l4(name: string): GpuNode {
  return {
    name, machineType: 'g2-standard-8', gpus: 1, acceleratorLabel: 'nvidia-l4', vcpus: 8, memoryBytes: 32 * GIB, localSsdCount: 1,
    zone: 'us-central1-a',
  };
}

function a100s(name: string): GpuNode {
  return {
    name, machineType: 'a2-highgpu-8g', gpus: 8, acceleratorLabel: 'nvidia-tesla-a100', vcpus: 96, memoryBytes: 680 * GIB,
    localSsdCount: 8, zone: 'us-central1-c',
  };
}

function gpuDeployment(name: string, acceleratorLabel: string, replicas: number) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          nodeSelector: { 'cloud.google.com/gke-accelerator': acceleratorLabel },
          tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
          securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
          volumes: [] as object[],
          containers: [{
            name: 'server',
            image: 'example.com/server:1',
            resources: { requests: { cpu: '4', memory: '16Gi' }, limits: { 'nvidia.com/gpu': '1' } },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          }],
        },
      },
    },
  };
}

function autoscaler(deployment: string, metric: object): object {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: deployment },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment }, minReplicas: 1, maxReplicas: 6, metrics: [metric] },
  };
}

describe('a process of the rig', () => {
  const logs = mkdtempSync(join(tmpdir(), 'rig-process-'));

  afterAll(() => rmSync(logs, { recursive: true }));

  test('that ends too early is an error with the end of its log', async () => {
    const start = RigProcess.start({ name: 'short', command: 'sh', args: ['-c', 'echo no room >&2; exit 3'], logs, ready: async () => false });
    await expect(start).rejects.toThrow(/short ended \(exit code 3\) before it was ready[\s\S]*no room/);
  });

  test('that is never ready is an error with the end of its log, and is stopped', async () => {
    const start = RigProcess.start({
      name: 'slow', command: 'sh', args: ['-c', 'echo $$; exec sleep 60'], logs, ready: async () => false, readyWithinSeconds: 0.5,
    });
    const error: Error = await start.then(() => { throw new Error('it started'); }, (reason: Error) => reason);
    expect(error.message).toMatch(/Not within 0.5 s: slow is ready\nThe end of .*slow\.log:\n {2}\d+$/);
    expect(() => process.kill(Number(error.message.split('\n').pop()), 0)).toThrow('ESRCH');
  });

  test('that does not exist is an error with its name', async () => {
    const start = RigProcess.start({ name: 'absent', command: join(logs, 'absent'), args: [], logs, ready: async () => false });
    await expect(start).rejects.toThrow(`absent cannot be started: ${join(logs, 'absent')}`);
  });

  test('ends when the test process is killed', async () => {
    const code = `require(${JSON.stringify(require.resolve('../rig/process'))}).RigProcess.start({
      name: 'orphan', command: 'sleep', args: ['600'], logs: ${JSON.stringify(logs)}, ready: async () => true,
    }).then(child => { require('node:fs').writeSync(1, String(child.pid)); process.kill(process.pid, 'SIGKILL'); })`;
    const killed = spawnSync(process.execPath, ['-r', 'sucrase/register/ts', '-e', code], { encoding: 'utf8' });
    expect(killed.signal).toBe('SIGKILL');
    const orphan = Number(killed.stdout);
    expect(orphan).toBeGreaterThan(1);
    await eventually(`process ${orphan} is gone`, async () => {
      try {
        process.kill(orphan, 0);
        return false;
      } catch {
        return true;
      }
    }, 5);
  });
});

test('a node has no more to give than the published example of its size (e2-standard-4, 100 GB boot disk)', () => {
  const published = { cpuMillis: 3920, memoryBytes: 13498416 * 1024, ephemeralStorageBytes: 47060071478 };
  const allocatable = nodeAllocatable({ vcpus: 4, memoryBytes: 16 * GIB, localSsdCount: 0, bootDiskBytes: 100 * GIB });
  expect(allocatable.cpuMillis).toBe(published.cpuMillis);
  expect(allocatable.ephemeralStorageBytes / published.ephemeralStorageBytes).toBeCloseTo(1, 2);
  expect(allocatable.ephemeralStorageBytes).toBeLessThanOrEqual(published.ephemeralStorageBytes);
  // the example is a node without image streaming
  expect(allocatable.memoryBytes).toBeLessThanOrEqual(published.memoryBytes);
  expect(allocatable.memoryBytes).toBeGreaterThan(0.9 * published.memoryBytes);
});

describe.each(ControlPlane.MINORS)('Kubernetes %s', (minor) => {
  const namespace = 'rig';
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const autoscalers = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await ControlPlane.start({ minor });
  });

  afterAll(() => plane?.stop());

  function podsOf(app: string): Promise<Pod[]> {
    return plane.api.list<Pod>(`${pods}?labelSelector=app%3D${app}`);
  }

  test('is that minor, and its kubectl too', async () => {
    const { serverVersion, clientVersion } = JSON.parse((await plane.kubectl(['version', '-o', 'json'])).stdout);
    expect(serverVersion.gitVersion).toMatch(new RegExp(`^v${minor}\\.`));
    expect(clientVersion.gitVersion).toBe(serverVersion.gitVersion);
  });

  test('knows the custom resources, down to their fields', async () => {
    await plane.applyCrds();
    const monitoring = (field: string) => JSON.stringify({
      apiVersion: 'monitoring.googleapis.com/v1', kind: 'PodMonitoring', metadata: { name: 'vllm', namespace: 'default' },
      spec: { selector: {}, endpoints: [{ port: 'http', [field]: '15s' }] },
    });
    const apply = ['apply', '--validate=strict', '-f', '-'];
    await plane.kubectl(apply, monitoring('interval'));
    await expect(plane.kubectl(apply, monitoring('intervall'))).rejects.toThrow('unknown field "spec.endpoints[0].intervall"');
    const kinds = (await plane.kubectl(['api-resources', '-o', 'name'])).stdout;
    for (const kind of ['rules.monitoring.googleapis.com', 'clusterpodmonitorings.monitoring.googleapis.com',
      'volumesnapshots.snapshot.storage.k8s.io', 'volumesnapshotclasses.snapshot.storage.k8s.io',
      'leaderworkersets.leaderworkerset.x-k8s.io', 'inferencepools.inference.networking.k8s.io']) {
      expect(kinds.split('\n')).toContain(kind);
    }
  });

  test('refuses a pod that breaks Pod Security "restricted", and warns of it in a template', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' };
    await plane.api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } });
    const create = ['create', '--namespace', namespace, '-f', '-'];
    const bad = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bad' }, spec: { containers: [{ name: 'bad', image: 'example.com/bad:1' }] } };
    await eventually('the namespace has its service account', () => plane.api.get(`/api/v1/namespaces/${namespace}/serviceaccounts/default`));
    await expect(plane.kubectl(create, JSON.stringify(bad))).rejects.toThrow('violates PodSecurity "restricted:latest": allowPrivilegeEscalation');

    const template = { metadata: { labels: { app: 'bad' } }, spec: bad.spec };
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'bad' }, spec: { selector: { matchLabels: { app: 'bad' } }, template } };
    const { stderr } = await plane.kubectl(create, JSON.stringify(deployment));
    expect(stderr).toContain('Warning: would violate PodSecurity "restricted:latest"');
    await plane.api.delete(`${deployments}/bad`);
  });

  test('places pods on the GPUs that there are, and leaves the rest pending', async () => {
    await addGpuNodes(plane.api, [l4('l4-0'), l4('l4-1'), a100s('a100-0')]);
    const { stderr } = await plane.kubectl(['apply', '--namespace', namespace, '-f', '-'], JSON.stringify(gpuDeployment('l4', 'nvidia-l4', 3)));
    expect(stderr).toBe('');
    await eventually('two of three pods are ready', async () => (await podsOf('l4')).filter(isReady).length === 2);
    const placed = await podsOf('l4');
    expect(placed.map(pod => pod.spec.nodeName).sort()).toEqual(['l4-0', 'l4-1', undefined]);
    const waiting = placed.find(pod => pod.spec.nodeName === undefined)!;
    expect(waiting.status.phase).toBe('Pending');
    expect(waiting.status.conditions?.find(condition => condition.type === 'PodScheduled')?.message)
      .toMatch(/1 node\(s\) didn't match Pod's node affinity\/selector.*2 Insufficient nvidia\.com\/gpu/);

    await addGpuNodes(plane.api, [l4('l4-2')]);
    await eventually('the third pod has the new node', async () => (await podsOf('l4')).every(pod => isReady(pod) && pod.spec.nodeName));
    await plane.api.delete(`${deployments}/l4`);
    await eventually('the pods are gone', async () => (await podsOf('l4')).length === 0);
    await removeNodes(plane.api, ['l4-0', 'l4-1', 'l4-2']);
    expect((await plane.api.list<Node>('/api/v1/nodes')).map(node => node.metadata.name)).toEqual(['a100-0']);
  });

  test.each<[string, string, string, (metrics: MetricsApi) => void, object, number]>([
    ['the pods\' queue', 'queue', QUEUE, metrics => metrics.setPodMetric(QUEUE, ready => 40 / ready), {
      type: 'Pods', pods: { metric: { name: QUEUE }, target: { type: 'AverageValue', averageValue: '10' } },
    }, 4],
    ['an external metric', 'duty-cycle', DUTY_CYCLE, metrics => metrics.setExternalMetric(DUTY_CYCLE, 90), {
      type: 'External',
      external: {
        metric: { name: DUTY_CYCLE, selector: { matchLabels: { 'resource.labels.container_name': 'server' } } },
        target: { type: 'AverageValue', averageValue: '30' },
      },
    }, 3],
  ])('scales by %s', async (_, name, metric, load, spec, replicas) => {
    const metrics = await MetricsApi.start(plane);
    try {
      const wanted = async () => (await plane.api.get<Deployment>(`${deployments}/${name}`)).spec.replicas;
      await plane.api.create(deployments, gpuDeployment(name, 'nvidia-tesla-a100', 1));
      await eventually('the first pod is ready', async () => (await podsOf(name)).some(isReady));
      await plane.api.create(autoscalers, autoscaler(name, spec));
      await eventually('the autoscaler asks', async () => metrics.asked.some(asked => asked.metric === metric));
      expect(await wanted()).toBe(1);

      load(metrics);
      await eventually(`${replicas} ready pods`, async () => (await podsOf(name)).filter(isReady).length >= replicas);
      expect(await wanted()).toBe(replicas);
    } finally {
      await plane.api.delete(`${autoscalers}/${name}`);
      await plane.api.delete(`${deployments}/${name}`);
      await metrics.stop();
    }
  });

  test('gives a disk to pods in its zone, from a snapshot that exists', async () => {
    const disks = DiskProvisioner.start(plane);
    const storageClass = {
      apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'hyperdisk-ml' }, provisioner: 'pd.csi.storage.gke.io',
      parameters: { type: 'hyperdisk-ml' }, volumeBindingMode: 'WaitForFirstConsumer',
    };
    const claim = {
      apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'weights', namespace },
      spec: {
        storageClassName: 'hyperdisk-ml', accessModes: ['ReadOnlyMany'], resources: { requests: { storage: '100Gi' } },
        dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'weights' },
      },
    };
    const snapshot = {
      apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshot', metadata: { name: 'weights', namespace },
      spec: { source: { volumeSnapshotContentName: 'weights' } },
    };
    const deployment = gpuDeployment('disk', 'nvidia-tesla-a100', 2);
    deployment.spec.template.spec.volumes = [{ name: 'weights', persistentVolumeClaim: { claimName: 'weights', readOnly: true } }];
    const apply = (object: object) => plane.kubectl(['apply', '--namespace', namespace, '--validate=strict', '-f', '-'], JSON.stringify(object));
    await addGpuNodes(plane.api, [{ ...a100s('a100-elsewhere'), zone: 'us-central1-f' }]);
    await apply(storageClass);
    await apply(claim);
    await apply(deployment);
    await eventually('a pod waits for its disk', async () => {
      const waiting = await plane.api.get(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/weights`);
      return waiting.metadata.annotations?.['volume.kubernetes.io/selected-node'];
    });
    expect((await podsOf('disk')).filter(isReady)).toEqual([]);

    await apply(snapshot);
    await eventually('both pods are ready', async () => (await podsOf('disk')).filter(isReady).length === 2);
    const [volume] = await plane.api.list<Volume>('/api/v1/persistentvolumes');
    const [zone] = volume.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values;
    const home = zone === 'us-central1-c' ? 'a100-0' : 'a100-elsewhere';
    expect((await podsOf('disk')).map(pod => pod.spec.nodeName)).toEqual([home, home]);

    await plane.kubectl(['delete', '--namespace', namespace, 'deployment/disk', 'persistentvolumeclaim/weights']);
    await eventually('the volume is gone', async () => (await plane.api.list('/api/v1/persistentvolumes')).length === 0);
    await disks.stop();
  });
});
