import * as fs from 'node:fs';
import * as path from 'node:path';
import { SPEED_COEFFICIENTS, SpeedCoefficients } from '../lib/planning/speed-coefficients';
import { compare, MeasuredSpeed, median } from '../test/planning/measured-speed';

// The coefficients of the throughput plan, fitted again from where they are: with all rows, and with each model left out in turn, which is
// then predicted. It takes some minutes

const ROWS: MeasuredSpeed[] = fs.readFileSync(path.join(__dirname, '..', 'test', 'planning', 'speeds.jsonl'), 'utf8').trim().split('\n')
  .map(line => JSON.parse(line) as MeasuredSpeed);
const ROUNDS = 6;
const FIRST_STEP = 0.12;
/** Too few rows say anything of it: it is not fitted. */
const FIXED: readonly (keyof SpeedCoefficients)[] = ['allReduceSeconds', 'keptSeconds'];
const FITTED = (Object.keys(SPEED_COEFFICIENTS) as (keyof SpeedCoefficients)[]).filter(name => !FIXED.includes(name));

/** Errors of tokens a second count most, and one that is far off counts more than several small ones; latencies are only bounded. */
function lossOf(rows: readonly MeasuredSpeed[], coefficients: SpeedCoefficients): number {
  const losses = rows.map((row) => {
    const { outputError, interTokenError = 0, firstTokenError = 0 } = compare(row, coefficients);
    const output = Math.abs(Math.log(1 + outputError));
    const firstToken = row.inlen >= 1024 ? Math.min(0.7, Math.abs(Math.log(1 + firstTokenError))) : 0;
    return output + 40 * Math.max(0, output - 0.15) ** 2 + 0.3 * (Math.min(0.5, Math.abs(Math.log(1 + interTokenError))) + firstToken);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / rows.length;
}

/** One coefficient after another is made larger or smaller, by steps that shrink where neither helps. */
function fit(rows: readonly MeasuredSpeed[]): SpeedCoefficients {
  let best = SPEED_COEFFICIENTS;
  let loss = lossOf(rows, best);
  const steps = new Map(FITTED.map(name => [name, FIRST_STEP]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of FITTED) {
      const step = 1 + steps.get(name)!;
      const tried = [best[name] * step, best[name] / step].map(value => ({ ...best, [name]: value }))
        .map(coefficients => ({ coefficients, loss: lossOf(rows, coefficients) }));
      const better = tried.find(one => one.loss < loss);
      steps.set(name, (step - 1) * (better ? 1.3 : 0.5));
      ({ coefficients: best, loss } = better ?? { coefficients: best, loss });
    }
  }
  return best;
}

function report(title: string, rows: readonly MeasuredSpeed[], coefficients: SpeedCoefficients): void {
  const compared = rows.map(row => compare(row, coefficients));
  const percent = (errors: number[], of = median) => `${(100 * of(errors.map(Math.abs))).toFixed(1)} %`;
  const some = (errors: (number | undefined)[]) => errors.filter(error => error !== undefined);
  const output = compared.map(({ outputError }) => outputError);
  console.log([
    title.padEnd(40), `${rows.length} rows`.padEnd(8), `tokens/s median ${percent(output)}, worst ${percent(output, errors => Math.max(...errors))}`,
    `inter-token ${percent(some(compared.map(({ interTokenError }) => interTokenError)))}`,
    `first token ${percent(some(compared.filter(({ row }) => row.inlen >= 1024).map(({ firstTokenError }) => firstTokenError)))}`,
  ].join('  '));
}

report('as they are', ROWS, SPEED_COEFFICIENTS);
const fitted = fit(ROWS);
report('fitted again', ROWS, fitted);
console.log(FITTED.map(name => `  ${name}: ${fitted[name].toPrecision(3)}`).join('\n'));
for (const model of new Set(ROWS.map(row => row.model))) {
  report(`${model}, left out and predicted`, ROWS.filter(row => row.model === model), fit(ROWS.filter(row => row.model !== model)));
}
