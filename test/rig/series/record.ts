import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { METRICS } from '../../../lib/serving/signals';
import { DEFAULT_RELEASE } from '../vllm';
import { eventually } from '../eventually';
import { install } from '../vllm/install';
import { AnswerStream } from '../vllm-answer';
import { GeneratedCell } from '../vllm-cell';
import { Exposition, expositionOf } from '../vllm-metrics';
import { VllmPod } from '../vllm-pod';
import { valuesOf } from './notation';
import { Recording, RECORDED_FILE, seriesOf, State, STATES } from './recorded';

const EVERY_SECONDS = 1;
/** A quarter of an hour, where a test has one in 15 seconds. */
const SAMPLES = 64;
const SAMPLES_BEFORE_THE_END = 8;
/** 128 blocks of 32 tokens, and as many requests at once as are too many for it when they are long. */
const ARGS = ['--max-num-seqs=64', '--max-model-len=512', '--block-size=32', '--num-gpu-blocks-override=128'];

/** Clients that ask again as soon as they have their answer. */
class Crowd {
  private open = true;
  private readonly clients: Promise<void>[];

  constructor(count: number, ask: (client: number) => Promise<unknown>) {
    this.clients = Array.from({ length: count }, async (_, client) => {
      while (this.open) {
        await ask(client);
      }
    });
  }

  async leave(): Promise<void> {
    this.open = false;
    await Promise.all(this.clients);
  }
}

/** Lets a test server be paused. https://docs.vllm.ai/en/latest/usage/security/ */
const ENVIRONMENT = { VLLM_SERVER_DEV_MODE: '1' };
const SAMPLES_BETWEEN_PAUSES = 8;

interface Doings {
  /** Who asks. @default - nobody */
  readonly crowd?: Crowd;
  /** Metric that is above 0 from the first sample on. @default - any */
  readonly once?: string;
  /** What is done before a sample. @default - nothing */
  readonly before?: (sample: number) => Promise<unknown>;
}

/** One server through all the states, a sample a second of each. */
class Recorder {
  static async start(): Promise<Recorder> {
    const cell = GeneratedCell.of('l4-gcs');
    const recorder = new Recorder(await VllmPod.start({ cell, args: ARGS, paced: true, environment: ENVIRONMENT }), cell.argument('--served-model-name')!);
    await recorder.pod.server.ready();
    return recorder;
  }

  private constructor(readonly pod: VllmPod, private readonly model: string) {}

  async states(): Promise<Recording['states']> {
    await this.answer(4);
    const asking = (count: number, tokens: (client: number) => number) => new Crowd(count, client => this.answer(tokens(client)));
    return {
      idle: await this.recordState('idle'),
      loaded: await this.recordState('loaded', { crowd: asking(16, () => 24), once: METRICS.requestsRunning }),
      queued: await this.recordState('queued', { crowd: asking(160, () => 12), once: METRICS.requestsWaiting }),
      slow: await this.recordState('slow', { crowd: asking(240, () => 24), once: METRICS.requestsWaiting }),
      full: await this.recordState('full', { crowd: asking(64, client => 100 + client % 61), once: METRICS.preemptions }),
      left: await this.recordState('left', { crowd: new Crowd(16, client => client % 2 ? this.answer(24) : this.goAway()) }),
      broken: await this.recordState('broken', { crowd: asking(16, () => 24), before: sample => this.abortAnswers(sample) }),
      gone: await this.recordState('gone', { before: sample => this.end(sample) }),
    };
  }

  private answer(tokens: number): Promise<unknown> {
    return new AnswerStream({ url: this.pod.server.url, model: this.model, tokens, withinSeconds: 600 }).ended;
  }

  /** Reads the first piece of an answer and closes the connection. */
  private async goAway(): Promise<void> {
    const leaving = new AbortController();
    const response = await fetch(`${this.pod.server.url}/v1/completions`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, signal: leaving.signal,
      body: JSON.stringify({ model: this.model, prompt: 'the quick brown fox', max_tokens: 100, ignore_eos: true, stream: true }),
    });
    await response.body!.getReader().read();
    leaving.abort();
  }

  private async abortAnswers(sample: number): Promise<void> {
    if (sample % SAMPLES_BETWEEN_PAUSES === 0) {
      for (const path of ['pause?mode=abort', 'resume']) {
        await fetch(`${this.pod.server.url}/${path}`, { method: 'POST' });
      }
    }
  }

  private async end(sample: number): Promise<void> {
    if (sample === SAMPLES_BEFORE_THE_END) {
      this.pod.server.signal('SIGTERM');
      await this.pod.server.exited;
    }
  }

  private async recordState(state: State, { crowd, once, before }: Doings = {}): Promise<Record<string, string>> {
    console.log(`${state}: ${STATES[state]}`);
    if (once !== undefined) {
      await eventually(`${once} is above 0`, async () => await this.total(once) > 0);
    }
    const samples: (Exposition | undefined)[] = [];
    for (let due = Date.now(); samples.length < SAMPLES; due += EVERY_SECONDS * 1000) {
      await before?.(samples.length);
      samples.push(await this.sample());
      await sleep(Math.max(0, due + EVERY_SECONDS * 1000 - Date.now()));
    }
    await crowd?.leave();
    if (samples.at(-1) !== undefined) {
      await eventually('no request is left', async () => await this.total(METRICS.requestsRunning, METRICS.requestsWaiting) === 0);
    }
    return encoded(samples);
  }

  /** Undefined where a scrape would find nobody. */
  private async sample(): Promise<Exposition | undefined> {
    return await this.pod.server.health() === 'refused' ? undefined : expositionOf(await this.pod.server.metrics());
  }

  private async total(...names: string[]): Promise<number> {
    const { rows } = expositionOf(await this.pod.server.metrics());
    return rows.filter(({ name }) => names.includes(name)).reduce((sum, { value }) => sum + Number(value), 0);
  }
}

function encoded(samples: readonly (Exposition | undefined)[]): Record<string, string> {
  const scrapes = samples.map(sample => sample && seriesOf(sample));
  const names = [...new Set(scrapes.flatMap(scrape => [...scrape?.keys() ?? []]))].sort();
  return Object.fromEntries(names.map(name => [name, valuesOf(scrapes.map(scrape => scrape?.get(name)))]));
}

async function main(): Promise<void> {
  install(DEFAULT_RELEASE);
  const recorder = await Recorder.start();
  try {
    const recording: Recording = {
      release: DEFAULT_RELEASE, args: ARGS, everySeconds: EVERY_SECONDS, samples: SAMPLES, states: await recorder.states(),
    };
    writeFileSync(RECORDED_FILE, `${JSON.stringify(recording, undefined, 1)}\n`);
  } finally {
    await recorder.pod.stop();
  }
}

if (require.main === module) {
  void main();
}
