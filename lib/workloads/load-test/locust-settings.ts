import { Refusal } from '../../common/refusal';
import { CLUSTER_SUFFIX } from '../../common/service-address';
import { Contract } from '../../pods';
import contract from './contract.json';
import { LoadTestThresholds, LocustLoadTestProps, TokenLengths } from './locust-load-test-props';

export const CONTRACT = new Contract(contract);
const SETTINGS = CONTRACT.settings;
const RULES = contract.settings;

/** What one worker can send without measuring itself: some 3,000 events of streams a second. */
const USERS_PER_WORKER = RULES.users.most / RULES.workers.most;
const REQUESTS_PER_SECOND_PER_WORKER = RULES.requestsPerSecond.most / RULES.workers.most;
const RAMP_SECONDS = 10;
/** A ConfigMap holds 1 MiB, and there is the rest of the settings. */
const MOST_PROMPT_BYTES = 900_000;
const MOST_PROMPTS = 10_000;
/** Chat template, and what the estimate of a prompt's tokens is off by. */
const SPARE_TOKENS = 16;

/** Seconds after which a request has failed in any case, and after which a test ends without one. */
export const TIMES = {
  firstTokenTimeoutSeconds: RULES.firstTokenTimeoutSeconds.default,
  stallTimeoutSeconds: RULES.stallTimeoutSeconds.default,
  answerTimeoutSeconds: RULES.answerTimeoutSeconds.default,
  drainSeconds: RULES.drainSeconds.default,
  workersWithinSeconds: RULES.workersWithinSeconds.default,
  serverWithinSeconds: RULES.serverWithinSeconds.default,
};

/** The file that the programs read; contract.json says what each value is. */
export interface LocustSettings {
  readonly workers: number;
  readonly runSeconds: number;
  readonly pageSeconds: number;
  readonly target: string;
  readonly [name: string]: unknown;
}

/**
 * The settings of a load test, checked: the programs trust them.
 *
 * @throws on a load, a target or thresholds of no sense
 */
export function locustSettings(name: string, props: LocustLoadTestProps): LocustSettings {
  const { server, webUi } = props;
  const context = server.maxModelLen;
  const load = loadOf(props);
  if (webUi && props.requestsPerSecond !== undefined) {
    throw new Refusal('\'webUi\' goes with users only: its page asks how many there are; leave requestsPerSecond or webUi out');
  }
  const promptTokens = lengthsOf('promptTokens', props.promptTokens, Math.floor(context / 2));
  const outputTokens = lengthsOf('outputTokens', props.outputTokens, context - SPARE_TOKENS - promptTokens.max);
  const longest = promptTokens.max + outputTokens.max + SPARE_TOKENS;
  if (longest > context) {
    throw new Refusal(`prompts of ${promptTokens.max} and answers of ${outputTokens.max} tokens with ${SPARE_TOKENS} for the chat's frame`
      + ` are ${longest}, more than the server's context of ${context}; lower promptTokens.max or outputTokens.max`);
  }
  return {
    name,
    target: targetOf(props),
    acknowledgeExternalTarget: props.acknowledgeExternalTarget ?? RULES.acknowledgeExternalTarget.default,
    model: server.servedModelName,
    contextTokens: context,
    ...load,
    runSeconds: SETTINGS.number('runSeconds', 'runTime in seconds', props.runTime?.toSeconds({ integral: false })),
    promptTokens,
    outputTokens,
    uniquePrompts: props.uniquePrompts ?? RULES.uniquePrompts.default,
    seed: SETTINGS.number('seed', 'seed', props.seed),
    thresholds: thresholdsOf(props.thresholds ?? {}),
    ...TIMES,
    pageSeconds: webUi ? RULES.pageSeconds.most : RULES.pageSeconds.default,
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
    throw new Refusal(`'prompts' are ${Buffer.byteLength(file)} bytes, more than the ${MOST_PROMPT_BYTES} that a ConfigMap has room for;`
      + ' use fewer or shorter ones');
  }
  return file;
}

function loadOf({ users, requestsPerSecond, workers, spawnRate }: LocustLoadTestProps) {
  if (users !== undefined && requestsPerSecond !== undefined) {
    throw new Refusal(`'users' (${users}) and 'requestsPerSecond' (${requestsPerSecond}) are two kinds of load: users wait for their`
      + ' answers, requests by the second do not; give one of them');
  }
  const [amount, perWorker, what] = requestsPerSecond === undefined
    ? [SETTINGS.number('users', 'users', users), USERS_PER_WORKER, 'users']
    : [SETTINGS.number('requestsPerSecond', 'requestsPerSecond', requestsPerSecond), REQUESTS_PER_SECOND_PER_WORKER, 'requests a second'];
  const needed = Math.ceil(amount / perWorker);
  const usualCount = Math.min(Math.max(RULES.workers.default, needed), users ?? RULES.workers.most);
  const count = SETTINGS.number('workers', 'workers', workers ?? usualCount);
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
  const usualRate = Math.min(Math.max(1, amount / RAMP_SECONDS), RULES.spawnRate.most);
  return { users: amount, workers: count, spawnRate: SETTINGS.number('spawnRate', 'spawnRate', spawnRate ?? usualRate) };
}

/** Without a wish it is as ShareGPT's, as far as the context has room. */
function lengthsOf(prop: 'promptTokens' | 'outputTokens', given: TokenLengths | undefined, room: number): Required<TokenLengths> {
  const number = (part: keyof TokenLengths, value?: number) => SETTINGS.number(`${prop}.${part}`, `${prop}.${part}`, value);
  const mean = number('mean', given?.mean ?? Math.max(1, Math.min(RULES[`${prop}.mean`].default, Math.floor(room / 2))));
  const sigma = number('sigma', given?.sigma);
  const min = number('min', given?.min);
  const most = given === undefined ? RULES[`${prop}.max`].default : Math.ceil(sigma === 0 ? mean : 4 * mean);
  const max = number('max', given?.max ?? Math.max(min, Math.min(most, room)));
  if (mean < min || mean > max) {
    throw new Refusal(`'${prop}.mean' (${mean}) must be from min (${min}) to max (${max})`);
  }
  return { mean, sigma, min, max };
}

function thresholdsOf(given: LoadTestThresholds): LoadTestThresholds {
  const { firstTokenTimeoutSeconds, stallTimeoutSeconds, answerTimeoutSeconds } = TIMES;
  const latest = {
    ttftP95Seconds: firstTokenTimeoutSeconds, interTokenP95Seconds: stallTimeoutSeconds, endToEndP95Seconds: answerTimeoutSeconds,
  };
  for (const [name, value] of Object.entries(given) as [keyof LoadTestThresholds, number | undefined][]) {
    const setting = `thresholds.${name}`;
    const most = latest[name as keyof typeof latest];
    if (value !== undefined && SETTINGS.number(setting, setting, value) >= most) {
      throw new Refusal(`'thresholds.${name}' (${value}) can never be missed: a request that takes ${most} s has failed; use less`);
    }
  }
  const { ttftP95Seconds: first, endToEndP95Seconds: whole } = given;
  if (first !== undefined && whole !== undefined && first > whole) {
    throw new Refusal(`'thresholds.ttftP95Seconds' (${first}) is above 'thresholds.endToEndP95Seconds' (${whole}): no first token comes`
      + ' after the last; exchange them');
  }
  return { ...given, errorRate: given.errorRate ?? RULES['thresholds.errorRate'].default };
}

function targetOf({ server, target, acknowledgeExternalTarget }: LocustLoadTestProps): string {
  if (target === undefined) {
    return server.url;
  }
  const { hostname } = new URL(SETTINGS.text('target', 'target', target));
  if (!hostname.endsWith(CLUSTER_SUFFIX) && !acknowledgeExternalTarget) {
    throw new Refusal(`'target' (${target}) is outside the cluster: its name does not end with ${CLUSTER_SUFFIX}. A load on somebody else's`
      + ' server is an attack; if it is yours, set acknowledgeExternalTarget');
  }
  return target;
}
