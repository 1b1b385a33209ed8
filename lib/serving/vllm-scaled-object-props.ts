import { VllmHpaProps } from './vllm-hpa-props';

/** Props of `VllmScaledObject`: those of an autoscaler, and where the metrics are read. */
export interface VllmScaledObjectProps extends VllmHpaProps {
  /**
   * Google Cloud project whose Managed Service for Prometheus is asked, as KEDA's own account.
   * @default - none: it is `serverAddress`
   * @see https://cloud.google.com/stackdriver/docs/managed-prometheus/hpa
   */
  readonly projectId?: string;
  /**
   * Address of a Prometheus of your own, for example `http://prometheus.monitoring:9090`. The `job` of the server's series has to be the
   * server's name, as that of a ServiceMonitor of its Service is.
   * @default - none: it is `projectId`
   */
  readonly serverAddress?: string;
  /**
   * Name of the cluster, where several of the project have a server of this name in a namespace of this name.
   * @default - the series of all clusters are added up
   */
  readonly clusterName?: string;
}
