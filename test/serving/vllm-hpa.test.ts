import { Accelerator, KustomizeUnit, Model, VllmHpa, VllmHpaProps, VllmMetric, VllmServer } from '../../lib';
import { objectOf, objectsOf, refusalOf, server, unit } from './rendered';

function hpaOf(props: Omit<VllmHpaProps, 'server'> = {}, made?: (scope: KustomizeUnit) => VllmServer) {
  const scope = unit();
  const scaled = (made ?? server)(scope);
  new VllmHpa(scope, 'hpa', { server: scaled, ...props });
  return { server: scaled, scope, spec: objectOf(scope, 'HorizontalPodAutoscaler').spec };
}

test('defaults', () => {
  const { scope } = hpaOf();
  expect(objectOf(scope, 'HorizontalPodAutoscaler')).toMatchSnapshot();
});

test('all the props', () => {
  const scope = unit();
  const props: Required<VllmHpaProps> = {
    server: server(scope), minReplicas: 2, maxReplicas: 4, metric: VllmMetric.KV_CACHE_USAGE, target: 0.75,
    metrics: [{ metric: VllmMetric.REQUESTS_WAITING }, { metric: VllmMetric.REQUESTS_RUNNING, target: 40 }],
    scaleUpStabilizationSeconds: 30, scaleUpPeriodSeconds: 240, scaleUpServers: 2,
    scaleDownStabilizationSeconds: 900, scaleDownPeriodSeconds: 120, scaleDownServers: 3,
  };
  new VllmHpa(scope, 'hpa', props);
  const { spec } = objectOf(scope, 'HorizontalPodAutoscaler');
  expect([spec.minReplicas, spec.maxReplicas]).toEqual([2, 4]);
  expect(spec.metrics).toEqual([['kv_cache_usage_perc', '750m'], ['num_requests_waiting', '10'], ['num_requests_running', '40']].map(
    ([name, averageValue]) => ({
      type: 'Pods', pods: { metric: { name: `prometheus.googleapis.com|vllm:${name}|gauge` }, target: { type: 'AverageValue', averageValue } },
    })));
  expect(spec.behavior).toEqual({
    scaleUp: { stabilizationWindowSeconds: 30, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 2, periodSeconds: 240 }] },
    scaleDown: { stabilizationWindowSeconds: 900, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 3, periodSeconds: 120 }] },
  });
});

test('metrics stand alone unless a metric is given as well', () => {
  const { spec } = hpaOf({ metrics: [{ metric: VllmMetric.KV_CACHE_USAGE }, { metric: VllmMetric.GPU_DUTY_CYCLE, target: 70 }] });
  expect(spec.metrics.map((metric: { pods: { target: object } }) => metric.pods.target)).toEqual([
    { type: 'AverageValue', averageValue: '800m' }, { type: 'AverageValue', averageValue: '70' },
  ]);
});

test('a server on a node that is there and has the image sets the pace by its start alone', () => {
  const scope = unit();
  const scaled = server(scope);
  const { readySeconds } = scaled.plan.startup;
  new VllmHpa(scope, 'hpa', { server: scaled, scaleUpPeriodSeconds: readySeconds, scaleDownStabilizationSeconds: readySeconds });
  expect(objectOf(scope, 'HorizontalPodAutoscaler').spec.behavior).toMatchObject({
    scaleUp: { policies: [{ periodSeconds: readySeconds }] }, scaleDown: { stabilizationWindowSeconds: readySeconds },
  });
});

test('the target is the server\'s own Deployment, which then names no replicas', () => {
  const { scope, spec } = hpaOf();
  const deployment = objectOf(scope, 'Deployment');
  expect(spec.scaleTargetRef).toEqual({ apiVersion: deployment.apiVersion, kind: 'Deployment', name: deployment.metadata.name });
  expect(deployment.spec).not.toHaveProperty('replicas');
  const alone = unit();
  server(alone);
  expect(objectOf(alone, 'Deployment').spec.replicas).toBe(1);
});

test('bounds and steps are whole nodes, up to what the pools hold', () => {
  const { spec } = hpaOf({}, scope => server(scope, { accelerator: Accelerator.H200, tensorParallelSize: 2, maxNodes: 3 }));
  expect([spec.minReplicas, spec.maxReplicas, spec.behavior.scaleUp.policies[0].value]).toEqual([4, 12, 4]);
});

test.each([
  ['a small model', Model.QWEN3_8B, Accelerator.H100, 1], ['a large one', Model.DEEPSEEK_R1, Accelerator.B200, 8],
] as const)('%s is scaled at the pace of its start', (_, model, accelerator, tensorParallelSize) => {
  const made = hpaOf({}, scope => server(scope, { accelerator, tensorParallelSize }, undefined, model));
  const { scaleUp, scaleDown } = made.spec.behavior;
  const { readySeconds, newNodeSeconds } = made.server.plan.startup;
  expect(newNodeSeconds).toBeGreaterThan(readySeconds + 600);
  expect(scaleUp.policies).toEqual([expect.objectContaining({ periodSeconds: Math.min(newNodeSeconds, 1800) })]);
  expect(scaleDown.stabilizationWindowSeconds).toBe(Math.min(Math.max(300, 2 * readySeconds), 3600));
  expect(scaleDown.policies).toEqual([{ type: 'Pods', value: 1, periodSeconds: 300 }]);
});

test.each([VllmMetric.GPU_UTILIZATION, VllmMetric.GPU_DUTY_CYCLE])('the target of $adapterName is for one GPU, and the server\'s are added up', (metric) => {
  const { spec } = hpaOf({ metric, target: 62.5 }, scope => server(scope, { accelerator: Accelerator.H200, tensorParallelSize: 2 }));
  expect(spec.metrics).toEqual([{
    type: 'Pods', pods: { metric: { name: metric.adapterName }, target: { type: 'AverageValue', averageValue: '125' } },
  }]);
});

test('an external metric is looked up by its selector', () => {
  const metric = VllmMetric.of({
    adapterName: 'pubsub.googleapis.com|subscription|num_undelivered_messages', type: 'External',
    selector: made => ({ 'resource.labels.subscription_id': made.name }), largest: () => 1e9, defaultTarget: 100,
  });
  expect(hpaOf({ metric }).spec.metrics).toEqual([{
    type: 'External',
    external: {
      metric: { name: metric.adapterName, selector: { matchLabels: { 'resource.labels.subscription_id': 'vllm-openai-gcs-h100' } } },
      target: { type: 'AverageValue', averageValue: '100' },
    },
  }]);
});

test('GKE\'s managed adapter is asked by the name that it gives a metric of vLLM\'s, which the release has to export', () => {
  const managed = (vllmName: string) => VllmMetric.of({
    vllmName, adapterName: 'autoscaling.gke.io|support|waiting', type: 'Pods', largest: () => Infinity, defaultTarget: 10,
  });
  expect(hpaOf({ metric: managed('vllm:num_requests_waiting') }).spec.metrics).toEqual([{
    type: 'Pods', pods: { metric: { name: 'autoscaling.gke.io|support|waiting' }, target: { type: 'AverageValue', averageValue: '10' } },
  }]);
  expect(refusalOf(() => hpaOf({ metric: managed('vllm:gpu_cache_usage_perc') }))).toContain('use vllm:kv_cache_usage_perc');
});

test('a second autoscaler is refused', () => {
  const { scope, server: scaled } = hpaOf();
  expect(refusalOf(() => new VllmHpa(scope, 'second', { server: scaled }))).toBe(
    'VllmServer \'server\': \'vllm-openai-gcs-h100\' has an autoscaler already; two would fight over its replicas');
});

test('a refused autoscaler leaves the server its replicas', () => {
  const scope = unit();
  const scaled = server(scope);
  expect(() => new VllmHpa(scope, 'hpa', { server: scaled, maxReplicas: 0 })).toThrow();
  expect(objectsOf(scope).find(({ kind }) => kind === 'Deployment')!.spec.replicas).toBe(1);
});
