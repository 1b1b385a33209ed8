import { execFileSync } from 'node:child_process';
import { LOCUST_PROGRAMS } from './locust-run';
import { imagePython } from '../rig/python/environment';

/** Times, put into the histograms of two workers, which the master adds up. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON of many kinds; a wrong path fails the test
function distribution(times: readonly number[]): Record<string, any> | null {
  const code = `
import json, sys
from dataclasses import asdict
from histogram import Histogram
times = json.loads(sys.stdin.read())
whole = Histogram()
for part in (times[::2], times[1::2]):
    worker = Histogram()
    for time in part:
        worker.add(time)
    whole.merge(Histogram(**asdict(worker)))
print(json.dumps(whole.distribution()))`;
  return JSON.parse(execFileSync(imagePython('locust'), ['-c', code], { cwd: LOCUST_PROGRAMS, input: JSON.stringify(times), encoding: 'utf8' }));
}

const exact = (sorted: readonly number[], share: number) => sorted[Math.ceil(share * sorted.length) - 1];

test('its figures are those of all times, to one percent', () => {
  const times = Array.from({ length: 5000 }, (_, index) => 0.02 + ((index * 7919) % 5000 / 5000) ** 3 * 4);
  const sorted = [...times].sort((a, b) => a - b);
  const { fastest, slowest, mean, percentiles, histogram } = distribution(times)!;
  expect([fastest, slowest]).toEqual([sorted[0], sorted.at(-1)!].map(time => Number(time.toFixed(5))));
  expect(mean).toBeCloseTo(times.reduce((sum, time) => sum + time, 0) / times.length, 4);
  for (const share of [10, 25, 50, 75, 90, 95, 99]) {
    const ratio = percentiles[`p${share}`] / exact(sorted, share / 100);
    expect(ratio).toBeGreaterThan(0.9999);
    expect(ratio).toBeLessThan(1.0101);
  }
  expect(histogram.length).toBe(11);
  const within = (bound: number) => sorted.filter(time => time <= bound).length;
  let sum = 0;
  for (const { upToSeconds, answers } of histogram) {
    sum += answers;
    expect(sum).toBeLessThanOrEqual(within(upToSeconds + 1e-5));
    expect(sum).toBeGreaterThanOrEqual(within(upToSeconds / 1.0101 - 1e-5));
  }
  expect(sum).toBe(times.length);
});

test.each<[string, number[], unknown]>([
  ['no answer', [], null],
  ['one', [0.5], { fastest: 0.5, mean: 0.5, slowest: 0.5 }],
  ['several that took as long', [0.5, 0.5, 0.5], { fastest: 0.5, slowest: 0.5 }],
])('%s', (_, times, figures) => {
  const found = distribution(times);
  expect(found).toEqual(figures === null ? null : expect.objectContaining(figures));
  expect(found?.histogram.reduce((sum: number, { answers }: { answers: number }) => sum + answers, 0) ?? 0).toBe(times.length);
});
