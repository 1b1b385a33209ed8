import { ServingAlerts } from '../../lib/gke';
import { VllmRelease } from '../../lib/catalog';
import { synthesized } from './synthesized';

const made = synthesized((stack, project) => new ServingAlerts(stack, 'alerts', { project }));

test('mail goes to each address of a variable, of which there is none by default', () => {
  expect(made.json.variable.alert_emails).toMatchObject({ type: 'set(string)', default: [], nullable: false });
  expect(made.one('google_monitoring_notification_channel')).toMatchObject({
    for_each: '${toset(var.alert_emails)}', type: 'email', labels: { email_address: '${each.value}' },
  });
});

test('all policies tell all channels, and can be made before a server has run', () => {
  const policies = made.all('google_monitoring_alert_policy');
  expect(policies.map(({ display_name: name, severity }) => [name, severity])).toEqual([
    ['vLLM: requests wait', 'WARNING'], ['vLLM: KV cache full', 'WARNING'], ['vLLM: broken answers', 'CRITICAL'],
  ]);
  for (const { notification_channels: channels, conditions, documentation } of policies) {
    expect(made.reference(channels)).toBe('${[ for key, val in google_monitoring_notification_channel.alerts_Mail: val.id]}');
    expect(conditions).toMatchObject([{ condition_prometheus_query_language: { evaluation_interval: '60s', disable_metric_validation: true } }]);
    expect(documentation.content).toMatch(/\.$/);
  }
});

test('what they ask for is exported by the release', () => {
  const queries = made.all('google_monitoring_alert_policy').map(({ conditions: [condition] }) => condition.condition_prometheus_query_language.query);
  const metrics = queries.flatMap(query => query.match(/vllm:\w+/g) as string[]);
  expect(new Set(metrics)).toEqual(new Set(['vllm:num_requests_waiting', 'vllm:kv_cache_usage_perc', 'vllm:request_success_total']));
  metrics.forEach(metric => expect(() => VllmRelease.DEFAULT.metric(metric)).not.toThrow());
});
