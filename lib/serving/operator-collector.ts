import { Construct } from 'constructs';
import {
  PrometheusRule, PrometheusRuleSpecGroupsRulesExpr, ServiceMonitor, ServiceMonitorSpecEndpointsMetricRelabelingsAction,
} from '../../imports/monitoring.coreos.com';
import { inNamespace, tcp } from '../pods';
import { k8s } from '../pods/k8s';
import { selectorLabels } from './labels';
import { SERVER_PORT } from './server-arguments';
import { EVALUATION_INTERVAL, SCRAPE, WatchedServer } from './watched-server';

/** Pods that the Operator makes of a Prometheus. https://prometheus-operator.dev/docs/platform/operator/ */
const PROMETHEUS_PODS = { 'app.kubernetes.io/name': 'prometheus' };

/** Which Prometheus of the Prometheus Operator collects. */
export interface PrometheusOperatorProps {
  /**
   * Namespace in which Prometheus runs; the network policy lets its pods in.
   * @default monitoring
   */
  readonly prometheusNamespace?: string;
  /**
   * Labels by which that Prometheus selects its ServiceMonitors and PrometheusRules. The chart kube-prometheus-stack selects by
   * `release`, with the name that it was installed by.
   * @default - none
   * @see https://prometheus-operator.dev/docs/developer/getting-started/
   */
  readonly labels?: { readonly [label: string]: string };
}

/** The Prometheus Operator: the name of the Service becomes the label `job`, since no `jobLabel` names another one. */
export function watchByOperator(scope: Construct, { server, pattern, rules }: WatchedServer, props: PrometheusOperatorProps): void {
  const { prometheusNamespace = 'monitoring', labels } = props;
  const matchLabels = selectorLabels(server.name);
  const prometheus = { ...inNamespace(prometheusNamespace), podSelector: { matchLabels: PROMETHEUS_PODS } };
  const metadata = { name: server.name, labels: { ...server.labels, ...labels } };
  new ServiceMonitor(scope, 'Resource', {
    metadata,
    spec: {
      selector: { matchLabels },
      endpoints: [{
        port: SCRAPE.port, path: SCRAPE.path, interval: SCRAPE.interval, scrapeTimeout: SCRAPE.timeout,
        metricRelabelings: [{
          action: ServiceMonitorSpecEndpointsMetricRelabelingsAction.KEEP, sourceLabels: ['__name__'], regex: pattern,
        }],
      }],
    },
  });
  const withExpressions = rules.map(rule => ({ ...rule, expr: PrometheusRuleSpecGroupsRulesExpr.fromString(rule.expr) }));
  const groups = [{ name: server.name, interval: EVALUATION_INTERVAL, rules: withExpressions }];
  new PrometheusRule(scope, 'Alerts', { metadata, spec: { groups } });
  new k8s.KubeNetworkPolicy(scope, 'NetworkPolicy', {
    metadata: { name: `${server.name}-prometheus`, labels: { ...server.labels } },
    spec: {
      podSelector: { matchLabels },
      policyTypes: ['Ingress'],
      ingress: [{ from: [prometheus], ports: [tcp(SERVER_PORT)] }],
    },
  });
}
