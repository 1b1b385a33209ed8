/**
 * Samples as promtool reads them: `3` a value, `3x2` the same value three times, `1+2x3` four values with steps of 2, `_x4` no sample, and
 * `stale` where Prometheus notices that a series has ended.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series
 */
export function valuesOf(samples: readonly (string | undefined)[]): string {
  const numbers = samples.map(value => value === undefined ? undefined : Number(Number(value).toPrecision(6)));
  const parts: string[] = [];
  for (let at = 0; at < numbers.length;) {
    const length = runFrom(numbers, at);
    parts.push(numbers[at] === undefined ? absent(length, at > 0) : run(numbers[at]!, numbers[at + 1] ?? 0, length));
    at += length;
  }
  return parts.join(' ');
}

/** Number of samples from there on with one step between them, at least three of them, or one. */
function runFrom(numbers: readonly (number | undefined)[], at: number): number {
  const step = (index: number) => numbers[index + 1]! - numbers[index]!;
  let end = at + 1;
  if (numbers[at] === undefined) {
    while (end < numbers.length && numbers[end] === undefined) {
      end++;
    }
    return end - at;
  }
  while (end < numbers.length && numbers[end] !== undefined && step(end - 1) === step(at)) {
    end++;
  }
  return end - at > 2 ? end - at : 1;
}

function run(first: number, second: number, length: number): string {
  const step = second - first;
  return length === 1 ? `${first}` : step === 0 ? `${first}x${length - 1}` : `${first}${step > 0 ? '+' : ''}${step}x${length - 1}`;
}

function absent(length: number, hasEnded: boolean): string {
  const missing = hasEnded ? length - 1 : length;
  return [...hasEnded ? ['stale'] : [], ...missing > 0 ? [`_x${missing}`] : []].join(' ');
}
