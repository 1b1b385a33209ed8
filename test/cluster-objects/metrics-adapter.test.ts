import { MetricsAdapter } from '../../lib';
import { emptyLeaves, objectsOf, Rendered, unit } from '../serving/rendered';

const scope = unit('vllm', 'cluster');
const adapter = new MetricsAdapter(scope, 'metrics-adapter');
const objects = objectsOf(scope);

function ofKind(kind: string): Rendered[] {
  return objects.filter(object => object.kind === kind);
}

test('defaults', () => {
  expect(objects).toMatchSnapshot();
  expect(emptyLeaves(objects)).toEqual([]);
});

test('serves the metrics of autoscalers, under every API that they ask', () => {
  const [service] = ofKind('Service');
  expect(ofKind('APIService').map(({ spec }) => `${spec.version}.${spec.group}`)).toEqual([
    'v1beta1.custom.metrics.k8s.io', 'v1beta2.custom.metrics.k8s.io', 'v1beta1.external.metrics.k8s.io',
  ]);
  for (const { metadata, spec } of ofKind('APIService')) {
    expect(metadata.name).toBe(`${spec.version}.${spec.group}`);
    expect(spec.service).toEqual({ name: service.metadata.name, namespace: service.metadata.namespace });
  }
});

test('every role that is bound is Kubernetes\' own or made here, for an account that exists', () => {
  const made = [...ofKind('ClusterRole'), ...ofKind('Role')].map(({ metadata }) => metadata.name);
  const own = ['system:auth-delegator', 'extension-apiserver-authentication-reader'];
  const bindings = [...ofKind('ClusterRoleBinding'), ...ofKind('RoleBinding')];
  expect(bindings.filter(({ roleRef }) => ![...made, ...own].includes(roleRef.name))).toEqual([]);
  expect(made.filter(name => !bindings.some(({ roleRef }) => roleRef.name === name))).toEqual([]);
  const accounts = [...ofKind('ServiceAccount').map(({ metadata }) => metadata.name), 'horizontal-pod-autoscaler'];
  const subjects = bindings.flatMap(binding => binding.subjects.map(({ name }: { name: string }) => name));
  expect(subjects.filter((name: string) => !accounts.includes(name))).toEqual([]);
});

test('may read, and nothing else', () => {
  const verbs = [...ofKind('ClusterRole'), ...ofKind('Role')].flatMap(({ rules }) => rules.flatMap((rule: { verbs: string[] }) => rule.verbs));
  expect([...new Set(verbs)].sort()).toEqual(['get', 'list', 'watch']);
});

test('runs as the identity that it names, in its own namespace', () => {
  const [deployment] = ofKind('Deployment');
  expect(deployment.spec.template.spec.serviceAccountName).toBe(adapter.identity.serviceAccountName);
  expect(deployment.metadata.namespace).toBe(adapter.identity.namespace);
  const names = ofKind('Namespace').map(({ metadata }) => metadata.name);
  expect(objects.map(({ metadata }) => metadata.namespace).filter(name => name !== undefined && !['vllm', 'kube-system', ...names].includes(name))).toEqual([]);
});

test('the Service, the budget and the policy select its pods', () => {
  const { labels } = ofKind('Deployment')[0].spec.template.metadata;
  const selectors = [
    ofKind('Service')[0].spec.selector, ofKind('PodDisruptionBudget')[0].spec.selector.matchLabels,
    ofKind('NetworkPolicy')[0].spec.podSelector.matchLabels, ofKind('Deployment')[0].spec.selector.matchLabels,
  ];
  selectors.forEach(selector => expect(labels).toMatchObject(selector));
});
