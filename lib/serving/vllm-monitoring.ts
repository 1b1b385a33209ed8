import { Construct } from 'constructs';
import {
  PodMonitoring, PodMonitoringSpecEndpointsMetricRelabelingAction, PodMonitoringSpecEndpointsPort,
  PodMonitoringSpecTargetLabelsMetadata as PodLabel, Rules,
} from '../../imports/monitoring.googleapis.com';
import { VllmRelease } from '../catalog';
import { selectorLabels } from './labels';
import { requireNamespace } from '../pods/namespace';
import { VllmServer } from './vllm-server';
import { Refusal } from '../common/refusal';

/** What autoscalers, alerts and dashboards read; every other series would only cost. */
const SCRAPED = [
  'vllm:num_requests_running', 'vllm:num_requests_waiting', 'vllm:kv_cache_usage_perc', 'vllm:num_preemptions_total',
  'vllm:prefix_cache_queries_total', 'vllm:prefix_cache_hits_total', 'vllm:prompt_tokens_total', 'vllm:generation_tokens_total',
  'vllm:request_success_total', 'vllm:time_to_first_token_seconds', 'vllm:inter_token_latency_seconds', 'vllm:e2e_request_latency_seconds',
  'vllm:request_queue_time_seconds', 'vllm:request_prompt_tokens', 'vllm:request_generation_tokens', 'vllm:cache_config_info',
];

const AN_HOUR = 3600;

/** Props of `VllmMonitoring`. */
export interface VllmMonitoringProps {
  /** The server that is watched. */
  readonly server: VllmServer;
  /**
   * Seconds until the first token that one request in twenty may exceed, above 0 and at most an hour.
   * @default 5
   */
  readonly timeToFirstTokenSeconds?: number;
}

/**
 * Scrapes a server into Managed Service for Prometheus and watches it by rules.
 *
 * @throws when the release does not export a metric that is read here
 * @see https://cloud.google.com/stackdriver/docs/managed-prometheus/setup-managed
 */
export class VllmMonitoring extends Construct {
  /** Names of the metrics that are scraped, as the release exports them. */
  readonly metrics: readonly string[];

  constructor(scope: Construct, id: string, props: VllmMonitoringProps) {
    super(scope, id);
    const { server, timeToFirstTokenSeconds = 5 } = props;
    this.metrics = SCRAPED;
    if (typeof timeToFirstTokenSeconds !== 'number' || !(timeToFirstTokenSeconds > 0 && timeToFirstTokenSeconds <= AN_HOUR)) {
      throw new Refusal(`VllmMonitoring '${id}': 'timeToFirstTokenSeconds' (${timeToFirstTokenSeconds}) must be a number above 0 and at most ${AN_HOUR}`);
    }
    requireNamespace(this, server.identity.namespace);
    const metadata = { name: server.name, labels: { ...server.labels } };
    new PodMonitoring(this, 'Resource', {
      metadata,
      spec: {
        selector: { matchLabels: selectorLabels(server.name) },
        endpoints: [{
          port: PodMonitoringSpecEndpointsPort.fromString('http'),
          path: '/metrics',
          interval: '15s',
          timeout: '10s',
          metricRelabeling: [{
            action: PodMonitoringSpecEndpointsMetricRelabelingAction.KEEP,
            sourceLabels: ['__name__'],
            regex: SCRAPED.map(name => exposedPattern(server.release, name)).join('|'),
          }],
        }],
        targetLabels: {
          metadata: [PodLabel.POD, PodLabel.CONTAINER, PodLabel.NODE],
        },
      },
    });
    new Rules(this, 'Alerts', {
      metadata,
      spec: { groups: [{ name: server.name, interval: '30s', rules: alerts(server, timeToFirstTokenSeconds) }] },
    });
  }
}

function exposedPattern(release: VllmRelease, name: string): string {
  return release.metric(name).type === 'histogram' ? `${name}_(bucket|sum|count)` : name;
}

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { [name: string]: string };
  readonly annotations: { [name: string]: string };
}

function alerts(server: VllmServer, timeToFirstTokenSeconds: number): Alert[] {
  const series = (name: string, suffix = '') => {
    server.release.metric(name);
    return `${name}${suffix}{model_name="${server.servedModelName}"}`;
  };
  const alert = (name: string, severity: string, minutes: number, expr: string, summary: string): Alert => ({
    alert: name, expr, for: `${minutes}m`, labels: { severity, server: server.name }, annotations: { summary: `${server.name}: ${summary}` },
  });
  const startMinutes = Math.ceil(server.plan.startup.readySeconds / 60);
  return [
    alert('VllmNoServer', 'critical', 5 + startMinutes, `absent(${series('vllm:num_requests_running')})`, 'no server reports metrics'),
    // A queue that outlives the start of one more server is one that scaling does not empty.
    alert('VllmQueue', 'warning', 5 + startMinutes, `sum(${series('vllm:num_requests_waiting')}) > 0`, 'requests wait although there was time to scale'),
    alert('VllmKvCacheFull', 'warning', 10, `max(${series('vllm:kv_cache_usage_perc')}) > 0.95`, 'the KV cache is full: requests are preempted or wait'),
    alert('VllmPreemptions', 'warning', 10, `sum(rate(${series('vllm:num_preemptions_total')}[5m])) > 0`,
      'requests are preempted and computed twice: lower max-num-seqs or max-model-len'),
    alert('VllmSlowFirstToken', 'warning', 10,
      `histogram_quantile(0.95, sum by (le) (rate(${series('vllm:time_to_first_token_seconds', '_bucket')}[5m]))) > ${timeToFirstTokenSeconds}`,
      `one request in twenty waits more than ${timeToFirstTokenSeconds} s for its first token`),
    alert('VllmBrokenAnswers', 'warning', 5,
      `sum(rate(vllm:request_success_total{model_name="${server.servedModelName}",finished_reason=~"abort|error"}[5m]))`
      + ` / sum(rate(${series('vllm:request_success_total')}[5m])) > 0.05`,
      'more than 5 % of answers end as abort or error'),
  ];
}
