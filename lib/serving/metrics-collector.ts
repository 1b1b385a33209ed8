import { Construct } from 'constructs';
import { DnsName } from '../common/dns-name';
import { requireProps } from '../common/props';
import { Refusal } from '../common/refusal';
import { watchByGoogle } from './google-collector';
import { PrometheusOperatorProps, watchByOperator } from './operator-collector';
import { WatchedServer } from './watched-server';

/** Who scrapes servers and evaluates their rules. */
export class MetricsCollector {
  /**
   * Managed Service for Prometheus, by PodMonitoring and Rules.
   *
   * @see https://cloud.google.com/stackdriver/docs/managed-prometheus/setup-managed
   */
  static readonly GOOGLE = new MetricsCollector(watchByGoogle, { seesAllNamespaces: false });

  /**
   * A Prometheus of the Prometheus Operator, by ServiceMonitor and PrometheusRule, with a network policy that lets it in.
   *
   * @throws on what is no name of a namespace
   * @see https://prometheus-operator.dev/docs/api-reference/api/
   */
  static prometheusOperator(props: PrometheusOperatorProps = {}): MetricsCollector {
    const { prometheusNamespace } = requireProps('PrometheusOperatorProps', props, 'MetricsCollector.prometheusOperator');
    if (prometheusNamespace !== undefined && !DnsName.LABEL.accepts(prometheusNamespace)) {
      throw new Refusal(`MetricsCollector.prometheusOperator: 'prometheusNamespace' ${DnsName.LABEL.explain(prometheusNamespace)}`);
    }
    return new MetricsCollector((scope, watched) => watchByOperator(scope, watched, props), { seesAllNamespaces: true });
  }

  /** @internal Makes in the scope what lets it scrape a server and evaluate its rules. */
  readonly watch: (scope: Construct, watched: WatchedServer) => void;
  /** @internal Whether its rules read the series of all namespaces; Google's read those of their own. */
  readonly seesAllNamespaces: boolean;

  private constructor(watch: MetricsCollector['watch'], { seesAllNamespaces }: Pick<MetricsCollector, 'seesAllNamespaces'>) {
    this.watch = watch;
    this.seesAllNamespaces = seesAllNamespaces;
  }
}
