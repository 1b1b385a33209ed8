import { duration, grouped, scaled, usd } from '../../lib/report/figures';

test('figures as a person reads them', () => {
  expect([999, 1000, 1234567.4].map(grouped)).toEqual(['999', '1,000', '1,234,567']);
  expect([0.0051, 0.0403, 0.9996, 1.25, 16.04, 119, 121, 600, Number.POSITIVE_INFINITY].map(duration))
    .toEqual(['5.1 ms', '40 ms', '1 s', '1.3 s', '16 s', '119 s', '3 min', '10 min', 'never']);
  expect([0.726, 29.387, 1234].map(usd)).toEqual(['$0.73', '$29.39', '$1,234']);
});

test('what is drawn stays within its length', () => {
  expect([-1, 0, 0.5, 2].map(value => scaled(value, 1, 100))).toEqual([0, 0, 50, 100]);
  expect(scaled(1, 0, 100)).toBe(0);
});
