import { VllmMetric, VllmRelease } from '../../lib';
import { refusalOf, server, unit } from './rendered';

const ALL = { ...VllmMetric } as unknown as Record<string, VllmMetric>;

test('there are five, two of them of the GPU', () => {
  expect(Object.entries(ALL).map(([name, metric]) => [name, metric.type, metric.adapterName])).toEqual([
    ['REQUESTS_WAITING', 'Pods', 'prometheus.googleapis.com|vllm:num_requests_waiting|gauge'],
    ['REQUESTS_RUNNING', 'Pods', 'prometheus.googleapis.com|vllm:num_requests_running|gauge'],
    ['KV_CACHE_USAGE', 'Pods', 'prometheus.googleapis.com|vllm:kv_cache_usage_perc|gauge'],
    ['GPU_UTILIZATION', 'Pods', 'prometheus.googleapis.com|dcgm_fi_dev_gpu_util|unknown'],
    ['GPU_DUTY_CYCLE', 'Pods', 'kubernetes.io|container|accelerator|duty_cycle'],
  ]);
});

test.each(Object.entries(ALL))('%s is exported by every release and can be reached', (_, metric) => {
  VllmRelease.all().forEach(release => metric.check(release));
  const made = server(unit('models'));
  expect(metric.defaultTarget).toBeLessThanOrEqual(metric.largest(made));
});

test('a batch has at most as many requests as the server takes', () => {
  expect(VllmMetric.REQUESTS_RUNNING.largest(server(unit(), { maxNumSeqs: 32 }))).toBe(32);
});

test('what is no gauge, or not there, cannot be followed', () => {
  expect(refusalOf(() => VllmMetric.gauge('vllm:prompt_tokens_total', () => 1, 1).check(VllmRelease.DEFAULT))).toBe(
    'metric \'vllm:prompt_tokens_total\' is a counter; an autoscaler can only follow a gauge');
  expect(refusalOf(() => VllmMetric.gauge('vllm:gpu_cache_usage_perc', () => 1, 1).check(VllmRelease.DEFAULT))).toBe(
    'vLLM 0.33.0 has no metric \'vllm:gpu_cache_usage_perc\': it was removed in 0.12.0; use vllm:kv_cache_usage_perc');
});

test('one of another system is taken as it is', () => {
  const metric = VllmMetric.of({ adapterName: 'pubsub.googleapis.com|subscription|num_undelivered_messages', type: 'External', largest: () => 1e9, defaultTarget: 100 });
  expect(() => metric.check(VllmRelease.DEFAULT)).not.toThrow();
});
