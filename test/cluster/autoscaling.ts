import { join } from 'node:path';
import { Chart, Testing } from 'cdk8s';
import { Accelerator, Model, VllmHpa, VllmHpaProps, VllmMetric, VllmServer, WeightsStorage, WeightsVolume } from '../../lib';
import { ControlPlane } from '../rig/control-plane';
import { eventually } from '../rig/eventually';
import { addGpuNodes } from '../rig/gpu-node';
import { isReady, KubernetesObject } from '../rig/kubernetes-api';
import { MetricsApi, PodValue } from '../rig/metrics-api';
import { Cell, NAMESPACE } from './cells';
import { poolNode } from './gke';
import { allReady, AUTOSCALERS, replicasOf, serverPods } from './servers';

interface AutoscalerSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: { readonly pods: { readonly metric: { readonly name: string }; readonly target: { readonly averageValue: string } } }[];
  readonly behavior: { readonly scaleUp: { readonly policies: { type: string; value: number; periodSeconds: number }[] } };
}

interface Autoscaler extends KubernetesObject {
  readonly status: {
    readonly conditions?: { readonly type: string; readonly reason: string }[];
    readonly currentMetrics?: { readonly pods: { readonly metric: { readonly name: string } } }[];
  };
}

function autoscalerOf(cell: Cell): AutoscalerSpec {
  return cell.manifests.find(({ kind }) => kind === 'HorizontalPodAutoscaler')!.spec as AutoscalerSpec;
}

/** Slow enough for a busy machine: every second each autoscaler looks once. */
const WITHIN_SECONDS = 60;

/** Waits until the autoscalers have thought about a metric three times more. */
async function considered(metrics: MetricsApi, metric: string, autoscalers = 1): Promise<void> {
  const questions = () => metrics.asked.filter(asked => asked.metric === metric).length;
  const before = questions();
  await eventually(`${metric} is asked for again`, async () => questions() >= before + 3 * autoscalers, WITHIN_SECONDS);
}

/** Takes the autoscaler of a cell away and applies it again, when the controller has forgotten what it did before. */
export async function renewAutoscaler(plane: ControlPlane, metrics: MetricsApi, cell: Cell, others: readonly Cell[]): Promise<void> {
  const folder = join(cell.folder, 'autoscaling');
  await plane.kubectl(['delete', '-k', folder]);
  await considered(metrics, autoscalerOf(cell).metrics[0].pods.metric.name, others.length);
  await plane.kubectl(['apply', '--validate=strict', '-k', folder]);
}

/** Every server of the matrix under the same load: one step now, the next only when the new servers answer. */
export async function scaleAllByOneStep(plane: ControlPlane, metrics: MetricsApi, cells: readonly Cell[]): Promise<void> {
  const [{ name }] = autoscalerOf(cells[0]).metrics.map(metric => metric.pods.metric);
  metrics.setPodMetric(name, () => 10 * Number(autoscalerOf(cells[0]).metrics[0].pods.target.averageValue));
  const replicas = async () => Object.fromEntries(
    await Promise.all(cells.map(async cell => [cell.id, await replicasOf(plane.api, cell.server)])));
  const step = Object.fromEntries(cells.map((cell) => {
    const { minReplicas, maxReplicas, behavior: { scaleUp: { policies } } } = autoscalerOf(cell);
    return [cell.id, Math.min(maxReplicas, minReplicas + policies[0].value)];
  }));
  let found = {};
  await eventually('every autoscaler has acted', async () => {
    found = await replicas();
    return JSON.stringify(found) === JSON.stringify(step);
  }, WITHIN_SECONDS).catch(() => expect(found).toEqual(step));
  await considered(metrics, name, cells.length);
  expect(await replicas()).toEqual(step);
  const limits = await Promise.all(cells.map(async (cell) => {
    const { status } = await plane.api.get<Autoscaler>(`${AUTOSCALERS}/${cell.server}`);
    return [cell.id, status.conditions?.find(({ type }) => type === 'ScalingLimited')?.reason];
  }));
  expect(limits).toEqual(cells.map(cell => [cell.id, 'ScaleUpLimit']));
}

/** On to the last replica, with nodes for all and the wait between two steps cut short. */
export async function scaleToTheLast(plane: ControlPlane, metrics: MetricsApi, cell: Cell, zone: string): Promise<number> {
  const { maxReplicas, metrics: [{ pods: { metric } }], behavior: { scaleUp: { policies } } } = autoscalerOf(cell);
  await addGpuNodes(plane.api, Array.from({ length: maxReplicas }, (_, index) => poolNode(cell.machineType, {
    name: `${cell.machineType.name}-more-${index}`, zone, localSsdCount: cell.localSsdCount,
  })));
  await plane.api.patch(`${AUTOSCALERS}/${cell.server}`, {
    spec: { behavior: { scaleUp: { policies: policies.map(policy => ({ ...policy, periodSeconds: 1 })) } } },
  });
  await eventually('all servers that may be are ready', async () => {
    const pods = (await serverPods(plane.api)).get(cell.server)!;
    return pods.length === maxReplicas && pods.every(isReady);
  }, WITHIN_SECONDS);
  await considered(metrics, metric.name);
  return replicasOf(plane.api, cell.server);
}

export interface OtherMetric {
  readonly name: string;
  readonly metric: VllmMetric;
  /** What each GPU, or else each server, reports: below the target, and above. */
  readonly calm: number;
  readonly busy: number;
}

export const OTHER_METRICS: OtherMetric[] = [
  { name: 'by-kv-cache', metric: VllmMetric.KV_CACHE_USAGE, calm: 0.6, busy: 0.95 },
  { name: 'by-gpu-utilization', metric: VllmMetric.GPU_UTILIZATION, calm: 60, busy: 95 },
  { name: 'by-gpu-duty-cycle', metric: VllmMetric.GPU_DUTY_CYCLE, calm: 60, busy: 95 },
  {
    name: 'by-backlog', calm: 60, busy: 150,
    metric: VllmMetric.of({
      adapterName: 'pubsub.googleapis.com|subscription|num_undelivered_messages', type: 'External',
      selector: ({ name }) => ({ 'resource.labels.subscription_id': name }), largest: () => 1e9, defaultTarget: 100,
    }),
  },
];

/** A server of two GPUs with nodes for three, and its autoscaler; ready as soon as that is asked for. */
async function scaledServer(plane: ControlPlane, name: string, props: Omit<VllmHpaProps, 'server'>, zone: string): Promise<VllmServer> {
  const chart = new Chart(Testing.app(), name, { namespace: NAMESPACE });
  const weights = new WeightsVolume(chart, 'weights', { model: Model.GEMMA_2_9B_IT, storage: WeightsStorage.gcsFuse({ bucket: 'vllm-models' }) });
  const server = new VllmServer(chart, 'server', {
    weights, name, accelerator: Accelerator.L4, tensorParallelSize: 2, gpuMemoryUtilization: 0.8,
  });
  new VllmHpa(chart, 'hpa', { server, ...props });
  const { machineType, localSsdCount } = server.plan.placement;
  await addGpuNodes(plane.api, ['0', '1', '2'].map(number => poolNode(machineType, { name: `${name}-${number}`, zone, localSsdCount })));
  const manifests = { apiVersion: 'v1', kind: 'List', items: Testing.synth(chart) };
  const { stderr } = await plane.kubectl(['apply', '--validate=strict', '-f', '-'], JSON.stringify(manifests));
  expect(stderr).toBe('');
  await eventually('its server is ready', async () => (await serverPods(plane.api)).get(name)?.every(isReady));
  return server;
}

/** A server that scales by another metric than the matrix does. */
export async function scaleBy(plane: ControlPlane, metrics: MetricsApi, other: OtherMetric, zone: string): Promise<void> {
  const { name, metric, calm, busy } = other;
  // the adapter adds up what the GPUs of a pod report
  const load = (value: number) => metric.type === 'Pods'
    ? metrics.setPodMetric(metric.adapterName, () => metric.perGpu ? 2 * value : value)
    : metrics.setExternalMetric(metric.adapterName, value);

  load(calm);
  const server = await scaledServer(plane, name, { metric }, zone);
  expect(server.plan.placement.gpus).toBe(2);
  await considered(metrics, metric.adapterName);
  expect([name, calm, await replicasOf(plane.api, name)]).toEqual([name, calm, 1]);
  load(busy);
  await eventually(`${name} has a second server`, async () => await replicasOf(plane.api, name) === 2, WITHIN_SECONDS);
  const asked = metrics.asked.filter(question => question.metric === metric.adapterName).at(-1)!;
  expect(asked).toMatchObject(metric.type === 'Pods' ? { api: 'custom' } : { api: 'external', selector: `resource.labels.subscription_id=${name}` });
  await allReady(plane.api, [{ server: name }], () => 2);
}

/** A server of three metrics: one is calm, one wishes for two servers and one for three. */
export async function scaleByTheLargest(plane: ControlPlane, metrics: MetricsApi, zone: string): Promise<void> {
  const name = 'by-several';
  const { KV_CACHE_USAGE, REQUESTS_RUNNING, REQUESTS_WAITING } = VllmMetric;
  const load = (metric: VllmMetric, value: PodValue) => metrics.setPodMetric(metric.adapterName, value);
  load(REQUESTS_WAITING, () => 0);
  load(KV_CACHE_USAGE, () => 0.1);
  load(REQUESTS_RUNNING, () => 1);
  await scaledServer(plane, name, {
    metric: REQUESTS_WAITING, target: 10, scaleUpServers: 4,
    metrics: [{ metric: KV_CACHE_USAGE }, { metric: REQUESTS_RUNNING, target: 20 }],
  }, zone);
  await considered(metrics, REQUESTS_RUNNING.adapterName);
  expect(await replicasOf(plane.api, name)).toBe(1);
  load(REQUESTS_WAITING, ready => 15 / ready);
  load(REQUESTS_RUNNING, ready => 55 / ready);
  await eventually(`${name} has three servers`, async () => await replicasOf(plane.api, name) === 3, WITHIN_SECONDS);
  await allReady(plane.api, [{ server: name }], () => 3);
  await considered(metrics, REQUESTS_WAITING.adapterName);
  expect(await replicasOf(plane.api, name)).toBe(3);
  const { status } = await plane.api.get<Autoscaler>(`${AUTOSCALERS}/${name}`);
  expect(status.currentMetrics?.map(({ pods }) => pods.metric.name)).toEqual(
    [REQUESTS_WAITING, KV_CACHE_USAGE, REQUESTS_RUNNING].map(({ adapterName }) => adapterName));
}
