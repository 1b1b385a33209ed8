import { Agent, IncomingMessage, request } from 'node:http';

/** How an answer ended: `length` and `stop` are whole ones; everything else is a broken one. */
export interface Answer {
  /** The finish reason, `HTTP <status>`, `error: …`, `cut` for an end without a reason, `hangs` for no end at all. */
  readonly end: string;
  readonly tokens: number;
}

export interface AnswerProps {
  readonly url: string;
  readonly model: string;
  readonly tokens: number;
  /** From when on an answer without an end is called hanging. */
  readonly withinSeconds: number;
}

/** A streamed answer over a connection of its own, so that every request is routed anew. */
export class AnswerStream {
  /** Resolves with the first token, or with the end when there is none. */
  readonly started: Promise<void>;
  readonly ended: Promise<Answer>;
  private tokens = 0;
  private reason?: string;

  constructor(props: AnswerProps) {
    let start!: () => void;
    this.started = new Promise((resolve) => { start = resolve; });
    this.ended = new Promise<Answer>((resolve) => {
      const end = (reason: string) => {
        clearTimeout(hanging);
        call.destroy();
        start();
        resolve({ end: reason, tokens: this.tokens });
      };
      const hanging = setTimeout(() => end('hangs'), props.withinSeconds * 1000);
      const body = {
        model: props.model, prompt: 'the quick brown fox', max_tokens: props.tokens, ignore_eos: true,
        stream: true, stream_options: { include_usage: true },
      };
      const call = request(`${props.url}/v1/completions`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, agent: new Agent({ keepAlive: false }),
      }, response => this.read(response, start, end));
      call.once('error', error => end(`error: ${error.message}`));
      call.end(JSON.stringify(body));
    });
  }

  private read(response: IncomingMessage, start: () => void, end: (reason: string) => void): void {
    if (response.statusCode !== 200) {
      end(`HTTP ${response.statusCode}`);
      return;
    }
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop()!;
      for (const line of lines.filter(other => other.startsWith('data: {'))) {
        const event = JSON.parse(line.slice('data: '.length));
        // a busy server puts several tokens into one event, so that only it can count them
        this.tokens = event.usage?.completion_tokens ?? this.tokens;
        this.reason = event.error ? `error: ${event.error.message}` : event.choices[0]?.finish_reason ?? this.reason;
        start();
      }
    });
    response.once('error', error => end(`error: ${error.message}`));
    response.once('end', () => end(this.reason ?? 'cut'));
  }
}

/** How often each end was seen. */
export function endsOf(answers: readonly Answer[]): Record<string, number> {
  const ends: Record<string, number> = {};
  answers.forEach(({ end }) => { ends[end] = (ends[end] ?? 0) + 1; });
  return ends;
}
