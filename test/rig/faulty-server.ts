import { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoopbackServer } from './loopback-server';

const PACED_BYTES = 1 << 20;

/** A request as a test looks at it. */
export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** How often this method and path was asked for before. */
  readonly earlier: number;
}

/** What goes wrong with one answer. */
export type Fault =
  /** Another answer than the right one. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The connection is reset before an answer; the server may have done what was asked. */
  | { readonly reset: 'before' | 'after' }
  /** The right answer, ended early after so many bytes of its body. */
  | { readonly cutAfter: number }
  /** The right answer with one bit of this byte changed. */
  | { readonly flip: number }
  /** The right answer with bytes added or taken away, and a length that agrees. */
  | { readonly length: number }
  /** The right answer, later, and at most at this rate. */
  | { readonly delayMs: number; readonly bytesPerSecond?: number }
  /** The right answer, once this is settled. */
  | { readonly until: Promise<unknown> };

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** Plays a service of the internet, and goes wrong where a test says so. */
export abstract class FaultyServer extends LoopbackServer {
  /** Asked before each answer; undefined: all is well. */
  fault?: (request: SeenRequest) => Fault | undefined;
  readonly seen: SeenRequest[] = [];
  private readonly counts = new Map<string, number>();

  constructor() {
    super();
    this.server.keepAliveTimeout = 1000;
  }

  protected abstract answer(request: SeenRequest): Answer;

  protected async serve(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const key = `${request.method} ${request.url}`;
    const earlier = this.counts.get(key) ?? 0;
    this.counts.set(key, earlier + 1);
    const seen = { method: request.method!, path: request.url!, headers: request.headers, body, earlier };
    this.seen.push(seen);
    const fault: Fault = this.fault?.(seen) ?? { delayMs: 0 };
    if ('status' in fault) {
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      return;
    }
    if ('reset' in fault && fault.reset === 'before') {
      request.socket.resetAndDestroy();
      return;
    }
    const { status, headers, body: right } = this.answer(seen);
    if ('reset' in fault) {
      request.socket.resetAndDestroy();
      return;
    }
    if ('delayMs' in fault) {
      await new Promise(resolve => setTimeout(resolve, fault.delayMs));
    }
    if ('until' in fault) {
      await fault.until;
    }
    // What is stored is large: it is copied only to be changed.
    let bytes = Buffer.isBuffer(right) ? right : Buffer.from(right ?? '');
    if ('flip' in fault && bytes.length > 0) {
      bytes = Buffer.from(bytes);
      bytes[fault.flip % bytes.length] ^= 1;
    }
    if ('length' in fault) {
      bytes = Buffer.concat([bytes, Buffer.alloc(Math.max(0, fault.length))]).subarray(0, bytes.length + fault.length);
    }
    // An answer to HEAD names a length and has no body.
    const length = request.method === 'HEAD' ? {} : { 'content-length': `${bytes.length}` };
    response.writeHead(status, { ...headers, ...length });
    if ('cutAfter' in fault && fault.cutAfter < bytes.length) {
      response.write(bytes.subarray(0, fault.cutAfter), () => request.socket.resetAndDestroy());
      return;
    }
    if ('delayMs' in fault && fault.bytesPerSecond !== undefined && request.method !== 'HEAD') {
      // A client that goes away in the middle is part of what is tried.
      await pipeline(paced(bytes, fault.bytesPerSecond), response).catch(() => undefined);
      return;
    }
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }
}

/** At a rate by the clock and not by counting pauses: a busy machine makes up for a pause that was too long. */
async function* paced(bytes: Buffer, bytesPerSecond: number): AsyncGenerator<Buffer> {
  const start = performance.now();
  for (let sent = 0; sent < bytes.length; sent += PACED_BYTES) {
    await sleep(Math.max(0, sent / bytesPerSecond * 1000 - (performance.now() - start)));
    yield bytes.subarray(sent, sent + PACED_BYTES);
  }
}

/** `bytes=5-9`, `bytes=5-`; undefined for the whole. */
export function rangeOf(header: string | undefined, length: number): { readonly start: number; readonly end: number } | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  return match ? { start: Number(match[1]), end: Math.min(length, match[2] === '' ? length : Number(match[2]) + 1) } : undefined;
}
