import { Cidr } from '../../lib/common/cidr';

test.each([
  ['10.0.0.0/24', '10.0.1.0/24', false], ['10.0.0.0/23', '10.0.1.0/24', true], ['10.0.1.0/24', '10.0.0.0/8', true],
  ['0.0.0.0/1', '128.0.0.0/1', false], ['255.255.255.255/32', '255.255.255.254/32', false], ['255.255.255.255/32', '255.255.255.254/31', true],
])('%s and %s overlap: %s', (one, other, overlap) => {
  expect(Cidr.of('a', one).overlaps(Cidr.of('b', other))).toBe(overlap);
  expect(Cidr.of('b', other).overlaps(Cidr.of('a', one))).toBe(overlap);
});

test.each([
  ['10.9.0.0', '\'a\' (10.9.0.0) is no range of addresses; for example 10.0.0.0/20'],
  ['10.999.0.0/23', '\'a\' (10.999.0.0/23) is no range of addresses; for example 10.0.0.0/20'],
  ['10.9.1.0/23', '\'a\' (10.9.1.0/23) starts inside its range; the range is 10.9.0.0/23'],
  ['10.9.0.0/27', '\'a\' (10.9.0.0/27) must be between /9 and /26'],
  ['8.0.0.0/8', '\'a\' (8.0.0.0/8) must be between /9 and /26'],
])('%s is refused', (text, message) => {
  expect(() => Cidr.of('a', text).within(9, 26)).toThrow(message);
});

test('a range within the bounds is itself', () => {
  expect(Cidr.of('a', '10.9.0.0/23').within(9, 26).text).toBe('10.9.0.0/23');
});
