import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Scope, Signal, signals } from '../../../lib/serving/signals';
import { Exposition, selectorsOf } from '../vllm-metrics';

export const RECORDED_FILE = join(__dirname, 'samples.json');

/** What a server was recorded doing. */
export const STATES = {
  idle: 'has answered, and is asked nothing',
  loaded: '16 clients, fewer than it runs at once',
  queued: '160 clients that ask for 12 tokens each, of which it runs 64 at once',
  slow: '240 clients that ask for 24 tokens each, of which it runs 64 at once',
  full: '64 clients that ask for 100 to 160 tokens each, more than the KV cache holds',
  left: '16 clients, every second of which goes away after the first token',
  broken: '16 clients, and every eighth sample it is paused and aborts what it answers',
  gone: 'is ended after 8 samples',
} as const;

export type State = keyof typeof STATES;

export interface Recording {
  /** Release of vLLM that was recorded. */
  readonly release: string;
  /** Arguments in the place of the cell's. */
  readonly args: readonly string[];
  /** Seconds from sample to sample. */
  readonly everySeconds: number;
  /** Number of samples of each series. */
  readonly samples: number;
  /** Series as `name{label="value"}`, without the model's name, and their samples as promtool writes them. */
  readonly states: { readonly [state in State]: { readonly [series: string]: string } };
}

export function recorded(): Recording {
  return JSON.parse(readFileSync(RECORDED_FILE, 'utf8')) as Recording;
}

/** Names of all series that an alert or a dashboard reads of a server. */
export function namesRead(): Set<string> {
  const linesOf = ({ value, chart }: Signal) => [value, ...(chart?.lines ?? []).map(line => line.value)];
  const expressions = signals().flatMap(linesOf).map(line => line(Scope.ALL));
  return new Set(expressions.flatMap(selectorsOf).map(({ name }) => name).filter(name => name.startsWith('vllm:')));
}

/** The model's name is the cell's, so it is left out. */
export function seriesOf({ rows }: Exposition): Map<string, string> {
  const names = namesRead();
  return new Map(rows.filter(({ name }) => names.has(name)).map(({ name, labels, value }) => {
    const others = Object.entries(labels).filter(([label]) => label !== 'model_name');
    return [`${name}{${others.map(([label, text]) => `${label}="${text}"`).join(',')}}`, value];
  }));
}
