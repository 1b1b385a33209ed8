import { MetricsAdapter, MetricsAdapterProps, PodVolume } from '../../lib';
import { emptyLeaves, objectOf, objectsOf, refusalOf, Rendered, unit } from '../serving/rendered';

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

test('all the props', () => {
  const props: Required<MetricsAdapterProps> = {
    nodeSelector: { 'example.com/pool': 'services' },
    tolerations: [{ key: 'example.com/dedicated', operator: 'Equal', value: 'platform', effect: 'NoSchedule' }],
    imagePullSecrets: ['registry'], podLabels: { 'cost-center': 'platform' }, podAnnotations: { 'example.com/on-call': 'platform' },
    volumes: [PodVolume.configMap({ name: 'own', mountPath: '/etc/own', configMapName: 'own' })], serviceAccountName: 'metrics', secretEnv: { PROXY: { secretName: 'proxy', key: 'address' } },
    image: 'registry.example.com/adapter@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  };
  const own = unit('vllm', 'own');
  const { identity } = new MetricsAdapter(own, 'metrics-adapter', props);
  const { metadata, spec } = objectOf(own, 'Deployment').spec.template;
  expect(metadata).toMatchObject({ labels: props.podLabels, annotations: props.podAnnotations });
  expect(spec).toMatchObject({
    nodeSelector: props.nodeSelector, tolerations: props.tolerations, imagePullSecrets: [{ name: 'registry' }], serviceAccountName: 'metrics',
    containers: [{ image: props.image, volumeMounts: expect.arrayContaining([expect.objectContaining({ name: 'own' })]), env: [{ name: 'PROXY', valueFrom: { secretKeyRef: { name: 'proxy', key: 'address' } } }] }],
  });
  const accounts = objectsOf(own).flatMap(({ subjects = [] }) => subjects as { name: string; namespace: string }[])
    .filter(({ namespace }) => namespace === identity.namespace).map(({ name }) => name);
  expect([...new Set(accounts)]).toEqual(['metrics']);
  expect(objectsOf(own).filter(({ kind }) => kind === 'ServiceAccount')).toEqual([]);
  expect([identity.serviceAccountName, identity.existing]).toEqual(['metrics', true]);
});

test.each<[string, MetricsAdapterProps]>([
  ['a label that it goes by', { podLabels: { 'app.kubernetes.io/name': 'mine' } }],
  ['the account of everybody', { serviceAccountName: 'default' }],
  ['a prop that there is not', { imagePullSecret: 'registry' } as MetricsAdapterProps],
])('refuses %s', (_, props) => {
  expect(refusalOf(() => new MetricsAdapter(unit('vllm', 'own'), 'metrics-adapter', props))).toMatchSnapshot();
});
