import { Accelerator, MetricsCollector, Model, VllmMetric, VllmMonitoring, VllmMonitoringProps, VllmRelease } from '../../lib';
import { objectOf, objectsOf, refusalOf, server, unit } from './rendered';

function monitored(props: Omit<VllmMonitoringProps, 'server'> = {}, release = VllmRelease.DEFAULT) {
  const scope = unit();
  const made = server(scope, { release });
  const { metrics } = new VllmMonitoring(scope, 'monitoring', { server: made, ...props });
  const [endpoint] = objectOf(scope, 'PodMonitoring').spec.endpoints;
  const { rules } = objectOf(scope, 'Rules').spec.groups[0] as { rules: { alert: string; expr: string; for: string }[] };
  return { scope, server: made, metrics, endpoint, keep: new RegExp(`^(?:${endpoint.metricRelabeling[0].regex})$`), rules };
}

test('defaults', () => {
  const { scope } = monitored();
  expect(objectsOf(scope).filter(({ kind }) => ['PodMonitoring', 'Rules'].includes(kind))).toMatchSnapshot();
});

test('all the props', () => {
  const scope = unit();
  const props: Required<VllmMonitoringProps> = {
    server: server(scope), timeToFirstTokenSeconds: 0.5, collector: MetricsCollector.GOOGLE,
  };
  new VllmMonitoring(scope, 'monitoring', props);
  expect(JSON.stringify(objectOf(scope, 'Rules'))).toContain('> 0.5');
});

test.each(VllmRelease.all().map(release => [release.version, release] as const))('of %s, every kept series exists, and whole histograms are kept', (_, release) => {
  const { keep, metrics } = monitored({}, release);
  for (const name of metrics) {
    const series = release.metric(name).type === 'histogram' ? ['bucket', 'sum', 'count'].map(part => `${name}_${part}`) : [name];
    expect(series.filter(one => !keep.test(one))).toEqual([]);
  }
  expect(['vllm:request_params_n_bucket', 'process_open_fds', 'python_info', 'xvllm:num_requests_running', 'vllm:num_requests_running_x']
    .filter(name => keep.test(name))).toEqual([]);
});

test('everything that alerts and autoscalers read is scraped', () => {
  const { keep, rules } = monitored();
  const read = [
    ...rules.flatMap(({ expr }) => expr.match(/vllm:\w+/g)!),
    ...[VllmMetric.REQUESTS_WAITING, VllmMetric.REQUESTS_RUNNING, VllmMetric.KV_CACHE_USAGE].map(({ vllmName }) => vllmName!),
  ];
  expect(read.length).toBeGreaterThan(8);
  expect(read.filter(name => !keep.test(name))).toEqual([]);
});

test('the pods\' own port is scraped, of the server\'s pods', () => {
  const { scope, endpoint } = monitored();
  const deployment = objectOf(scope, 'Deployment').spec;
  expect(deployment.template.spec.containers[0].ports).toContainEqual(expect.objectContaining({ name: endpoint.port }));
  expect(deployment.template.metadata.labels).toMatchObject(objectOf(scope, 'PodMonitoring').spec.selector.matchLabels);
});

test('a queue is alarming once another server could have started', () => {
  const minutes = (model: Model, accelerator: Accelerator, tensorParallelSize: number) => {
    const scope = unit();
    const made = server(scope, { accelerator, tensorParallelSize }, undefined, model);
    new VllmMonitoring(scope, 'monitoring', { server: made });
    const rule = objectOf(scope, 'Rules').spec.groups[0].rules.find(({ alert }: { alert: string }) => alert === 'VllmQueue');
    return [Number.parseInt(rule.for), Math.ceil(made.plan.startup.readySeconds / 60)];
  };
  const [small, large] = [minutes(Model.QWEN3_8B, Accelerator.H100, 1), minutes(Model.DEEPSEEK_R1, Accelerator.B200, 8)];
  expect([small[0], large[0]]).toEqual([small[1] + 5, large[1] + 5]);
  expect(large[0]).toBeGreaterThan(small[0]);
});

test.each([NaN, 0, -1, Infinity, '2', {}])('a first token after %p seconds is refused', (seconds) => {
  expect(refusalOf(() => monitored({ timeToFirstTokenSeconds: seconds as number }))).toMatch(
    /^VllmMonitoring 'monitoring': 'timeToFirstTokenSeconds' \(.*\) (?:must be a number above 0 and at most 3600|has to be a number)$/);
});
