import * as fs from 'node:fs';
import * as path from 'node:path';
import { compare, Compared, configurations, lineOf, MeasuredSpeed, median, orderedPairs } from './measured-speed';

// Other measured rows can be judged by the same code: SPEEDS=rows.jsonl npx jest test/planning/speeds
const FILE = process.env.SPEEDS ?? path.join(__dirname, 'speeds.jsonl');

/** A repeat of one point differed by 0 to 13 %. */
const BOUNDS = { outputMedian: 0.08, outputWorst: 0.25, interTokenMedian: 0.1, firstTokenMedian: 0.2 };
/** Prompts that are long enough to be most of the time to the first token. */
const LONG_PROMPT = 1024;
/** Configurations that are closer are not put in an order. */
const MARGIN = 0.15;

const rows = fs.readFileSync(FILE, 'utf8').trim().split('\n').map(line => JSON.parse(line) as MeasuredSpeed);
const compared = rows.map(row => compare(row));

function errors(of: (row: Compared) => number | undefined): number[] {
  return compared.flatMap((row) => {
    const error = of(row);
    return error === undefined ? [] : [Math.abs(error)];
  });
}

const output = errors(({ outputError }) => outputError);
const interToken = errors(({ interTokenError }) => interTokenError);
const firstToken = errors(({ row, firstTokenError }) => row.inlen >= LONG_PROMPT ? firstTokenError : undefined);

test('predicted beside measured, every row', () => {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  process.stdout.write(`${compared.map(lineOf).join('\n')}\n${rows.length} rows, predicted before measured: output tokens/s median ${
    percent(median(output))}, worst ${percent(Math.max(...output))}; inter-token latency median ${percent(median(interToken))}; time to first token`
    + ` median ${percent(median(firstToken))} from ${LONG_PROMPT} input tokens on\n`);
  expect(median(output)).toBeLessThanOrEqual(BOUNDS.outputMedian);
  expect(compared.filter(({ outputError }) => Math.abs(outputError) > BOUNDS.outputWorst).map(lineOf)).toEqual([]);
  expect(median(interToken)).toBeLessThanOrEqual(BOUNDS.interTokenMedian);
  expect(median(firstToken)).toBeLessThanOrEqual(BOUNDS.firstTokenMedian);
});

test('two configurations that differ by more than 15 % are in the measured order', () => {
  const pairs = orderedPairs(configurations(compared), MARGIN);
  expect(pairs.length).toBeGreaterThan(process.env.SPEEDS ? -1 : 30);
  expect(pairs.filter(({ right }) => !right)).toEqual([]);
});

test('an API server that streams all it can is what binds, and several are not', () => {
  const at256 = compared.filter(({ row }) => row.model === 'Llama-3.1-8B-Instruct' && row.inlen === 128 && row.conc === 256);
  const boundOf = (id: string, stream?: boolean) => at256.find(({ row }) => row.id === id && row.stream === stream)?.plan.boundBy;
  expect(process.env.SPEEDS ? 'api-server' : boundOf('A2-llama8-plain')).toBe('api-server');
  expect(boundOf('B2-llama8-api4')).not.toBe('api-server');
  expect(boundOf('A2-llama8-plain', false)).not.toBe('api-server');
});

test('all that was measured is within the range that the fitted figures claim', () => {
  expect(process.env.SPEEDS ? [] : compared.filter(({ plan }) => plan.basis !== 'fitted').map(({ row, plan }) => [row.id, ...plan.notes])).toEqual([]);
});

test('the bounds can fail', () => {
  const [row] = rows;
  expect(Math.abs(compare({ ...row, output_tok_per_s: 2 * row.output_tok_per_s }).outputError)).toBeGreaterThan(BOUNDS.outputWorst);
  const [first] = configurations(compared);
  const reversed = [{ ...first, measured: 2, predicted: 1, arguments: 'a' }, { ...first, measured: 1, predicted: 2, arguments: 'b' }];
  expect(orderedPairs(reversed, MARGIN)).toEqual([{ pair: `${first.load}: 'a' above 'b'`, right: false }]);
});
