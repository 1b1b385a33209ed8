import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel';
import { Token, TerraformIterator, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { refusing } from '../common/refusal';
import { VllmRelease } from '../catalog';
import { alarmExpression, Scope, signals } from '../serving/signals';
import { Project } from './project';
import { requirePropsOf } from '../common/props';

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

/**
 * What a person is told of: the alerts of each cell's own rules are evaluated in the cluster, these where also the cluster's end is seen.
 * Mail goes to the addresses of the variable `alert_emails`.
 */
export class ServingAlerts extends Construct {
  constructor(scope: Construct, id: string, props: ServingAlertsProps) {
    super(scope, id);
    requirePropsOf(this, 'ServingAlertsProps', props);
    const { project } = props;
    const made = refusing(this, () => policies(props.release ?? VllmRelease.DEFAULT));
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
    for (const { name, severity, seconds, query, advice } of made) {
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

interface Policy {
  readonly name: string;
  readonly severity: string;
  readonly seconds: number;
  readonly query: string;
  readonly advice: string;
}

/** @throws on a metric that the release does not export */
function policies(release: VllmRelease): Policy[] {
  return signals().flatMap((signal) => {
    const { metrics, alarm } = signal;
    if (alarm?.policy === undefined) {
      return [];
    }
    metrics.forEach(name => release.metric(name));
    const { name, advice, seconds = alarm.seconds, severity = alarm.severity } = alarm.policy;
    return [{ name, advice, seconds, severity: severity.toUpperCase(), query: alarmExpression(signal, Scope.ALL) }];
  });
}
