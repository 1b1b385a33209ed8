import { Durations } from '../../lib/planning/durations';

test('percentiles are kept to one percent, and follow the weights', () => {
  const durations = new Durations();
  durations.add(0.01, 98);
  durations.add(0.5, 2);
  expect(durations.percentile(0.5)).toBeCloseTo(0.01, 3);
  expect(durations.percentile(0.98)).toBeCloseTo(0.01, 3);
  expect(Math.abs(durations.percentile(0.99) / 0.5 - 1)).toBeLessThan(0.01);
  expect(Math.abs(durations.percentile(1) / 0.5 - 1)).toBeLessThan(0.01);
});

test('nothing lasts no time', () => {
  expect(new Durations().percentile(0.5)).toBe(0);
});
