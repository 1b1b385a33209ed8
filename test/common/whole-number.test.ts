import { wholeNumber } from '../../lib/common/whole-number';
import { refusalOf } from '../planning/pairs';

test('is returned when it is in its range', () => {
  expect([wholeNumber('a', 1, 1, 2), wholeNumber('a', 2, 1, 2), wholeNumber('a', Number.MAX_SAFE_INTEGER, 0), wholeNumber('a', -1, -1)]).toEqual([
    1, 2, Number.MAX_SAFE_INTEGER, -1,
  ]);
});

test('is refused with its value and its range', () => {
  expect(refusalOf(() => wholeNumber('replicas', 3, 1, 2))).toBe('\'replicas\' (3) must be a whole number from 1 to 2');
  expect(refusalOf(() => wholeNumber('replicas', 0.5, 1))).toBe('\'replicas\' (0.5) must be a whole number of at least 1');
  expect(refusalOf(() => wholeNumber('replicas', '3' as unknown as number, 1, 5, 'X: '))).toBe('X: \'replicas\' ("3") must be a whole number from 1 to 5');
});
