import { Construct } from 'constructs';
import {
  PodMonitoring, PodMonitoringSpecEndpointsMetricRelabelingAction, PodMonitoringSpecEndpointsPort,
  PodMonitoringSpecTargetLabelsMetadata as PodLabel, Rules, RulesSpecGroupsRules,
} from '../../imports/monitoring.googleapis.com';
import { selectorLabels } from './labels';
import { EVALUATION_INTERVAL, SCRAPE, WatchedServer } from './watched-server';

/** Managed Service for Prometheus: the name of the PodMonitoring becomes the label `job`, and the server's policy admits the collectors. */
export function watchByGoogle(scope: Construct, { server, pattern, rules }: WatchedServer): void {
  const metadata = { name: server.name, labels: { ...server.labels } };
  new PodMonitoring(scope, 'Resource', {
    metadata,
    spec: {
      selector: { matchLabels: selectorLabels(server.name) },
      endpoints: [{
        ...SCRAPE,
        port: PodMonitoringSpecEndpointsPort.fromString(SCRAPE.port),
        metricRelabeling: [{
          action: PodMonitoringSpecEndpointsMetricRelabelingAction.KEEP, sourceLabels: ['__name__'], regex: pattern,
        }],
      }],
      targetLabels: {
        metadata: [PodLabel.POD, PodLabel.CONTAINER, PodLabel.NODE],
      },
    },
  });
  const groups = [{ name: server.name, interval: EVALUATION_INTERVAL, rules: rules as RulesSpecGroupsRules[] }];
  new Rules(scope, 'Alerts', { metadata, spec: { groups } });
}
