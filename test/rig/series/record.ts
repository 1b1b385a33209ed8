import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** One server through all the states, a sample a second of each. */
class Recorder {
  static async start(): Promise<Recorder> {
    const cell = GeneratedCell.of('l4-gcs');
    const recorder = new Recorder(await VllmPod.start({ cell, args: ARGS, paced: true }), cell.argument('--served-model-name')!);
    await recorder.pod.server.ready();
    return recorder;
  }

  private constructor(readonly pod: VllmPod, private readonly model: string) {}

  async states(): Promise<Recording['states']> {
    await this.answer(4);
    return {
      idle: await this.recordState('idle'),
      loaded: await this.recordState('loaded', new Crowd(16, () => this.answer(24))),
      queued: await this.recordState('queued', new Crowd(160, () => this.answer(4))),
      slow: await this.recordState('slow', new Crowd(240, () => this.answer(24))),
      full: await this.recordState('full', new Crowd(64, () => this.answer(160))),
      aborted: await this.recordState('aborted', new Crowd(16, client => client % 2 ? this.answer(24) : this.goAway())),
      gone: await this.recordState('gone'),
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

  private async recordState(state: State, crowd?: Crowd): Promise<Record<string, string>> {
    console.log(`${state}: ${STATES[state]}`);
    const samples: (Exposition | undefined)[] = [];
    for (let due = Date.now(); samples.length < SAMPLES; due += EVERY_SECONDS * 1000) {
      if (state === 'gone' && samples.length === SAMPLES_BEFORE_THE_END) {
        this.pod.server.signal('SIGTERM');
        await this.pod.server.exited;
      }
      samples.push(await this.sample());
      await sleep(Math.max(0, due + EVERY_SECONDS * 1000 - Date.now()));
    }
    await crowd?.leave();
    if (state !== 'gone') {
      await eventually('no request is left', async () => this.isIdle());
    }
    return encoded(samples);
  }

  /** Undefined where a scrape would find nobody. */
  private async sample(): Promise<Exposition | undefined> {
    return await this.pod.server.health() === 'refused' ? undefined : expositionOf(await this.pod.server.metrics());
  }

  private async isIdle(): Promise<boolean> {
    const { rows } = expositionOf(await this.pod.server.metrics());
    return rows.filter(({ name }) => /^vllm:num_requests_(?:running|waiting)$/.test(name)).every(({ value }) => Number(value) === 0);
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
