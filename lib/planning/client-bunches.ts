import { SpeedCoefficients } from './speed-coefficients';
import { StepTime } from './step-time';

/** Places that are spread evenly, however many there are: https://en.wikipedia.org/wiki/Low-discrepancy_sequence#Additive_recurrence */
export const GOLDEN_RATIO = 0.6180339887498949;
/** The mean settles in fewer. */
const ROUNDS = 12;

interface BunchedLoad {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly mostRunning: number;
}

/**
 * Sizes of the bunches in which clients ask: whoever asks while prompts are computed gets the same next step, and ends with it. They are
 * spread as those of random arrivals: each further client is one of the bunch with the same chance.
 */
export function clientBunches(clients: number, time: StepTime, load: BunchedLoad, fitted: SpeedCoefficients): number[] {
  const further = 1 - 1 / meanBunch(clients, time, load, fitted);
  const sizes: number[] = [];
  for (let left = clients, bunch = 1; left > 0; bunch++) {
    const drawn = further > 0 ? 1 + Math.floor(Math.log(1 - bunch * GOLDEN_RATIO % 1) / Math.log(further)) : 1;
    sizes.push(Math.min(left, drawn));
    left -= drawn;
  }
  return sizes;
}

/** Longer steps make larger bunches, and these longer steps: the mean at which both agree. */
function meanBunch(clients: number, time: StepTime, load: BunchedLoad, fitted: SpeedCoefficients): number {
  const { inputTokens, outputTokens, mostRunning } = load;
  const answering = { decoding: clients, tokensEach: inputTokens + outputTokens / 2, promptTokens: 0, promptOperations: 0, prompts: 0 };
  const without = time.of(answering).total;
  const operations = time.work.attentionOperations(0, inputTokens);
  let mean = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const prompts = { promptTokens: mean * inputTokens, promptOperations: mean * operations, prompts: mean };
    const step = time.of({ ...answering, ...prompts }).total;
    const request = outputTokens * without + clients / mean * (step - without);
    const next = 1 + fitted.bunching * (clients - 1) * step / request;
    mean = Math.min(mostRunning, (mean + next) / 2);
  }
  return mean;
}
