import { Construct } from 'constructs';
import { VllmRelease } from '../catalog';
import { requirePropsOf } from '../common/props';
import { refusing } from '../common/refusal';
import { k8s } from '../pods/k8s';
import { charts, METRICS, Scope } from './signals';

/** Release 11 of Grafana and newer ones. https://github.com/grafana/grafana/blob/v11.0.0/kinds/dashboard/dashboard_kind.cue */
const SCHEMA_VERSION = 39;
const COLUMNS = 24;
const WIDTH = 12;
const HEIGHT = 8;
const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' };
const FILE = 'vllm.json';

/** Props of `GrafanaDashboard`. */
export interface GrafanaDashboardProps {
  /**
   * Name of the ConfigMap: a DNS subdomain.
   * @default vllm-dashboard
   */
  readonly name?: string;
  /**
   * Labels by which Grafana's sidecar finds it.
   * @default \{ grafana_dashboard: '1' \}, as the charts grafana and kube-prometheus-stack have it
   * @see https://github.com/grafana/helm-charts/tree/main/charts/grafana#sidecar-for-dashboards
   */
  readonly labels?: { readonly [label: string]: string };
  /**
   * Release whose metrics are shown.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
}

/**
 * A ConfigMap with the dashboard of all servers, which the sidecar of Grafana's chart loads. It shows what the dashboard of Cloud
 * Monitoring shows, of the servers and models that are chosen.
 *
 * @throws on a metric that the release does not export
 */
export class GrafanaDashboard extends Construct {
  /**
   * The dashboard as a file that Grafana imports.
   *
   * @throws on a metric that the release does not export
   */
  static json(release: VllmRelease = VllmRelease.DEFAULT): string {
    const variables = [variable('job', 'server'), variable('model_name', 'model')];
    return `${JSON.stringify({
      title: 'vLLM servers', uid: 'cdk8s-vllm', tags: ['vllm'], schemaVersion: SCHEMA_VERSION, editable: true, refresh: '30s',
      time: { from: 'now-1h', to: 'now' }, timezone: 'browser',
      templating: { list: [{ name: 'datasource', label: 'data source', type: 'datasource', query: 'prometheus' }, ...variables] },
      panels: panels(release),
    })}\n`;
  }

  constructor(scope: Construct, id: string, props: GrafanaDashboardProps = {}) {
    super(scope, id);
    requirePropsOf(this, 'GrafanaDashboardProps', props);
    const { name = 'vllm-dashboard', labels = { grafana_dashboard: '1' }, release } = props;
    const json = refusing(this, () => GrafanaDashboard.json(release));
    new k8s.KubeConfigMap(this, 'Resource', { metadata: { name, labels: { ...labels } }, data: { [FILE]: json } });
  }
}

/** A choice among the values that a label of the servers' series has; all of them at first. */
function variable(name: string, label: string): object {
  return {
    name, label, type: 'query', datasource: DATA_SOURCE, query: `label_values(${METRICS.requestsRunning}, ${name})`,
    refresh: 2, sort: 1, multi: true, includeAll: true, allValue: '.*', current: { text: ['All'], value: ['$__all'] },
  };
}

/** @throws on a metric that the release does not export */
function panels(release: VllmRelease): object[] {
  return charts().map(({ metrics, title, unit, threshold, lines }, index) => {
    metrics.forEach(name => release.metric(name));
    const inRow = COLUMNS / WIDTH;
    return {
      id: index + 1, type: 'timeseries', title, datasource: DATA_SOURCE,
      gridPos: { x: (index % inRow) * WIDTH, y: Math.floor(index / inRow) * HEIGHT, w: WIDTH, h: HEIGHT },
      fieldConfig: { defaults: { unit: unit.grafana, min: 0, ...threshold === undefined ? {} : alarming(threshold) }, overrides: [] },
      targets: lines.map(({ name, value }, line) => ({
        refId: String.fromCharCode('A'.charCodeAt(0) + line), expr: value(Scope.CHOSEN), legendFormat: legend(value(Scope.CHOSEN), name),
      })),
    };
  });
}

/** What the series are told apart by. */
function legend(expression: string, name: string | undefined): string {
  const [, by = ''] = /\bby \(([^)]*)\)/.exec(expression) ?? [];
  const labels = by.split(', ').filter(label => label !== '' && label !== 'le').map(label => `{{${label}}}`);
  return [...name === undefined ? [] : [name], ...labels].join(' ');
}

function alarming(value: number): object {
  return {
    thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: 'red', value }] },
    custom: { thresholdsStyle: { mode: 'line' } },
  };
}
