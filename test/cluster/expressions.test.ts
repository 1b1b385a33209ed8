import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MetricsCollector, VllmMonitoring } from '../../lib';
import { PROJECT } from '../dist/project-copy';
import { checkRules, Rule, RuleGroup } from '../rig/promtool';
import { GeneratedCell } from '../rig/vllm-cell';
import { objectOf, server, unit } from '../serving/rendered';

interface GrafanaPanel {
  readonly targets: readonly { readonly expr: string }[];
}

interface CloudChart {
  readonly dataSets: readonly { readonly timeSeriesQuery: { readonly prometheusQuery: string } }[];
}

interface CloudTile {
  readonly widget: { readonly xyChart: CloudChart };
}

interface CloudPolicy {
  readonly conditions: readonly { readonly condition_prometheus_query_language: { readonly query: string } }[];
}

const cells = GeneratedCell.all();
const terraform = JSON.parse(read('dist/terraform/stacks/gke/cdk.tf.json'));
const GROUPS: RuleGroup[] = cells.flatMap(cell => cell.objects('monitoring', 'rules').flatMap(({ spec }) => spec.groups as RuleGroup[]));

function read(file: string): string {
  return readFileSync(join(PROJECT, file), 'utf8');
}

/** As Grafana sends an expression when all values of each variable are chosen. */
function chosen(expression: string): string {
  return expression.replace(/\$(?:job|model_name)\b/g, '.*');
}

function grafanaExpressions(): string[] {
  const { panels } = JSON.parse(read('dist/grafana/vllm.json')) as { panels: GrafanaPanel[] };
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => chosen(expr)));
}

function cloudExpressions(): string[] {
  const [dashboard] = Object.values<{ dashboard_json: string }>(terraform.resource.google_monitoring_dashboard);
  const { mosaicLayout } = JSON.parse(dashboard.dashboard_json) as { mosaicLayout: { tiles: CloudTile[] } };
  return mosaicLayout.tiles.flatMap(({ widget }) => widget.xyChart.dataSets.map(({ timeSeriesQuery }) => timeSeriesQuery.prometheusQuery));
}

function policyExpressions(): string[] {
  return Object.values<CloudPolicy>(terraform.resource.google_monitoring_alert_policy)
    .flatMap(({ conditions }) => conditions.map(condition => condition.condition_prometheus_query_language.query));
}

/** A dashboard's expressions as rules that record them. */
function recording(expressions: readonly string[]): RuleGroup {
  return { name: 'dashboard', rules: expressions.map((expr, index): Rule => ({ record: `chart:${index}`, expr })) };
}

test('the rules of every cell of dist parse', () => {
  expect(GROUPS.length).toBe(cells.length);
  const { code, output } = checkRules(GROUPS);
  expect([code, output.match(/SUCCESS: \d+ rules found/g)]).toEqual([0, GROUPS.map(({ rules }) => `SUCCESS: ${rules.length} rules found`)]);
});

test('the rules for the Prometheus Operator parse', () => {
  const scope = unit();
  new VllmMonitoring(scope, 'monitoring', { server: server(scope), collector: MetricsCollector.prometheusOperator() });
  expect(checkRules(objectOf(scope, 'PrometheusRule').spec.groups)).toMatchObject({ code: 0, output: expect.stringContaining('SUCCESS: 6 rules') });
});

test.each([
  ['Grafana\'s dashboard', grafanaExpressions, 20], ['Cloud Monitoring\'s dashboard', cloudExpressions, 20], ['Cloud Monitoring\'s alerts', policyExpressions, 3],
])('the expressions of %s parse', (_, read, least) => {
  const expressions = read();
  expect(expressions.length).toBeGreaterThanOrEqual(least);
  expect(expressions.filter(expression => expression.includes('$'))).toEqual([]);
  expect(checkRules([recording(expressions)])).toMatchObject({ code: 0, output: expect.stringContaining(`SUCCESS: ${expressions.length} rules`) });
});

test.each([
  ['a bracket that is not closed', 'sum(vllm:num_requests_running'],
  ['a rate of an instant', 'rate(vllm:num_preemptions_total)'],
  ['a variable of Grafana', 'sum(rate(vllm:num_preemptions_total[$__rate_interval]))'],
  ['a matcher without quotes', 'vllm:num_requests_running{job=vllm}'],
])('%s is found', (_, planted) => {
  expect(checkRules([recording([...grafanaExpressions(), planted])])).toMatchObject({ code: 1, output: expect.stringContaining('could not parse expression') });
});

test('an alert that is there twice is found', () => {
  const [{ rules, ...group }] = GROUPS;
  expect(checkRules([{ ...group, rules: [...rules, rules[0]] }])).toMatchObject({ code: 3, output: expect.stringContaining('duplicate') });
});
