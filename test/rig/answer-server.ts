import { IncomingMessage, ServerResponse } from 'node:http';
import { LoopbackServer } from './loopback-server';

export interface ChatRequest {
  readonly model: string;
  readonly messages: { readonly role: string; readonly content: string }[];
  readonly max_tokens: number;
  readonly temperature: number;
}

/** What a server does with one question; `attempt` counts the questions since `play`. */
export type Behaviour = (response: ServerResponse, request: ChatRequest, attempt: number) => unknown;

/** Stands for a vLLM server that goes wrong: every question is answered by what the test plays. */
export class AnswerServer extends LoopbackServer {
  asked: ChatRequest[] = [];
  /** The headers of each question. */
  headers: IncomingMessage['headers'][] = [];
  /** Answers of /tokenize; undefined: there is none. */
  tokens?: (request: ChatRequest) => number;
  private behaviour: Behaviour = whole('well');

  play(behaviour: Behaviour): void {
    this.behaviour = behaviour;
    this.asked = [];
    this.headers = [];
  }

  protected async serve(request: IncomingMessage, asked: Buffer, response: ServerResponse): Promise<void> {
    const body = JSON.parse(asked.toString()) as ChatRequest;
    if (request.url === '/tokenize') {
      response.writeHead(this.tokens ? 200 : 404).end(this.tokens ? JSON.stringify({ count: this.tokens(body) }) : '');
      return;
    }
    this.asked.push(body);
    this.headers.push(request.headers);
    await this.behaviour(response, body, this.asked.length);
  }
}

/** One server-sent event. */
export function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** A piece of an answer, as vLLM sends it. */
export function piece(content: string, finishReason: string | null = null): string {
  return event({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content }, finish_reason: finishReason }] });
}

export const DONE = 'data: [DONE]\n\n';

/** A stream that is left open. */
export function begin(response: ServerResponse, ...parts: (string | Buffer)[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  parts.forEach(part => response.write(part));
}

/** A stream of these parts that ends. */
export function stream(...parts: (string | Buffer)[]): Behaviour {
  return (response) => {
    begin(response, ...parts);
    response.end();
  };
}

/** An answer without a fault. */
export function whole(text: string): Behaviour {
  return stream(piece(text), piece('', 'stop'), DONE);
}

/** A refusal as vLLM words it. */
export function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return response => response.writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify({ error: { message, type: 'BadRequestError', param: null, code: status } }));
}
