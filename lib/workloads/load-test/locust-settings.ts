import { Duration } from 'cdk8s';
import { wholeNumber } from '../../common/whole-number';
import { LoadTestThresholds, LocustLoadTestProps, TokenLengths } from './locust-load-test-props';
import { Refusal } from '../../common/refusal';

/** What one worker can send without measuring itself: some 3,000 events of streams a second. */
const USERS_PER_WORKER = 100;
const REQUESTS_PER_SECOND_PER_WORKER = 10;
const MOST_WORKERS = 20;
const MOST_RUN_SECONDS = 3600;
const LEAST_RUN_SECONDS = 10;
const DEFAULT_USERS = 8;
const DEFAULT_WORKERS = 2;
const RAMP_SECONDS = 10;
/** A ConfigMap holds 1 MiB, and there is the rest of the settings. */
const MOST_PROMPT_BYTES = 900_000;
const MOST_PROMPTS = 10_000;
/** Chat template, and what the estimate of a prompt's tokens is off by. */
const SPARE_TOKENS = 16;
/** Means of ShareGPT's conversations: figure 11 of https://arxiv.org/abs/2309.06180. The log-normal form is this project's approximation. */
const SHARE_GPT = { prompt: 161, output: 338, sigma: 1, most: 1024 };
const CLUSTER_SUFFIX = '.svc.cluster.local';

/** Times after which a request has failed in any case. */
export const TIMEOUTS = { firstToken: 120, stall: 60, answer: 300, drain: 60, workers: 600, server: 120 };

/** The file that the programs read; the same names as in locust_settings.py. */
export interface LocustSettings {
  readonly workers: number;
  readonly runSeconds: number;
  readonly target: string;
  readonly [name: string]: unknown;
}

/**
 * @throws on a load, a target or thresholds of no sense
 */
export function locustSettings(name: string, props: LocustLoadTestProps): LocustSettings {
  const { server, webUi } = props;
  const context = server.plan.memory.maxModelLen;
  const load = loadOf(props);
  if (webUi && props.requestsPerSecond !== undefined) {
    throw new Refusal('\'webUi\' goes with users only: its page asks how many there are; leave requestsPerSecond or webUi out');
  }
  const promptTokens = lengthsOf('promptTokens', props.promptTokens, SHARE_GPT.prompt, Math.floor(context / 2));
  const outputTokens = lengthsOf('outputTokens', props.outputTokens, SHARE_GPT.output, context - SPARE_TOKENS - promptTokens.max);
  if (promptTokens.max + outputTokens.max + SPARE_TOKENS > context) {
    throw new Refusal(`prompts of ${promptTokens.max} and answers of ${outputTokens.max} tokens with ${SPARE_TOKENS} for the chat's frame are`
      + ` ${promptTokens.max + outputTokens.max + SPARE_TOKENS}, more than the server's context of ${context}; lower promptTokens.max or`
      + ' outputTokens.max');
  }
  return {
    name,
    target: targetOf(props),
    acknowledgeExternalTarget: props.acknowledgeExternalTarget ?? false,
    model: server.servedModelName,
    contextTokens: context,
    ...load,
    runSeconds: runSecondsOf(props.runTime ?? Duration.minutes(5)),
    promptTokens,
    outputTokens,
    uniquePrompts: props.uniquePrompts ?? true,
    seed: wholeNumber('seed', props.seed ?? 0, 0),
    thresholds: thresholdsOf(props.thresholds ?? {}),
    firstTokenTimeoutSeconds: TIMEOUTS.firstToken,
    stallTimeoutSeconds: TIMEOUTS.stall,
    answerTimeoutSeconds: TIMEOUTS.answer,
    drainSeconds: TIMEOUTS.drain,
    workersWithinSeconds: TIMEOUTS.workers,
    serverWithinSeconds: TIMEOUTS.server,
    pageSeconds: webUi ? MOST_RUN_SECONDS : 0,
  };
}

/** Own prompts as a file, one a line. */
export function promptsFile(prompts: readonly string[] | undefined): string | undefined {
  if (prompts === undefined) {
    return undefined;
  }
  if (prompts.length === 0 || prompts.length > MOST_PROMPTS || prompts.some(prompt => typeof prompt !== 'string' || prompt.trim() === '')) {
    throw new Refusal(`'prompts' (${prompts.length}) must be from 1 to ${MOST_PROMPTS}, and none of them empty`);
  }
  const file = `${prompts.map(prompt => JSON.stringify(prompt)).join('\n')}\n`;
  if (Buffer.byteLength(file) > MOST_PROMPT_BYTES) {
    throw new Refusal(`'prompts' are ${Buffer.byteLength(file)} bytes, more than the ${MOST_PROMPT_BYTES} that a ConfigMap has room for; use fewer`
      + ' or shorter ones');
  }
  return file;
}

function loadOf({ users, requestsPerSecond, workers, spawnRate }: LocustLoadTestProps) {
  if (users !== undefined && requestsPerSecond !== undefined) {
    throw new Refusal(`'users' (${users}) and 'requestsPerSecond' (${requestsPerSecond}) are two kinds of load: users wait for their answers,`
      + ' requests by the second do not; give one of them');
  }
  const [amount, perWorker, what] = requestsPerSecond === undefined
    ? [wholeNumber('users', users ?? DEFAULT_USERS, 1, USERS_PER_WORKER * MOST_WORKERS), USERS_PER_WORKER, 'users']
    : [positive('requestsPerSecond', requestsPerSecond, REQUESTS_PER_SECOND_PER_WORKER * MOST_WORKERS), REQUESTS_PER_SECOND_PER_WORKER,
        'requests a second'];
  const needed = Math.ceil(amount / perWorker);
  const count = wholeNumber('workers', workers ?? Math.min(Math.max(DEFAULT_WORKERS, needed), users ?? MOST_WORKERS), 1, MOST_WORKERS);
  if (count < needed) {
    throw new Refusal(`'workers' (${count}) are too few for ${amount} ${what}: one sends for ${perWorker}. Use at least ${needed}, or the`
      + ' figures are those of the workers and not of the server');
  }
  if (requestsPerSecond !== undefined) {
    if (spawnRate !== undefined) {
      throw new Refusal(`'spawnRate' (${spawnRate}) is a matter of users; leave it out with requestsPerSecond`);
    }
    return { requestsPerSecond: amount, workers: count };
  }
  if (count > amount) {
    throw new Refusal(`'workers' (${count}) are more than 'users' (${amount}), and some would have nothing to do; use at most ${amount}`);
  }
  return { users: amount, workers: count, spawnRate: positive('spawnRate', spawnRate ?? Math.max(1, amount / RAMP_SECONDS), 100) };
}

function runSecondsOf(runTime: Duration): number {
  return wholeNumber('runTime in seconds', runTime.toSeconds({ integral: false }), LEAST_RUN_SECONDS, MOST_RUN_SECONDS);
}

function lengthsOf(prop: string, given: TokenLengths | undefined, usual: number, room: number): Required<TokenLengths> {
  const mean = given?.mean ?? Math.max(1, Math.min(usual, Math.floor(room / 2)));
  const sigma = given?.sigma ?? SHARE_GPT.sigma;
  positive(`${prop}.mean`, mean, Number.MAX_SAFE_INTEGER);
  if (typeof sigma !== 'number' || !(sigma >= 0 && sigma <= 3)) {
    throw new Refusal(`'${prop}.sigma' (${sigma}) must be a number from 0 to 3; 1 is usual`);
  }
  const most = given === undefined ? SHARE_GPT.most : Math.ceil(sigma === 0 ? mean : 4 * mean);
  const min = wholeNumber(`${prop}.min`, given?.min ?? 1, 1);
  const max = wholeNumber(`${prop}.max`, given?.max ?? Math.max(min, Math.min(most, room)), min);
  if (mean < min || mean > max) {
    throw new Refusal(`'${prop}.mean' (${mean}) must be from min (${min}) to max (${max})`);
  }
  return { mean, sigma, min, max };
}

function thresholdsOf(given: LoadTestThresholds): LoadTestThresholds {
  const latest = { ttftP95Seconds: TIMEOUTS.firstToken, interTokenP95Seconds: TIMEOUTS.stall, endToEndP95Seconds: TIMEOUTS.answer };
  for (const [name, most] of Object.entries(latest)) {
    const value = given[name as keyof typeof latest];
    if (value !== undefined && positive(`thresholds.${name}`, value, most) === most) {
      throw new Refusal(`'thresholds.${name}' (${value}) can never be missed: a request that takes ${most} s has failed; use less`);
    }
  }
  if (given.minTokensPerSecond !== undefined) {
    positive('thresholds.minTokensPerSecond', given.minTokensPerSecond, 1e9);
  }
  const { ttftP95Seconds: first, endToEndP95Seconds: whole, errorRate = 0.01 } = given;
  if (first !== undefined && whole !== undefined && first > whole) {
    throw new Refusal(`'thresholds.ttftP95Seconds' (${first}) is above 'thresholds.endToEndP95Seconds' (${whole}): no first token comes after the last;`
      + ' exchange them');
  }
  if (typeof errorRate !== 'number' || !(errorRate >= 0 && errorRate < 1)) {
    throw new Refusal(`'thresholds.errorRate' (${errorRate}) must be a share from 0 to below 1, for example 0.01 for 1 %`);
  }
  return { ...given, errorRate };
}

function targetOf({ server, target, acknowledgeExternalTarget }: LocustLoadTestProps): string {
  if (target === undefined) {
    return server.url;
  }
  const match = /^https?:\/\/([a-z0-9]([a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?$/.exec(target);
  if (!match || Number(match[3] ?? 80) > 65535 || Number(match[3] ?? 80) === 0) {
    throw new Refusal(`'target' (${target}) must be http://NAME:PORT or https://NAME:PORT in lower case and nothing else, for example ${server.url}`);
  }
  if (!match[1].endsWith(CLUSTER_SUFFIX) && !acknowledgeExternalTarget) {
    throw new Refusal(`'target' (${target}) is outside the cluster: its name does not end with ${CLUSTER_SUFFIX}. A load on somebody else's server`
      + ' is an attack; if it is yours, set acknowledgeExternalTarget');
  }
  return target;
}

function positive(prop: string, value: number, most: number): number {
  if (typeof value !== 'number' || !(value > 0 && value <= most)) {
    throw new Refusal(`'${prop}' (${value}) must be a number above 0${most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`}`);
  }
  return value;
}
