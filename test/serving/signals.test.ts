import { VllmMetric, VllmRelease } from '../../lib';
import { alarmExpression, charts, GPU_UTILIZATION, METRICS, Scope, Signal, signals, SIGNALS, Unit } from '../../lib/serving/signals';

const SCRAPED: readonly string[] = [...Object.values(METRICS), GPU_UTILIZATION.scraped];
const SCOPES = [Scope.ALL, Scope.of('vllm-openai-gcs-l4')];
const ONE: Unit = { cloud: '1', grafana: 'none' };

/** Names of series that the signal's expressions read, without what a histogram adds to them. */
function readBy({ value, chart }: Signal): string[] {
  const expressions = SCOPES.flatMap(scope => [value, ...(chart?.lines ?? []).map(line => line.value)].map(line => line(scope)));
  return [...new Set(expressions.flatMap(text => text.match(/\b(?:vllm:|dcgm_)\w+/gi) ?? []).map(name => name.replace(/_bucket$/, '')))];
}

/** What a signal reads and nothing scrapes: it would be an empty chart, and an alarm that never comes. */
function unscraped(all: readonly Signal[]): string[] {
  return all.flatMap(signal => [...signal.metrics, ...readBy(signal)]).filter(name => !SCRAPED.includes(name));
}

test('every signal reads metrics that are scraped, and says which', () => {
  expect(signals().length).toBeGreaterThan(12);
  expect(unscraped(signals())).toEqual([]);
  for (const signal of signals()) {
    expect(readBy(signal).length).toBeGreaterThan(0);
    expect([...signal.metrics].sort()).toEqual(readBy(signal).filter(name => name !== GPU_UTILIZATION.scraped).sort());
  }
});

test.each<[string, Signal]>([
  ['in a value', { metrics: [], value: scope => `sum(${scope.series('vllm:lora_requests_info')})` }],
  ['in a line', {
    metrics: [], value: scope => scope.series(METRICS.answers),
    chart: { title: 'x', unit: ONE, lines: [{ value: scope => `histogram_quantile(0.5, ${scope.rate('vllm:lora_requests_info_bucket')})` }] },
  }],
  ['among its metrics', { metrics: ['vllm:lora_requests_info'], value: scope => scope.series(METRICS.answers) }],
])('a planted signal that is not scraped is found %s', (_, planted) => {
  expect(unscraped([...signals(), planted])).toContain('vllm:lora_requests_info');
});

test('what autoscalers follow is scraped', () => {
  const followed = [VllmMetric.REQUESTS_WAITING, VllmMetric.REQUESTS_RUNNING, VllmMetric.KV_CACHE_USAGE, VllmMetric.GPU_UTILIZATION];
  for (const { adapterName } of followed) {
    expect(SCRAPED).toContain(adapterName.split('|')[1]);
  }
});

test.each(VllmRelease.all().map(release => [release.version, release] as const))('%s exports every metric that is scraped', (_, release) => {
  Object.values(METRICS).forEach(name => expect(() => release.metric(name)).not.toThrow());
});

test('no two signals have one chart, one rule or one policy', () => {
  for (const names of [
    signals().map(({ chart }) => chart?.title), signals().map(({ alarm }) => alarm?.rule),
    signals().map(({ alarm }) => alarm?.policy?.name),
  ]) {
    const given = names.filter(name => name !== undefined);
    expect(new Set(given).size).toBe(given.length);
  }
});

test('one server is told from the others by its model\'s name, all are summed by it', () => {
  const [all, one] = SCOPES;
  expect(SIGNALS.brokenAnswers.value(all)).toBe('sum by (model_name) (rate(vllm:request_success_total{finished_reason=~"abort|error"}[5m]))'
    + ' / sum by (model_name) (rate(vllm:request_success_total[5m]))');
  expect(SIGNALS.brokenAnswers.value(one)).toBe(
    'sum(rate(vllm:request_success_total{job="vllm-openai-gcs-l4",finished_reason=~"abort|error"}[5m]))'
    + ' / sum(rate(vllm:request_success_total{job="vllm-openai-gcs-l4"}[5m]))');
  expect(SIGNALS.kvCacheUsage.value(all)).toBe('max by (model_name) (vllm:kv_cache_usage_perc)');
  expect(SIGNALS.timeToFirstToken.value(one)).toBe(
    'histogram_quantile(0.95, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket{job="vllm-openai-gcs-l4"}[5m])))');
});

test('an alarm compares, or takes what is there', () => {
  const scope = Scope.of('m');
  expect(alarmExpression(SIGNALS.servers, scope)).toBe('absent(vllm:num_requests_running{job="m"})');
  expect(alarmExpression(SIGNALS.requestsWaiting, scope)).toBe('sum(vllm:num_requests_waiting{job="m"}) > 0');
  expect(alarmExpression(SIGNALS.requestsWaiting, scope, 7)).toBe('sum(vllm:num_requests_waiting{job="m"}) > 7');
});

test('what is chosen on a dashboard is told apart by its server, and GPUs by either name of the exporter\'s metric', () => {
  expect(SIGNALS.requestsWaiting.value(Scope.CHOSEN)).toBe('sum by (job) (vllm:num_requests_waiting{job=~"$job",model_name=~"$model_name"})');
  expect(SIGNALS.gpuUtilization.value(Scope.CHOSEN)).toBe('avg by (modelName) (dcgm_fi_dev_gpu_util or DCGM_FI_DEV_GPU_UTIL)');
  expect(SIGNALS.gpuUtilization.value(Scope.ALL)).toBe('avg by (modelName) (dcgm_fi_dev_gpu_util)');
});

test('a chart has a unit, and the threshold of its alarm where that is above nothing', () => {
  const thresholds = charts().map(({ title, unit, threshold }) => [title, unit.cloud, threshold] as const);
  expect(thresholds.filter(([, , threshold]) => threshold !== undefined)).toEqual([
    ['KV cache in use, fullest server', '10^2.%', SIGNALS.kvCacheUsage.alarm.above],
    ['Time to first token', 's', SIGNALS.timeToFirstToken.alarm.above],
    ['Share of answers that end as abort or error', '10^2.%', SIGNALS.brokenAnswers.alarm.above],
  ]);
  expect(SIGNALS.requestsWaiting.alarm.above).toBe(0);
});

test('a unit stands once: titles name none', () => {
  expect(charts().filter(({ title }) => /[%,] ?(?:s|%|p\d)|, s\b/.test(title))).toEqual([]);
});
