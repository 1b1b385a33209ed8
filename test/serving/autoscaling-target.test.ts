import { Accelerator, Model, VllmHpa, VllmHpaProps, VllmMetric, VllmServer, VllmServerProps } from '../../lib';
import { defaultMetric, defaultTarget } from '../../lib/serving/autoscaling-target';
import { objectOf, server, unit } from './rendered';

function llama(goal: Partial<VllmServerProps>): VllmServer {
  return server(unit(), {
    accelerator: Accelerator.H200, maxModelLen: undefined, tensorParallelSize: 1, inputTokens: 128, outputTokens: 512, clients: 64, ...goal,
  }, undefined, Model.LLAMA_3_1_8B_INSTRUCT);
}

function defaultsOf(scaled: VllmServer): [VllmMetric, number] {
  const metric = defaultMetric(scaled);
  return [metric, defaultTarget(scaled, metric)];
}

test('a server without a goal is scaled by ten requests that wait', () => {
  expect(defaultsOf(server(unit()))).toEqual([VllmMetric.REQUESTS_WAITING, 10]);
});

test('a latency that is lost in large batches: one more server is asked for at the largest that keeps it', () => {
  const scaled = llama({ interTokenLatencyMs: 8 });
  const { largestBatch, throughput } = scaled.plan.choice!;
  const [metric, target] = defaultsOf(scaled);
  expect(largestBatch).toBeLessThan(throughput.mostRunning);
  expect(metric).toBe(VllmMetric.REQUESTS_RUNNING);
  // an autoscaler acts from a tenth above its target on
  expect(target).toBeLessThanOrEqual(largestBatch / 1.1);
  expect(target + 1).toBeGreaterThan(largestBatch / 1.1);
});

test('a slower goal allows more', () => {
  const [fast, slow] = [7, 10].map(interTokenLatencyMs => defaultsOf(llama({ interTokenLatencyMs }))[1]);
  expect(fast).toBeLessThan(slow);
});

test('an API server that binds keeps the queue empty, so that the requests which run are looked at', () => {
  const scaled = llama({ optimizeFor: 'throughput', apiServerCount: 1 });
  const { busyBatch, throughput } = scaled.plan.choice!;
  expect(throughput.saturation.boundBy).toBe('api-server');
  expect(throughput.saturation.requestsWaiting).toBeLessThan(1);
  const [metric, target] = defaultsOf(scaled);
  expect(metric).toBe(VllmMetric.REQUESTS_RUNNING);
  expect(target).toBe(Math.floor(busyBatch / 1.1));
  // less than what runs at saturation, or it would never be reached
  expect(target * 1.1).toBeLessThan(throughput.saturation.requestsRunning);
});

test('a server that its KV cache fills first is scaled by a tenth of what runs', () => {
  const goal: Partial<VllmServerProps> = { accelerator: Accelerator.L4, tensorParallelSize: 2, maxModelLen: undefined, optimizeFor: 'throughput' };
  const scaled = server(unit(), goal, undefined, Model.GEMMA_2_9B_IT);
  const { mostRunning } = scaled.plan.choice!.throughput;
  expect(defaultsOf(scaled)).toEqual([VllmMetric.REQUESTS_WAITING, Math.max(1, Math.floor(mostRunning / 10))]);
});

test('what is asked for is kept, and other metrics keep their own target', () => {
  const scaled = llama({ interTokenLatencyMs: 8 });
  expect(defaultTarget(scaled, VllmMetric.KV_CACHE_USAGE)).toBe(0.8);
  const made = (props: Omit<VllmHpaProps, 'server'>, goal: Partial<VllmServerProps>) => {
    const own = unit();
    new VllmHpa(own, 'hpa', { server: server(own, goal), ...props });
    return objectOf(own, 'HorizontalPodAutoscaler').spec.metrics[0].pods;
  };
  const given = made({ metric: VllmMetric.REQUESTS_RUNNING, target: 7 }, { interTokenLatencyMs: 20 });
  expect([given.metric.name, given.target.averageValue]).toEqual([VllmMetric.REQUESTS_RUNNING.adapterName, '7']);
  const planned = made({}, { interTokenLatencyMs: 10, inputTokens: 128, outputTokens: 512 });
  expect(planned.metric.name).toBe(VllmMetric.REQUESTS_RUNNING.adapterName);
  expect(planned.target.averageValue).not.toBe('10');
});
