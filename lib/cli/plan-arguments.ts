import { Accelerator } from '../catalog';
import { Region } from '../common/region';
import { orRefusal, Refusal } from '../common/refusal';
import { onlyOne, parsed } from './command';
import { ExitCode, Failure } from './failure';
import { ModelRequest } from './plan-model';
import { MeasuredRequest } from './measured';
import { Load } from '../planning/serving-goal';
import { Goals, SurveyRequest } from './survey';

/** What `plan` was asked. */
export interface PlanRequest {
  readonly help: boolean;
  readonly json: boolean;
  readonly model: () => ModelRequest;
  readonly survey: Omit<SurveyRequest, 'model' | 'load' | 'measurements'>;
  /** @default - nothing was measured */
  readonly measured?: MeasuredRequest;
  /** The load, with what was not asked from another one. */
  readonly load: (otherwise: Load) => Load;
}

const OPTIONS = {
  input: { type: 'string' }, output: { type: 'string' }, clients: { type: 'string' }, rate: { type: 'string' }, ttft: { type: 'string' },
  itl: { type: 'string' }, accelerator: { type: 'string', multiple: true }, region: { type: 'string' }, measured: { type: 'string', multiple: true }, 'measured-on': { type: 'string' }, json: { type: 'boolean' },
  revision: { type: 'string' }, 'trust-remote-code': { type: 'boolean' }, 'skip-tokenizer-init': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const MOST_TOKENS = 10_000_000;
const MOST_CLIENTS = 100_000;
const MOST_RATE = 100_000;
/** Of one machine of Google Cloud: https://cloud.google.com/compute/docs/gpus */
const MOST_GPUS = 16;

/** @throws on what is no option, no number or no name */
export function planRequest(args: string[]): PlanRequest {
  const { positionals, values } = parsed(args, OPTIONS);
  if (values.clients !== undefined && values.rate !== undefined) {
    throw new Failure(ExitCode.USAGE, 'give --clients or --rate, not both');
  }
  const goals: Goals = {
    timeToFirstTokenSeconds: values.ttft === undefined ? undefined : seconds('--ttft', values.ttft),
    interTokenLatencySeconds: values.itl === undefined ? undefined : seconds('--itl', values.itl),
  };
  const inputTokens = whole('--input', values.input, MOST_TOKENS);
  const outputTokens = whole('--output', values.output, MOST_TOKENS);
  const clients = whole('--clients', values.clients, MOST_CLIENTS);
  const requestsPerSecond = values.rate === undefined ? undefined : rate(values.rate);
  const arrivals = clients === undefined && requestsPerSecond === undefined ? {} : { clients, requestsPerSecond };
  return {
    help: values.help ?? false,
    json: values.json ?? false,
    model: () => ({
      name: onlyOne('model', positionals), revision: values.revision, trustRemoteCode: values['trust-remote-code'],
      skipTokenizerInit: values['skip-tokenizer-init'],
    }),
    measured: measuredRequest(values.measured, values['measured-on']),
    load: otherwise => ({
      ...otherwise, ...arrivals, inputTokens: inputTokens ?? otherwise.inputTokens, outputTokens: outputTokens ?? otherwise.outputTokens,
    }),
    survey: {
      goals,
      accelerators: values.accelerator?.map(id => usage(() => Accelerator.fromId(id))) ?? Accelerator.all(),
      region: values.region === undefined ? undefined : usage(() => Region.of(values.region!, '--region')),
    },
  };
}

function measuredRequest(files: readonly string[] | undefined, on: string | undefined): MeasuredRequest | undefined {
  if ((files === undefined) !== (on === undefined)) {
    throw new Failure(ExitCode.USAGE, files === undefined
      ? `--measured-on (${on}) says on what a file was measured; give the file with --measured`
      : `say with --measured-on on what ${files.join(' and ')} was measured, such as l4:2 for two L4`);
  }
  if (files === undefined || on === undefined) {
    return undefined;
  }
  const [id, gpus = '1', ...more] = on.split(':');
  if (more.length > 0) {
    throw new Failure(ExitCode.USAGE, `--measured-on (${on}) is an accelerator and its number, such as l4:2`);
  }
  return { files, accelerator: usage(() => Accelerator.fromId(id)), gpus: whole('--measured-on', gpus, MOST_GPUS)! };
}

function usage<T>(work: () => T): T {
  const result = orRefusal(work);
  if (result instanceof Refusal) {
    throw new Failure(ExitCode.USAGE, result.message);
  }
  return result;
}

function whole(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most) {
    throw new Failure(ExitCode.USAGE, `${option} (${text}) is a whole number from 1 to ${most}`);
  }
  return number;
}

function rate(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(number > 0 && number <= MOST_RATE)) {
    throw new Failure(ExitCode.USAGE, `--rate (${text}) is a number of requests a second, above 0 and at most ${MOST_RATE}`);
  }
  return number;
}

function seconds(option: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? [];
  if (number === undefined || !(Number(number) > 0)) {
    throw new Failure(ExitCode.USAGE, `${option} (${text}) is a time above 0, such as 50ms or 2s`);
  }
  return Number(number) / (unit === 'ms' ? 1000 : 1);
}
