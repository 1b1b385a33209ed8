import { Testing } from 'cdk8s';
import { namespaceOf, requireNamespace } from '../../lib/pods/namespace';
import { refusalOf, unit } from '../serving/rendered';

test('is the chart\'s, else default', () => {
  expect([namespaceOf(unit('models')), namespaceOf(Testing.chart())]).toEqual(['models', 'default']);
});

test('what belongs to a server must be where it is', () => {
  expect(() => requireNamespace(unit('models'), 'models')).not.toThrow();
  expect(refusalOf(() => requireNamespace(unit('models'), 'vllm'))).toBe(
    '\'server\' is in namespace models, its server in vllm; make both in one namespace');
});
