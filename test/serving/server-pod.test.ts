import { Accelerator, Model, WeightsStorage } from '../../lib';
import { podOf, server, unit } from './rendered';

const DISK = WeightsStorage.hyperdiskMl({ zones: ['us-central1-b', 'us-central1-a'] });

function containerOf(pod = podOf()) {
  return pod.containers[0];
}

describe('probes', () => {
  test('each of the three looks in its own way', () => {
    const { startupProbe, readinessProbe, livenessProbe } = containerOf();
    const probes = [startupProbe, readinessProbe, livenessProbe];
    expect(new Set(probes.map(probe => JSON.stringify(probe))).size).toBe(3);
    expect(probes.map(probe => probe!.httpGet!.path)).toEqual(['/health', '/health', '/ping']);
    // A busy server is taken out of the Service long before it would be restarted.
    const patience = (probe = livenessProbe) => probe!.periodSeconds! * probe!.failureThreshold!;
    expect(patience(readinessProbe)).toBeLessThan(patience(livenessProbe) / 5);
  });

  test.each([
    ['a small model from a bucket', Model.QWEN3_8B, Accelerator.H100, undefined],
    ['a large model from a disk', Model.LLAMA_3_3_70B_INSTRUCT, Accelerator.H200, WeightsStorage.gcsFuse({ bucket: 'my-models' })],
  ])('%s starts well within the startup budget, and vLLM and the rollout wait as long', (_, model, accelerator, storage) => {
    const scope = unit();
    const { plan } = server(scope, { accelerator }, storage, model);
    const pod = podOf({ accelerator }, storage, model);
    const { periodSeconds, failureThreshold } = containerOf(pod).startupProbe!;
    const budget = periodSeconds! * failureThreshold!;
    expect(budget).toBe(plan.startup.budgetSeconds);
    expect(budget).toBeGreaterThan(plan.startup.loadSeconds + plan.startup.engineSeconds);
    expect(containerOf(pod).env).toContainEqual({ name: 'VLLM_ENGINE_READY_TIMEOUT_S', value: `${budget}` });
    expect(plan.startup.progressDeadlineSeconds).toBeGreaterThan(budget);
  });

  test('a startup budget that is given is the probe\'s', () => {
    expect(containerOf(podOf({ startupBudgetSeconds: 1234 })).startupProbe).toMatchObject({ periodSeconds: 10, failureThreshold: 124 });
  });
});

test('the grace period is the sum of what the shutdown needs, and preStop knows its parts', () => {
  const pod = podOf({ longestAnswerSeconds: 300 });
  expect(pod.terminationGracePeriodSeconds).toBe(10 + 300 + 0 + 10);
  expect(containerOf(pod).lifecycle!.preStop!.exec!.command).toEqual([
    'python3', '/opt/cdk8s-vllm/drain.py', 'http://127.0.0.1:8000/metrics', '10', '300',
  ]);
});

test('a spot server asks for spot nodes, tolerates them, and is gone within their notice', () => {
  const onDemand = podOf();
  expect(JSON.stringify(onDemand)).not.toContain('gke-spot');
  const spot = podOf({ capacity: 'spot' });
  expect(spot.nodeSelector).toMatchObject({ 'cloud.google.com/gke-spot': 'true' });
  expect(spot.tolerations).toContainEqual({ key: 'cloud.google.com/gke-spot', operator: 'Equal', value: 'true', effect: 'NoSchedule' });
  expect(spot.terminationGracePeriodSeconds).toBeLessThanOrEqual(15);
});

test('the node is chosen by accelerator and machine type', () => {
  expect(podOf({ accelerator: Accelerator.L4, tensorParallelSize: 2 }).nodeSelector).toEqual({
    'cloud.google.com/gke-accelerator': 'nvidia-l4', 'node.kubernetes.io/instance-type': 'g2-standard-24',
  });
});

test('zones are required where a disk or the props name them, and nowhere else', () => {
  const zonesOf = (pod = podOf()) =>
    pod.affinity!.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms.map(term => term.matchExpressions);
  expect(zonesOf()).toBeUndefined();
  const required = (...values: string[]) => [[{ key: 'topology.kubernetes.io/zone', operator: 'In', values }]];
  expect(zonesOf(podOf({ zones: ['us-central1-c', 'us-central1-a'] }))).toEqual(required('us-central1-a', 'us-central1-c'));
  expect(zonesOf(podOf({}, DISK))).toEqual(required('us-central1-a', 'us-central1-b'));
});

test('local SSD is asked for only where the cache lives on it', () => {
  const label = 'cloud.google.com/gke-ephemeral-storage-local-ssd';
  expect(podOf({ accelerator: Accelerator.H100 }).nodeSelector).toHaveProperty([label], 'true');
  expect(podOf({ accelerator: Accelerator.A100 }).nodeSelector).not.toHaveProperty([label]);
  expect(podOf({ accelerator: Accelerator.H100 }, DISK).nodeSelector).not.toHaveProperty([label]);
});

test('shared memory is mounted where several GPU processes talk through it', () => {
  const shared = (tensorParallelSize: number) => {
    const pod = podOf({ tensorParallelSize });
    const mounts = containerOf(pod).volumeMounts!.filter(({ mountPath }) => mountPath === '/dev/shm');
    return [pod.volumes!.filter(({ name }) => name === 'dshm').length, mounts.length];
  };
  expect([shared(1), shared(2)]).toEqual([[0, 0], [1, 1]]);
});

test('every mount has its volume, and every volume is mounted or the sidecar\'s', () => {
  for (const pod of [podOf(), podOf({ accelerator: Accelerator.A100 }), podOf({ tensorParallelSize: 2 }, DISK)]) {
    const volumes = pod.volumes!.map(({ name }) => name).filter(name => name !== 'gke-gcsfuse-cache');
    const mounts = [...pod.initContainers!, ...pod.containers].flatMap(container => container.volumeMounts!.map(({ name }) => name));
    expect(new Set(mounts)).toEqual(new Set(volumes));
  }
});

test('only what vLLM writes is writable', () => {
  const writable = containerOf().volumeMounts!.filter(mount => !mount.readOnly).map(({ mountPath }) => mountPath);
  expect(writable).toEqual(['/home/vllm', '/tmp']);
});

test('no container may do more than it must', () => {
  const pod = podOf();
  expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
  expect(pod.hostNetwork ?? pod.hostPid ?? pod.hostIpc).toBeUndefined();
  for (const { securityContext } of [...pod.initContainers!, ...pod.containers]) {
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001,
      capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' },
    });
  }
  expect(pod.securityContext!.runAsUser).toBeGreaterThanOrEqual(10001);
});

test('weights are checked before the server starts, for the model\'s own revision', () => {
  const [check] = podOf().initContainers!;
  expect(check.command).toEqual(['python3', '/opt/cdk8s-vllm/weights_check.py']);
  expect(check.args).toEqual(['/weights', 'Qwen/Qwen3-8B', Model.QWEN3_8B.revision ?? 'main']);
});

test('servers spread over zones and nodes', () => {
  const pod = podOf();
  expect(pod.topologySpreadConstraints!.map(({ topologyKey }) => topologyKey)).toEqual(['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
});
