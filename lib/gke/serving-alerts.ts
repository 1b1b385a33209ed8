import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel';
import { Token, TerraformIterator, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { VllmRelease } from '../catalog';
import { Project } from './project';

/** Props of `ServingAlerts`. */
export interface ServingAlertsProps {
  /** Project whose metrics are watched. */
  readonly project: Project;
  /**
   * Release whose metrics are watched.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
}

interface Policy {
  readonly name: string;
  readonly severity: 'CRITICAL' | 'WARNING';
  readonly seconds: number;
  readonly query: string;
  readonly advice: string;
}

/**
 * What a person is told of: the alerts of each cell's own rules are evaluated in the cluster, these where also the cluster's end is seen.
 * Mail goes to the addresses of the variable `alert_emails`.
 */
export class ServingAlerts extends Construct {
  constructor(scope: Construct, id: string, props: ServingAlertsProps) {
    super(scope, id);
    const { project } = props;
    const release = props.release ?? VllmRelease.DEFAULT;
    const emails = new TerraformVariable(this, 'alert_emails', {
      type: 'set(string)', default: [], nullable: false, description: 'Mail addresses that alerts go to; none: they are seen in the console only',
      validation: [{
        condition: '${alltrue([for email in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", email))])}',
        errorMessage: 'Each of alert_emails must be a mail address.',
      }],
    });
    emails.overrideLogicalId('alert_emails');
    const dependsOn = project.apis('monitoring');
    const each = TerraformIterator.fromList(emails.listValue);
    const channels = new MonitoringNotificationChannel(this, 'Mail', {
      forEach: each, project: project.id, displayName: `vLLM alerts: ${each.value}`, type: 'email', labels: { email_address: each.value as string },
      dependsOn,
    });
    const notificationChannels = Token.asList(TerraformIterator.fromResources(channels).pluckProperty('id'));
    for (const { name, severity, seconds, query, advice } of policies(release)) {
      new MonitoringAlertPolicy(this, name, {
        project: project.id, displayName: `vLLM: ${name}`, combiner: 'OR', severity, notificationChannels,
        conditions: [{
          displayName: name,
          // The metrics are there once a server has run; the policy is made before.
          conditionPrometheusQueryLanguage: { query, duration: `${seconds}s`, evaluationInterval: '60s', disableMetricValidation: true },
        }],
        documentation: { content: advice, mimeType: 'text/markdown' },
        alertStrategy: { autoClose: '86400s' },
        dependsOn,
      });
    }
  }
}

function policies(release: VllmRelease): Policy[] {
  const series = (name: string) => release.metric(name) && name;
  return [
    {
      name: 'requests wait', severity: 'WARNING', seconds: 900, query: `sum by (model_name) (${series('vllm:num_requests_waiting')}) > 0`,
      advice: 'Requests have waited for 15 minutes although there was time to scale: raise maxReplicas, or see why nodes are not added.',
    },
    {
      name: 'KV cache full', severity: 'WARNING', seconds: 600, query: `max by (model_name) (${series('vllm:kv_cache_usage_perc')}) > 0.95`,
      advice: 'The KV cache is full: requests are preempted or wait. Lower maxNumSeqs or maxModelLen, or add servers.',
    },
    {
      name: 'broken answers', severity: 'CRITICAL', seconds: 300,
      query: `sum by (model_name) (rate(${series('vllm:request_success_total')}{finished_reason=~"abort|error"}[5m]))`
        + ` / sum by (model_name) (rate(${series('vllm:request_success_total')}[5m])) > 0.05`,
      advice: 'More than 5 % of the answers end as abort or error: read the log of the servers.',
    },
  ];
}
