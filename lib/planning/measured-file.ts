import { Refusal } from '../common/refusal';
import { MeasuredFigures, MeasuredLatency } from './measurement-props';

/** What a file of figures has, with the name under which the model was served. */
export interface MeasuredFile extends MeasuredFigures {
  readonly servedModelName: string;
}

/** As a load test judges it unless told otherwise: with more failures the figures are those of another load. */
const MOST_FAILED = 0.01;
/** With fewer answers a client has hardly more than a beginning and an end. */
const LEAST_ANSWERS_PER_CLIENT = 2;

type Json = Readonly<Record<string, unknown>>;

/**
 * The figures of a load test, as `summary.json` or the last line of its log has them, or of `vllm bench serve --save-result`
 * (vllm/benchmarks/serve.py, 0.22 to 0.33).
 *
 * @param source - what a refusal begins with
 * @throws on what is neither, and on a test whose figures say nothing of its load
 */
export function readMeasuredFile(text: string, source: string): MeasuredFile {
  const whole = parsed(text, source);
  const data = isObject(whole.summary) ? whole.summary : whole;
  const fields = new Fields(data, source);
  if (isObject(data.tokens) && isObject(data.perSecond) && isObject(data.seconds)) {
    return loadTest(fields);
  }
  if ('output_throughput' in data && 'total_input_tokens' in data) {
    return vllmBench(fields);
  }
  throw new Refusal(`${source}: is neither summary.json of a LocustLoadTest nor the result of 'vllm bench serve --save-result' for a model`
    + ` that writes; its fields are ${Object.keys(data).slice(0, 8).join(', ') || 'none'}`);
}

function loadTest(fields: Fields): MeasuredFile {
  const answered = fields.positive('requests.answered');
  const troubles = fields.value('troubles');
  if (Array.isArray(troubles) && troubles.length > 0) {
    throw fields.refusal(`the load was not what was asked for: ${troubles.join('; ')}`);
  }
  if (fields.value('uniquePrompts') === false) {
    throw fields.refusal('its prompts could lie in the prefix cache, which no plan counts; test with uniquePrompts');
  }
  const clients = fields.optional('users');
  const requestsPerSecond = fields.optional('requestsPerSecond');
  if (clients === undefined && requestsPerSecond === undefined) {
    throw fields.refusal('has neither \'users\' nor \'requestsPerSecond\', as those of earlier load tests; test again with this release');
  }
  requireAnswers(fields, answered, fields.number('requests.failed'), clients);
  const latency = (name: string): MeasuredLatency | undefined => fields.number(`seconds.${name}.p50`) > 0
    ? { median: fields.number(`seconds.${name}.p50`), p99: fields.number(`seconds.${name}.p99`) }
    : undefined;
  const between = latency('between');
  return {
    servedModelName: fields.text('model'),
    inputTokens: fields.positive('tokens.in') / answered,
    outputTokens: fields.positive('tokens.out') / answered,
    ...arrivals(clients, requestsPerSecond),
    outputTokensPerSecond: fields.positive('perSecond.tokensOut'),
    timeToFirstTokenSeconds: latency('first'),
    // it has the mean of each answer, whose 99th percentile is not that of the tokens
    interTokenLatencySeconds: between && { median: between.median },
  };
}

function vllmBench(fields: Fields): MeasuredFile {
  const answered = fields.positive('completed');
  const clients = fields.optional('max_concurrency');
  const rate = fields.value('request_rate');
  const requestsPerSecond = rate === 'inf' ? undefined : fields.optional('request_rate');
  if ((clients === undefined) === (requestsPerSecond === undefined)) {
    throw fields.refusal(clients === undefined
      ? `sent all ${fields.number('num_prompts')} prompts at once, which is no load that lasts; measure with --max-concurrency or --request-rate`
      : `has a rate (${requestsPerSecond}) that --max-concurrency (${clients}) may have held back; measure with one of them`);
  }
  requireAnswers(fields, answered, fields.number('num_prompts') - answered, clients);
  const latency = (name: string): MeasuredLatency | undefined => {
    const [median, p99] = [fields.optional(`median_${name}_ms`), fields.optional(`p99_${name}_ms`)];
    return median === undefined ? undefined : { median: median / 1000, p99: p99 === undefined ? undefined : p99 / 1000 };
  };
  return {
    servedModelName: fields.text('model_id'),
    inputTokens: fields.positive('total_input_tokens') / answered,
    outputTokens: fields.positive('total_output_tokens') / answered,
    ...arrivals(clients, requestsPerSecond),
    outputTokensPerSecond: fields.positive('output_throughput'),
    timeToFirstTokenSeconds: latency('ttft'),
    interTokenLatencySeconds: latency('itl'),
  };
}

function arrivals(clients: number | undefined, requestsPerSecond: number | undefined): Pick<MeasuredFigures, 'clients' | 'requestsPerSecond'> {
  return clients === undefined ? { requestsPerSecond } : { clients };
}

function requireAnswers(fields: Fields, answered: number, failed: number, clients = 1): void {
  if (failed > MOST_FAILED * (answered + failed)) {
    throw fields.refusal(`${failed} of ${answered + failed} requests failed; a measurement has at most ${100 * MOST_FAILED} % of such`);
  }
  if (answered < LEAST_ANSWERS_PER_CLIENT * clients) {
    throw fields.refusal(`${answered} answers to ${clients} clients are little more than a beginning and an end; measure longer, until there are`
      + ` at least ${LEAST_ANSWERS_PER_CLIENT * clients}`);
  }
}

/** Fields of a file by their path, such as `tokens.in`. */
class Fields {
  constructor(private readonly data: Json, private readonly source: string) {}

  value(path: string): unknown {
    return path.split('.').reduce<unknown>((value, name) => isObject(value) ? value[name] : undefined, this.data);
  }

  number(path: string): number {
    const value = this.value(path);
    if (typeof value !== 'number' || !(value >= 0 && Number.isFinite(value))) {
      throw this.refusal(`'${path}' (${JSON.stringify(value) ?? 'missing'}) must be a number, 0 or more`);
    }
    return value;
  }

  positive(path: string): number {
    const value = this.number(path);
    if (value === 0) {
      throw this.refusal(`'${path}' is 0; nothing was measured`);
    }
    return value;
  }

  /** Undefined where it is absent, null or 0. */
  optional(path: string): number | undefined {
    return [undefined, null].includes(this.value(path) as undefined) ? undefined : this.number(path) || undefined;
  }

  text(path: string): string {
    const value = this.value(path);
    if (typeof value !== 'string') {
      throw this.refusal(`'${path}' (${JSON.stringify(value) ?? 'missing'}) must be a text`);
    }
    return value;
  }

  refusal(problem: string): Refusal {
    return new Refusal(`${this.source}: ${problem}`);
  }
}

function parsed(text: string, source: string): Json {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Refusal(`${source}: is no JSON (${(error as Error).message})`, { cause: error });
  }
  if (!isObject(data)) {
    throw new Refusal(`${source}: must be a JSON object, as summary.json of a load test is`);
  }
  return data;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
