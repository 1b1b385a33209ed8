import { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoopbackServer } from '../rig/loopback-server';

/** One request of a load test. */
export interface Asked {
  readonly prompt: string;
  readonly maxTokens: number;
  /** How many came before it. */
  readonly index: number;
  readonly response: ServerResponse;
}

export type Play = (asked: Asked) => void | Promise<void>;

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const token = (text: string, finish: string | null = null) =>
  event({ choices: [{ index: 0, delta: { content: text }, finish_reason: finish }] });
const usage = (tokensIn: unknown = 7, tokensOut: unknown = 3) =>
  event({ choices: [], usage: { prompt_tokens: tokensIn, completion_tokens: tokensOut } });
const DONE = 'data: [DONE]\n\n';

function stream(response: ServerResponse, ...parts: (string | Buffer)[]): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  parts.forEach(part => response.write(part));
  return response;
}

const cut = (response: ServerResponse) => response.socket!.resetAndDestroy();

/** An answer at a known pace. `kept`: the seconds at which each of its tokens was really sent, one list an answer. */
export const paced = (firstMs: number, betweenMs: number, tokens: number, kept: number[][] = []): Play => async ({ response }) => {
  const [asked, sent]: [number, number[]] = [performance.now(), []];
  kept.push(sent);
  stream(response).flushHeaders();
  await sleep(firstMs);
  for (let index = 1; index <= tokens && !response.destroyed; index += 1) {
    sent.push((performance.now() - asked) / 1000);
    response.write(token('x', index === tokens ? 'length' : null));
    if (index < tokens) {
      await sleep(betweenMs);
    }
  }
  response.end(usage(7, tokens) + DONE);
};

export const good = paced(5, 2, 3);

/** What can go wrong, and what the load test calls it. */
export const FAULTS: readonly (readonly [name: string, kind: string, play: Play])[] = [
  ['too many requests', 'HTTP 429', ({ response }) => void response.writeHead(429, { 'retry-after': '1' }).end('{"error":"slow down"}')],
  ['an error with a huge page', 'HTTP 500', ({ response }) => void response.writeHead(500).end('<h1>oops</h1>'.repeat(100_000))],
  ['a server that is not ready', 'HTTP 503', ({ response }) => void response.writeHead(503).end()],
  ['a redirection', 'HTTP 302', ({ response }) => void response.writeHead(302, { location: 'http://example.com/' }).end()],
  ['a page in place of a stream', 'no stream', ({ response }) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello')],
  ['no HTTP', 'no HTTP', ({ response }) => void response.socket!.end('220 mail.example.com ESMTP\r\n')],
  ['a reset before the answer', 'connection lost', ({ response }) => void cut(response)],
  ['a reset in the answer', 'cut', ({ response }) => void stream(response).write(token('a'), () => setTimeout(() => cut(response), 50))],
  ['an end without [DONE]', 'cut', ({ response }) => void stream(response, token('a', 'stop'), usage()).end()],
  ['no answer', 'no answer in time', () => undefined],
  ['a stream that stalls', 'stalled', ({ response }) => void stream(response, token('a'))],
  ['a stream without end', 'too slow', async ({ response }) => {
    for (stream(response); !response.destroyed; await sleep(50)) {
      response.write(token('a'));
    }
  }],
  ['a malformed event', 'malformed event', ({ response }) => void stream(response, token('a'), 'data: {"choices": [\n\n', DONE).end()],
  ['an event that is a list', 'malformed event', ({ response }) => void stream(response, token('a'), 'data: [1]\n\n', DONE).end()],
  ['choices that are none', 'malformed event', ({ response }) => void stream(response, 'data: {"choices":"x"}\n\n', DONE).end()],
  ['an event too deep to read', 'malformed event', ({ response }) => void stream(response, `data: ${'['.repeat(200_000)}\n\n`, DONE).end()],
  ['bad UTF-8', 'bad UTF-8', ({ response }) => void stream(response, Buffer.from('data: {"choices":[{"delta":{"content":"\xff\xfe"}}]}\n\n', 'latin1')).end(DONE)],
  ['an error event', 'error event', ({ response }) => void stream(response, token('a'), event({ error: { message: 'engine died', code: 500 } }), DONE).end()],
  ['an aborted answer', 'aborted', ({ response }) => void stream(response, token('a', 'abort'), usage(), DONE).end()],
  ['no finish reason', 'no finish reason', ({ response }) => void stream(response, token('a'), usage(), DONE).end()],
  ['no usage', 'no usage', ({ response }) => void stream(response, token('a', 'stop'), DONE).end()],
  ['usage of no sense', 'bad usage', ({ response }) => void stream(response, token('a', 'stop'), usage('7', -3), DONE).end()],
  ['nothing but [DONE]', 'empty answer', ({ response }) => void stream(response, DONE).end()],
  ['no token', 'empty answer', ({ response }) => void stream(response, token('', 'stop'), usage(7, 0), DONE).end()],
  ['a line without end', 'too large', ({ response }) => void stream(response, `data: ${'x'.repeat(3 << 20)}`).end()],
];

/** Unusual, and right all the same. */
export const UNUSUAL: readonly (readonly [name: string, play: Play])[] = [
  ['comments, empty lines and carriage returns', ({ response }) => void stream(response, ': ping\r\n\r\n', token('a', 'stop').replace(/\n/g, '\r\n'),
    usage().replace('data: ', 'data:'), 'event: end\n', DONE).end()],
  ['a character in two pieces', async ({ response }) => {
    const bytes = Buffer.from(token('ü', 'stop'));
    stream(response, bytes.subarray(0, bytes.indexOf(0xc3) + 1));
    await sleep(30);
    response.write(bytes.subarray(bytes.indexOf(0xc3) + 1));
    response.end(usage() + DONE);
  }],
];

/** Plays a server; the two questions before a test are answered, unless `first` says otherwise. */
export class PlayedServer extends LoopbackServer {
  readonly prompts: string[] = [];
  readonly played = new Map<string, number>();
  first?: Play;
  /** Requests since it was asked last. */
  count = 0;

  constructor(public play: (asked: Asked) => readonly [string, Play]) {
    super();
  }

  protected async serve(_: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const { messages, max_tokens: maxTokens } = JSON.parse(body.toString()) as { messages: { content: string }[]; max_tokens: number };
    const prompt = messages[0].content;
    const asked = { prompt, maxTokens, index: this.count, response };
    if (/^time( time)*$/.test(prompt)) {
      const words = prompt.split(' ').length;
      return void await (this.first ?? (({ response: answer }) => void stream(answer, token('a', 'length'), usage(words + 9, 1), DONE).end()))(asked);
    }
    this.count += 1;
    this.prompts.push(prompt);
    const [name, play] = this.play(asked);
    this.played.set(name, (this.played.get(name) ?? 0) + 1);
    await play(asked);
  }
}
