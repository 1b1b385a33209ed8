import { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard';
import { Construct } from 'constructs';
import { VllmRelease } from '../catalog';
import { Project } from './project';

interface Chart {
  readonly title: string;
  /** Of the release; the expression reads these. */
  readonly metrics: readonly string[];
  readonly expression: (...series: string[]) => string;
}

const QUANTILES = [0.5, 0.95, 0.99];
const quantiles = (series: string) => QUANTILES.map(quantile => `histogram_quantile(${quantile}, sum by (le, model_name) (rate(${series}_bucket[5m])))`);

const CHARTS: Chart[] = [
  { title: 'Requests running', metrics: ['vllm:num_requests_running'], expression: series => `sum by (model_name) (${series})` },
  { title: 'Requests waiting', metrics: ['vllm:num_requests_waiting'], expression: series => `sum by (model_name) (${series})` },
  { title: 'KV cache in use, fullest server', metrics: ['vllm:kv_cache_usage_perc'], expression: series => `max by (model_name) (${series})` },
  {
    title: 'Tokens generated a second', metrics: ['vllm:generation_tokens_total'], expression: series => `sum by (model_name) (rate(${series}[5m]))`,
  },
  { title: 'Tokens read a second', metrics: ['vllm:prompt_tokens_total'], expression: series => `sum by (model_name) (rate(${series}[5m]))` },
  {
    title: 'Share of the prompt found in the prefix cache', metrics: ['vllm:prefix_cache_hits_total', 'vllm:prefix_cache_queries_total'],
    expression: (hits, queries) => `sum by (model_name) (rate(${hits}[5m])) / sum by (model_name) (rate(${queries}[5m]))`,
  },
  { title: 'Preemptions a second', metrics: ['vllm:num_preemptions_total'], expression: series => `sum by (model_name) (rate(${series}[5m]))` },
  {
    title: 'Answers a second by how they ended', metrics: ['vllm:request_success_total'],
    expression: series => `sum by (model_name, finished_reason) (rate(${series}[5m]))`,
  },
];
const LATENCIES: [string, string][] = [
  ['Time to first token', 'vllm:time_to_first_token_seconds'],
  ['Time between tokens', 'vllm:inter_token_latency_seconds'],
  ['Time of a whole answer', 'vllm:e2e_request_latency_seconds'],
  ['Time in the queue', 'vllm:request_queue_time_seconds'],
];
const COLUMNS = 48;
const WIDTH = 24;
const HEIGHT = 16;

/** Props of `ServingDashboard`. */
export interface ServingDashboardProps {
  /** Project whose metrics are shown. */
  readonly project: Project;
  /**
   * Release whose metrics are shown.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
}

/**
 * One page of Cloud Monitoring for all servers: load, latency, cache, GPUs.
 *
 * @throws on a metric that the release does not export
 */
export class ServingDashboard extends Construct {
  /** The dashboard, for patches. */
  readonly dashboard: MonitoringDashboard;

  constructor(scope: Construct, id: string, props: ServingDashboardProps) {
    super(scope, id);
    const release = props.release ?? VllmRelease.DEFAULT;
    const exported = (name: string) => release.metric(name) && name;
    const charts = [
      ...CHARTS.map(({ title, metrics, expression }) => ({ title, queries: [expression(...metrics.map(exported))] })),
      ...LATENCIES.map(([title, metric]) => ({ title: `${title}, s (p50, p95, p99)`, queries: quantiles(exported(metric)) })),
      // As the manifests name it, see GpuMonitoring.
      { title: 'GPU utilisation, %', queries: ['avg by (modelName) (dcgm_fi_dev_gpu_util)'] },
    ];
    this.dashboard = new MonitoringDashboard(this, 'Resource', {
      project: props.project.id,
      dashboardJson: JSON.stringify({
        displayName: `vLLM ${release.version}`,
        mosaicLayout: { columns: COLUMNS, tiles: charts.map(({ title, queries }, index) => tile(title, queries, index)) },
      }),
      dependsOn: props.project.apis('monitoring'),
    });
  }
}

function tile(title: string, queries: readonly string[], index: number): object {
  const inRow = COLUMNS / WIDTH;
  return {
    xPos: (index % inRow) * WIDTH, yPos: Math.floor(index / inRow) * HEIGHT, width: WIDTH, height: HEIGHT,
    widget: {
      title,
      xyChart: {
        dataSets: queries.map(prometheusQuery => ({ plotType: 'LINE', timeSeriesQuery: { prometheusQuery } })),
        yAxis: { scale: 'LINEAR' },
      },
    },
  };
}
