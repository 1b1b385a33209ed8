import { Token } from 'cdktf';
import { Cidr } from '../../lib/common/cidr';
import {
  requireBucketName, requireCidr, requireCount, requireDisjoint, requireForm, requireName, requireOneOf, requireRegion, requireZones,
} from '../../lib/gke/checks';

const LATER = Token.asString({ resolve: () => 'known to Terraform only' });
const LATER_NUMBER = Token.asNumber({ resolve: () => 'known to Terraform only' });
const LATER_LIST = Token.asList({ resolve: () => 'known to Terraform only' });

test.each<[string, () => unknown, unknown]>([
  ['form', () => requireForm('a', LATER, /^x$/, 'is no x'), LATER],
  ['name', () => requireName('a', LATER, 3), LATER],
  ['choice', () => requireOneOf('a', LATER, ['x']), LATER],
  ['bucket', () => requireBucketName('a', LATER), LATER],
  ['region', () => requireRegion('a', LATER), LATER],
  ['number', () => requireCount('a', LATER_NUMBER, 1, 2), LATER_NUMBER],
  ['zone', () => requireZones('a', [LATER], 'us-central1'), [LATER]],
  ['zones', () => requireZones('a', LATER_LIST, 'us-central1'), LATER_LIST],
  ['zones of a region', () => requireZones('a', ['europe-west4-a'], LATER), ['europe-west4-a']],
  ['range', () => requireCidr('a', LATER, 16, 20).text, LATER],
])('a %s that only Terraform will know passes untouched', (_, check, value) => {
  expect(check()).toEqual(value);
});

test('a range that only Terraform will know overlaps none', () => {
  const ranges = [requireCidr('a', LATER), requireCidr('b', '0.0.0.0/0'), requireCidr('c', LATER)];
  expect(() => requireDisjoint(ranges)).not.toThrow();
  expect(() => requireDisjoint([...ranges, Cidr.of('d', '10.0.0.0/8')])).toThrow('\'b\' (0.0.0.0/0) and \'d\' (10.0.0.0/8) overlap');
});

test('zones are sorted, so that their order makes no difference', () => {
  expect(requireZones('a', ['us-central1-c', 'us-central1-a'], 'us-central1')).toEqual(['us-central1-a', 'us-central1-c']);
});

test.each(['a', 'a-b', 'a1', 'vllm-models', 'a'.repeat(63)])('%s is a name', (name) => {
  expect(requireName('name', name)).toBe(name);
});
