import { GrafanaDashboard, GrafanaDashboardProps, VllmRelease } from '../../lib';
import { charts, Scope, SIGNALS } from '../../lib/serving/signals';
import { objectOf, refusalOf, unit } from './rendered';

interface Step {
  readonly value: number | null;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: { readonly defaults: { readonly unit: string; readonly thresholds?: { readonly steps: readonly Step[] } } };
  readonly targets: { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string;
}

function dashboard(release?: VllmRelease) {
  const json = GrafanaDashboard.json(release);
  return JSON.parse(json) as { title: string; uid: string; schemaVersion: number; panels: Panel[]; templating: { list: Variable[] } };
}

test.each(VllmRelease.all().map(release => [release.version, release] as const))('%s: each panel asks for metrics that the release exports', (_, release) => {
  const expressions = dashboard(release).panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const metrics = expressions.flatMap(text => text.match(/vllm:\w+/g) ?? []).map(name => name.replace(/_bucket$/, ''));
  expect(new Set(metrics).size).toBeGreaterThan(10);
  metrics.forEach(name => expect(() => release.metric(name)).not.toThrow());
});

test('titles, units, thresholds and expressions are those of the signals', () => {
  expect(dashboard().panels.map(({ title, fieldConfig: { defaults }, targets }) =>
    [title, defaults.unit, defaults.thresholds?.steps.map(({ value }) => value), targets.map(({ expr }) => expr)]))
    .toEqual(charts().map(({ title, unit: { grafana }, threshold, lines }) =>
      [title, grafana, threshold && [null, threshold], lines.map(({ value }) => value(Scope.CHOSEN))]));
});

test('data source, servers and models are variables, and every expression but that of GPUs reads both of these', () => {
  const { panels, templating: { list } } = dashboard();
  expect(list.map(({ name, type }) => [name, type])).toEqual([['datasource', 'datasource'], ['job', 'query'], ['model_name', 'query']]);
  expect(new Set(panels.map(({ datasource }) => datasource.uid))).toEqual(new Set(['${datasource}']));
  const [gpu, ...others] = [...panels].sort(({ title }) => title.startsWith('GPU') ? -1 : 1).flatMap(({ targets }) => targets);
  expect(gpu.expr).not.toContain('$');
  others.forEach(({ expr }) => expect(expr.match(/\$\w+/g)!.join(' ')).toMatch(/^(\$job \$model_name ?)+$/));
});

test('lines are told apart by what their expression keeps', () => {
  const legends = Object.fromEntries(dashboard().panels.map(({ title, targets }) =>
    [title, targets.map(({ legendFormat }) => legendFormat)]));
  expect(legends[SIGNALS.requestsRunning.chart!.title]).toEqual(['{{job}}']);
  expect(legends[SIGNALS.timeToFirstToken.chart!.title]).toEqual(['p50 {{job}}', 'p95 {{job}}', 'p99 {{job}}']);
  expect(legends[SIGNALS.answers.chart.title]).toEqual(['{{job}} {{finished_reason}}']);
  expect(legends[SIGNALS.gpuUtilization.chart.title]).toEqual(['{{modelName}}']);
});

test('panels neither overlap nor leave the page, and each has an id of its own', () => {
  const { panels } = dashboard();
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, index) => `${x + index % w},${y + Math.floor(index / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

test('the ConfigMap has the file as it is imported, and the label that the sidecar looks for', () => {
  const scope = unit();
  new GrafanaDashboard(scope, 'dashboard');
  expect(objectOf(scope, 'ConfigMap')).toMatchObject({
    metadata: { name: 'vllm-dashboard', namespace: 'vllm', labels: { grafana_dashboard: '1' } }, data: { 'vllm.json': GrafanaDashboard.json() },
  });
});

test('all the props', () => {
  const scope = unit();
  const props: Required<GrafanaDashboardProps> = { name: 'servers', labels: { dashboards: 'team' }, release: VllmRelease.DEFAULT };
  new GrafanaDashboard(scope, 'dashboard', props);
  expect(objectOf(scope, 'ConfigMap').metadata).toMatchObject({ name: 'servers', labels: { dashboards: 'team' } });
});

test('a release without one of the metrics is refused', () => {
  const release = Object.assign(Object.create(VllmRelease.DEFAULT), {
    metric: (name: string) => name === 'vllm:kv_cache_usage_perc' ? VllmRelease.DEFAULT.metric('vllm:gpu_cache_usage_perc') : undefined,
  });
  expect(refusalOf(() => new GrafanaDashboard(unit(), 'dashboard', { release }))).toMatch(/^GrafanaDashboard 'dashboard': .*vllm:gpu_cache_usage_perc/);
});

test('a misspelled prop is refused', () => {
  expect(refusalOf(() => new GrafanaDashboard(unit(), 'dashboard', { label: {} } as never))).toContain('did you mean \'labels\'');
});
