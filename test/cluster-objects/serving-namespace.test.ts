import { KustomizeUnit, ServingNamespace, ServingNamespaceProps } from '../../lib';
import { emptyLeaves, objectOf, objectsOf, unit } from '../serving/rendered';

function made(props: Required<ServingNamespaceProps> = { name: 'models' }): KustomizeUnit {
  const scope = unit('vllm', 'cluster');
  new ServingNamespace(scope, 'namespace', props);
  return scope;
}

test('all the props', () => {
  const objects = objectsOf(made());
  expect(objects).toMatchSnapshot();
  expect(emptyLeaves(objects)).toEqual([]);
});

test('Pod Security "restricted" in every mode', () => {
  const { labels } = objectOf(made(), 'Namespace').metadata;
  for (const mode of ['enforce', 'warn', 'audit']) {
    expect(labels).toHaveProperty([`pod-security.kubernetes.io/${mode}`], 'restricted');
  }
});

test('everything else is in the namespace that it makes', () => {
  const others = objectsOf(made()).filter(({ kind }) => kind !== 'Namespace');
  expect(others.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
    ['NetworkPolicy', 'models'], ['ResourceQuota', 'models'], ['LimitRange', 'models'],
  ]);
});

test('no traffic in either direction, for all pods', () => {
  const { podSelector, policyTypes, ingress, egress } = objectOf(made(), 'NetworkPolicy').spec;
  expect({ podSelector, policyTypes }).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  expect([ingress ?? [], egress ?? []]).toEqual([[], []]);
});

test('no Service that is open to the outside', () => {
  const { hard } = objectOf(made(), 'ResourceQuota').spec;
  expect(Object.entries(hard).map(([name, amount]) => [name, Number(amount)])).toEqual([['services.loadbalancers', 0], ['services.nodeports', 0]]);
});
