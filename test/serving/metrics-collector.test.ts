import { MetricsCollector, PrometheusOperatorProps, VllmMonitoring } from '../../lib';
import { objectOf, objectsOf, refusalOf, server, unit } from './rendered';

function monitored(collector?: MetricsCollector) {
  const scope = unit();
  const made = server(scope);
  new VllmMonitoring(scope, 'monitoring', { server: made, collector });
  return { scope, server: made };
}

const operator = (props?: PrometheusOperatorProps) => monitored(MetricsCollector.prometheusOperator(props));
const kindsOf = (collector?: MetricsCollector) => objectsOf(monitored(collector).scope).map(({ kind }) => kind);
const GOOGLE = ['PodMonitoring', 'Rules'];
const OPERATOR = ['ServiceMonitor', 'PrometheusRule'];

test('Google\'s collectors are the default, and each collector gets its own kinds alone', () => {
  expect(kindsOf()).toEqual(kindsOf(MetricsCollector.GOOGLE));
  expect(kindsOf().filter(kind => [...GOOGLE, ...OPERATOR].includes(kind))).toEqual(GOOGLE);
  expect(kindsOf(MetricsCollector.prometheusOperator()).filter(kind => [...GOOGLE, ...OPERATOR].includes(kind))).toEqual(OPERATOR);
});

test('defaults of the Operator', () => {
  const { scope, server: { name } } = operator();
  expect(objectsOf(scope).filter(({ kind, metadata }) => OPERATOR.includes(kind) || metadata.name === `${name}-prometheus`)).toMatchSnapshot();
});

test('both scrape the same series as often, and watch by the same rules, of which those of the Operator name their namespace', () => {
  const google = monitored().scope;
  const { scope } = operator();
  const [pods] = objectOf(google, 'PodMonitoring').spec.endpoints;
  const [services] = objectOf(scope, 'ServiceMonitor').spec.endpoints;
  expect(services).toEqual({
    port: pods.port, path: pods.path, interval: pods.interval, scrapeTimeout: pods.timeout, metricRelabelings: pods.metricRelabeling,
  });
  const [here, everywhere] = [objectOf(google, 'Rules'), objectOf(scope, 'PrometheusRule')].map(({ spec }) => JSON.stringify(spec));
  expect(everywhere).not.toBe(here);
  expect(everywhere.replaceAll(',namespace=\\"vllm\\"', '')).toBe(here);
});

test('the label job is the server\'s name: the Service of that name is selected, and no other label takes its place', () => {
  const { scope, server: { name } } = operator();
  const { selector, jobLabel } = objectOf(scope, 'ServiceMonitor').spec;
  const services = objectsOf(scope).filter(({ kind }) => kind === 'Service');
  expect(services.map(({ metadata }) => metadata.name)).toEqual([name]);
  expect(services[0].metadata.labels).toMatchObject(selector.matchLabels);
  expect(services[0].spec.ports[0].name).toBe(objectOf(scope, 'ServiceMonitor').spec.endpoints[0].port);
  expect(jobLabel).toBeUndefined();
});

test('all the props: the labels that Prometheus selects by, and the namespace that is let in to the server\'s pods alone', () => {
  const props: Required<PrometheusOperatorProps> = { prometheusNamespace: 'observability', labels: { release: 'prometheus' } };
  const { scope, server: { name, deployment } } = operator(props);
  for (const kind of OPERATOR) {
    expect(objectOf(scope, kind).metadata.labels).toMatchObject({ ...props.labels, 'app.kubernetes.io/instance': name });
  }
  const policy = objectsOf(scope).find(({ metadata }) => metadata.name === `${name}-prometheus`)!;
  expect(policy.spec.ingress).toEqual([{
    from: [{
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'observability' } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
    }],
    ports: [{ port: 8000, protocol: 'TCP' }],
  }]);
  expect(deployment.toJson().spec.selector).toEqual(policy.spec.podSelector);
});

test.each<[PrometheusOperatorProps, string]>([
  [{ prometheusNamespace: 'Monitoring' }, 'MetricsCollector.prometheusOperator: \'prometheusNamespace\' "Monitoring" is no DNS label'],
  [{ prometheusNamespace: 7 as never }, 'MetricsCollector.prometheusOperator: \'prometheusNamespace\' (7) has to be a string'],
  [{ namespace: 'monitoring' } as never, 'MetricsCollector.prometheusOperator: there is no prop \'namespace\''],
])('%p is refused', (props, message) => {
  expect(refusalOf(() => MetricsCollector.prometheusOperator(props))).toContain(message);
});

test('what is no collector is refused, with those that there are', () => {
  expect(refusalOf(() => monitored('google' as never))).toContain('\'collector\' ("google") has to be a MetricsCollector; take MetricsCollector.GOOGLE');
});
