import { ApiServer } from './api-server';
import { clientBunches, GOLDEN_RATIO } from './client-bunches';
import { Durations } from './durations';
import { SpeedCoefficients } from './speed-coefficients';
import { blend, Step, StepSeconds, StepTime } from './step-time';

/** The requests that a server gets, and what bounds those that it runs at once. */
export interface SimulatedLoad {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Clients who ask again as soon as they have their answer, or requests that come whatever happens. */
  readonly arrivals: { readonly clients: number } | { readonly requestsPerSecond: number };
  readonly maxNumBatchedTokens: number;
  /** The most requests that run at once. */
  readonly mostRunning: number;
  readonly apiServerCount: number;
  readonly stream: boolean;
}

/** Parts of the time of all steps; they overlap. */
export type TimeShares = { readonly [part in keyof Omit<StepSeconds, 'total'> | 'apiServer']: number };

/** What a server does once it has settled. */
export interface SimulatedServer {
  readonly outputTokensPerSecond: number;
  readonly requestsPerSecond: number;
  readonly firstToken: Durations;
  readonly interToken: Durations;
  readonly running: number;
  readonly waiting: number;
  readonly shares: TimeShares;
}

interface Arrival { readonly sent: number; readonly ready: number }
interface Ending { readonly step: number; readonly count: number }
interface Prompts extends Pick<Step, 'promptTokens' | 'promptOperations'> { readonly sent: readonly number[] }

/** As many turns as any load needs to settle; a bound for what never would. */
const MOST_TURNS = 20000;
/** A run goes on for so many times as long as it takes to settle. */
const RUN = 2.5;
/** Answers of few tokens take as many steps to settle, since requests wait before the engine. */
const LEAST_STEPS = 100;
/** Arrivals at a rate: fewer do not settle, more do not change the figures. */
const LEAST_ARRIVALS = 60;
const MOST_ARRIVALS = 600;
/** The longest run of equal steps: the sequences grow meanwhile. */
const MOST_STEPS_ALIKE = 64;

/**
 * A server as vLLM schedules it: each step gives every running sequence a token and fills what is left of the batch with prompts in the
 * order of arrival; the next step is scheduled while one runs (vllm/v1/core/sched/async_scheduler.py, 0.32).
 */
export class SchedulerSimulation {
  private readonly server: ApiServer;
  private readonly arrivals: Arrival[] = [];
  private nextArrival = 0;
  private promptDone = 0;
  private readonly endings: Ending[] = [];
  private nextEnding = 0;
  private decoding = 0;
  private contextTokens = 0;
  private now = 0;
  private scheduledAt = 0;
  private step = 0;

  private measuring = false;
  private readonly firstToken = new Durations();
  private readonly interToken = new Durations();
  private readonly sums = { seconds: 0, tokens: 0, ended: 0, running: 0, waiting: 0 };
  private readonly parts = { bandwidth: 0, compute: 0, overhead: 0, engine: 0, apiServer: 0 };

  constructor(private readonly time: StepTime, private readonly load: SimulatedLoad, private readonly fitted: SpeedCoefficients) {
    this.server = new ApiServer({ count: load.apiServerCount, stream: load.stream }, fitted);
  }

  run(): SimulatedServer {
    const { arrivals } = this.load;
    const closed = 'clients' in arrivals;
    const settled = closed ? this.startClients(arrivals.clients) : this.sendAtRate(arrivals.requestsPerSecond);
    for (let turns = 0; turns < MOST_TURNS; turns++) {
      const place = closed ? this.step : this.nextArrival;
      this.measuring ||= place >= settled || turns >= MOST_TURNS / 2;
      if (place >= Math.floor(RUN * settled)) {
        break;
      }
      this.turn();
    }
    return this.result();
  }

  /** Clients begin somewhere in their answers, in bunches. The steps in which each of them asks again. */
  private startClients(clients: number): number {
    const { outputTokens, inputTokens } = this.load;
    clientBunches(clients, this.time, this.load, this.fitted).forEach((count, bunch, { length }) => {
      const left = Math.floor((bunch + 0.5) / length * outputTokens);
      this.begin(count, left, inputTokens + outputTokens - left);
    });
    return Math.max(LEAST_STEPS, outputTokens + 4);
  }

  /** Requests at gaps as random ones have them, the same in every run. The number of arrivals in which the server settles. */
  private sendAtRate(requestsPerSecond: number): number {
    const { outputTokens } = this.load;
    const alone = outputTokens * this.time.of({ decoding: 1, tokensEach: 1, promptTokens: 0, promptOperations: 0, prompts: 0 }).total;
    const settled = Math.min(MOST_ARRIVALS, Math.ceil(LEAST_ARRIVALS + 3 * requestsPerSecond * alone));
    let at = 0;
    for (let request = 1; request <= Math.floor(RUN * settled); request++) {
      at -= Math.log(1 - request * GOLDEN_RATIO % 1) / requestsPerSecond;
      this.arrivals.push({ sent: at, ready: at + this.fitted.serverSeconds / this.load.apiServerCount + this.fitted.requestSeconds / 2 });
    }
    return settled;
  }

  private begin(count: number, steps: number, context: number): void {
    this.endings.push({ step: this.step + steps, count });
    this.decoding += count;
    this.contextTokens += count * context;
  }

  /** One step, or as many as pass alike. */
  private turn(): void {
    this.waitForArrival();
    const prompts = this.schedulePrompts();
    const ending = prompts.sent.length;
    const { decoding } = this;
    const { promptTokens, promptOperations } = prompts;
    const tokensEach = decoding > 0 ? this.contextTokens / decoding : 0;
    const seconds = this.time.of({ decoding, tokensEach, promptTokens, promptOperations, prompts: ending });
    const streaming = this.server.stream(decoding + ending, ending, seconds.total);
    const total = blend(seconds.total, streaming, this.fitted.serverOverlap);
    const steps = promptTokens > 0 || decoding === 0 ? 1 : this.stepsAlike(total);
    if (this.measuring) {
      this.measure(seconds, total, streaming, steps, ending);
    }
    this.scheduledAt = this.now + (steps - 1) * total;
    this.now += steps * total;
    this.step += steps;
    this.contextTokens += decoding * steps;
    this.end();
    this.answer(prompts.sent);
  }

  /** An engine without work begins with the next request. */
  private waitForArrival(): void {
    const arrival = this.arrivals[this.nextArrival];
    if (this.decoding === 0 && this.promptDone === 0 && arrival !== undefined) {
      const idle = Math.max(0, arrival.ready - this.now);
      this.sums.seconds += this.measuring ? idle : 0;
      this.now += idle;
      this.scheduledAt = this.now;
    }
  }

  /** Prompts that fill the batch, as far as requests may run at once. */
  private schedulePrompts(): Prompts {
    const { inputTokens, maxNumBatchedTokens, mostRunning } = this.load;
    const sent: number[] = [];
    let promptTokens = 0;
    let promptOperations = 0;
    while (this.decoding + promptTokens < maxNumBatchedTokens && this.decoding + sent.length < mostRunning) {
      const arrival = this.arrivals[this.nextArrival];
      if (arrival === undefined || arrival.ready > this.scheduledAt) {
        break;
      }
      const tokens = Math.min(maxNumBatchedTokens - this.decoding - promptTokens, inputTokens - this.promptDone);
      promptOperations += this.time.work.attentionOperations(this.promptDone, this.promptDone + tokens);
      promptTokens += tokens;
      this.promptDone += tokens;
      if (this.promptDone === inputTokens) {
        this.promptDone = 0;
        this.nextArrival++;
        sent.push(arrival.sent);
      }
    }
    return { promptTokens, promptOperations, sent };
  }

  /** Steps until a sequence ends or a request can come in. */
  private stepsAlike(seconds: number): number {
    const untilEnd = this.endings[this.nextEnding].step - this.step;
    const arrival = this.arrivals[this.nextArrival];
    const untilArrival = arrival === undefined ? untilEnd : Math.ceil((arrival.ready - this.now) / seconds);
    return Math.max(1, Math.min(untilEnd, untilArrival, MOST_STEPS_ALIKE));
  }

  /** Sequences that had their last token, and the requests that follow them. */
  private end(): void {
    const { inputTokens, outputTokens, arrivals } = this.load;
    let ended = 0;
    while (this.nextEnding < this.endings.length && this.endings[this.nextEnding].step <= this.step) {
      ended += this.endings[this.nextEnding++].count;
    }
    this.decoding -= ended;
    this.contextTokens = this.decoding === 0 ? 0 : this.contextTokens - ended * (inputTokens + outputTokens);
    this.sums.ended += this.measuring ? ended : 0;
    if (ended > 0 && 'clients' in arrivals) {
      const ready = this.server.take(ended, this.now, this.decoding);
      for (let request = 0; request < ended; request++) {
        this.arrivals.push({ sent: this.now, ready });
      }
    }
  }

  /** Prompts that are computed have their first token, and go on with the next step. */
  private answer(sent: readonly number[]): void {
    const { inputTokens, outputTokens } = this.load;
    for (const at of this.measuring ? sent : []) {
      this.firstToken.add(this.now + this.fitted.requestSeconds / 2 - at);
    }
    if (sent.length > 0) {
      this.begin(sent.length, outputTokens - 1, inputTokens + 1);
    }
    if (outputTokens === 1) {
      this.end();
    }
  }

  private measure(seconds: StepSeconds, total: number, streaming: number, steps: number, ending: number): void {
    const span = steps * total;
    this.sums.seconds += span;
    this.sums.tokens += this.decoding * steps + ending;
    this.sums.running += span * (this.decoding + ending);
    this.sums.waiting += span * this.waiting();
    this.parts.bandwidth += steps * seconds.bandwidth;
    this.parts.compute += steps * seconds.compute;
    this.parts.overhead += steps * seconds.overhead;
    this.parts.engine += steps * seconds.engine;
    this.parts.apiServer += steps * streaming;
    if (this.decoding > 0) {
      this.interToken.add(total, this.decoding * steps);
    }
  }

  /** Requests that the engine has and does not run. */
  private waiting(): number {
    const { arrivals, nextArrival } = this;
    let next = nextArrival;
    while (next < arrivals.length && arrivals[next].ready <= this.scheduledAt) {
      next++;
    }
    return next - nextArrival;
  }

  private result(): SimulatedServer {
    const { firstToken, interToken, sums: { seconds, tokens, ended, running, waiting }, parts } = this;
    const mean = (sum: number) => seconds > 0 ? sum / seconds : 0;
    return {
      outputTokensPerSecond: mean(tokens), requestsPerSecond: mean(ended), running: mean(running), waiting: mean(waiting),
      firstToken, interToken,
      shares: {
        bandwidth: mean(parts.bandwidth), compute: mean(parts.compute), overhead: mean(parts.overhead), engine: mean(parts.engine),
        apiServer: mean(parts.apiServer),
      },
    };
  }
}
