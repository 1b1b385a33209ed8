import { Construct } from 'constructs';
import {
  ClusterPodMonitoring, ClusterPodMonitoringSpecEndpointsMetricRelabelingAction, ClusterPodMonitoringSpecEndpointsPort,
} from '../../imports/monitoring.googleapis.com';
import { GPU_UTILIZATION } from '../serving/signals';

/**
 * Scrape of the GPU utilisation that the DCGM exporter of GKE measures, under a name that an autoscaler can ask for: it knows lower case
 * only. One a cluster.
 *
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/dcgm-metrics
 */
export class GpuMonitoring extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new ClusterPodMonitoring(this, 'Resource', {
      metadata: { name: 'gpu-utilization' },
      spec: {
        selector: { matchLabels: { 'app.kubernetes.io/name': 'gke-managed-dcgm-exporter' } },
        endpoints: [{
          port: ClusterPodMonitoringSpecEndpointsPort.fromString('metrics'),
          interval: '15s',
          metricRelabeling: [
            { action: ClusterPodMonitoringSpecEndpointsMetricRelabelingAction.KEEP, sourceLabels: ['__name__'], regex: GPU_UTILIZATION.exported },
            {
              action: ClusterPodMonitoringSpecEndpointsMetricRelabelingAction.REPLACE, sourceLabels: ['__name__'], regex: GPU_UTILIZATION.exported,
              targetLabel: '__name__', replacement: GPU_UTILIZATION.scraped,
            },
          ],
        }],
        // The exporter names the namespace and pod that use the GPU; labels of its own pod would push these aside.
        targetLabels: { metadata: [] },
      },
    });
  }
}
