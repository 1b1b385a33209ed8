import { PriorityClass, PriorityClassProps } from '../../lib';
import { objectOf, refusalOf, unit } from '../serving/rendered';

function rendered(props: Required<PriorityClassProps>) {
  const scope = unit('vllm', 'cluster');
  new PriorityClass(scope, 'priority', props);
  return objectOf(scope, 'PriorityClass');
}

test('all the props', () => {
  expect(rendered({ name: 'high', value: 1000, description: 'Before others.' })).toMatchObject({
    metadata: { name: 'high' }, value: 1000, description: 'Before others.', preemptionPolicy: 'PreemptLowerPriority',
  });
});

test('is nobody\'s default', () => {
  expect(rendered({ name: 'high', value: 1000, description: '' }).globalDefault ?? false).toBe(false);
});

test('leaves the system\'s priorities to the system', () => {
  expect(rendered({ name: 'high', value: 1e9, description: '' }).value).toBe(1e9);
  expect(refusalOf(() => rendered({ name: 'high', value: 1e9 + 1, description: '' }))).toBe(
    'PriorityClass \'priority\': \'value\' (1000000001) must be a whole number from -2147483648 to 1000000000');
});
