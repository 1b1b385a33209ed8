import { setTimeout as wait } from 'node:timers/promises';
import { ExitCode, Failure } from './failure';

export interface HubConnectionProps {
  /** Its address, for example `https://huggingface.co`. */
  readonly endpoint: string;
  /** @default - what anyone may read */
  readonly token?: string;
  /**
   * Milliseconds before the second try; each further wait is twice as long.
   * @default 500
   */
  readonly firstWaitMilliseconds?: number;
  /**
   * Milliseconds for one answer, its body included.
   * @default 60000
   */
  readonly answerMilliseconds?: number;
}

export interface HubRequest {
  readonly path: string;
  /** What is asked for, in a sentence. */
  readonly what: string;
  /** More bytes than these are not read. */
  readonly mostBytes: number;
  /** Only the beginning, `mostBytes` at most. */
  readonly beginning?: boolean;
  /** What a refused answer means; undefined: nothing special. */
  readonly explain: (answer: HubRefusal) => Failure | undefined;
  /** Whether the bytes are those that were asked for; a sentence when they are not. */
  readonly problem?: (body: Buffer) => string | undefined;
}

export interface HubRefusal {
  readonly status: number;
  /** `GatedRepo`, `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`. */
  readonly code: string;
  readonly hasToken: boolean;
}

const TRIES = 5;
const REDIRECTS = 5;
const LONGEST_RETRY_AFTER_SECONDS = 60;

/** Asks a hub until it answers, a bounded number of times, and gives the token to nobody else. */
export class HubConnection {
  readonly endpoint: URL;
  private readonly stopped = new AbortController();

  constructor(private readonly props: HubConnectionProps) {
    this.endpoint = endpointOf(props.endpoint);
  }

  /** Ends what is under way, so that a failure of one request is not held up by the others. */
  stop(): void {
    this.stopped.abort();
  }

  async get(request: HubRequest): Promise<Buffer> {
    for (let tried = 1; ; tried++) {
      const outcome = await this.try(request);
      if (Buffer.isBuffer(outcome)) {
        return outcome;
      }
      if (tried === TRIES || this.stopped.signal.aborted) {
        throw new Failure(outcome.exitCode, `${outcome.message} (${tried} tries). Try again later`);
      }
      const limit = (this.props.firstWaitMilliseconds ?? 500) * 2 ** (tried - 1);
      // at random, so that many who were turned away together do not come back together
      const milliseconds = Math.max(outcome.retryAfterSeconds * 1000, limit * (0.5 + Math.random() / 2));
      await wait(milliseconds, undefined, { signal: this.stopped.signal });
    }
  }

  /** The body, or why another try may help. */
  private async try(request: HubRequest): Promise<Buffer | Again> {
    const { what } = request;
    try {
      const response = await this.open(request);
      if (!response.ok) {
        return this.refused(request, response);
      }
      const body = await bodyOf(response, request.mostBytes);
      const problem = request.problem?.(body);
      return problem === undefined ? body : new Again(ExitCode.DATA, `${what}: ${problem}`);
    } catch (error) {
      if (error instanceof Failure) {
        throw error;
      }
      return new Again(ExitCode.UNAVAILABLE, `${what}: ${this.endpoint.origin} does not answer: ${reasonOf(error as Error)}`);
    }
  }

  private async refused({ what, explain }: HubRequest, response: Response): Promise<Again> {
    const { status } = response;
    await response.body?.cancel();
    const explained = explain({ status, code: response.headers.get('x-error-code') ?? '', hasToken: this.props.token !== undefined });
    const sentence = `${what}: ${this.endpoint.origin} answers ${status}`;
    const passing = status === 408 || status === 429 || status >= 500;
    if (explained || !passing) {
      throw explained ?? new Failure(ExitCode.UNAVAILABLE, sentence);
    }
    const seconds = retryAfter(response.headers.get('retry-after'));
    if (seconds > LONGEST_RETRY_AFTER_SECONDS) {
      throw new Failure(ExitCode.UNAVAILABLE, `${sentence} and asks for ${Math.ceil(seconds)} s of patience. Try again after that`);
    }
    return new Again(ExitCode.UNAVAILABLE, sentence, seconds);
  }

  /** The answer behind all redirects, its body not yet read. */
  private async open({ path, what, beginning, mostBytes }: HubRequest): Promise<Response> {
    // under a path as well, as a mirror may have it
    let url = new URL(this.endpoint.href.replace(/\/$/, '') + path);
    const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(this.props.answerMilliseconds ?? 60_000)]);
    for (let hop = 0; hop <= REDIRECTS; hop++) {
      const { token } = this.props;
      const headers = new Headers({ 'user-agent': 'cdk8s-vllm' });
      if (token !== undefined && url.origin === this.endpoint.origin) {
        headers.set('authorization', `Bearer ${token}`);
      }
      if (beginning) {
        headers.set('range', `bytes=0-${mostBytes - 1}`);
      }
      const response = await fetch(url, { headers, redirect: 'manual', signal });
      const location = response.headers.get('location');
      if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
        return response;
      }
      await response.body?.cancel();
      const target = new URL(location, url);
      if (target.protocol !== url.protocol && target.protocol !== 'https:') {
        throw new Failure(ExitCode.DATA, `${what}: ${this.endpoint.origin} redirects from ${url.protocol} to ${target.protocol}`);
      }
      url = target;
    }
    throw new Failure(ExitCode.DATA, `${what}: ${this.endpoint.origin} redirects more than ${REDIRECTS} times`);
  }
}

/** Another try may help. */
class Again {
  constructor(readonly exitCode: ExitCode, readonly message: string, readonly retryAfterSeconds = 0) {}
}

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search || url.hash || url.username || url.password) {
    throw new Failure(ExitCode.USAGE, 'HF_ENDPOINT is no address of a hub such as https://huggingface.co');
  }
  return url;
}

async function bodyOf(response: Response, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk as Uint8Array);
    length += (chunk as Uint8Array).length;
    if (length >= mostBytes) {
      break;
    }
  }
  return Buffer.concat(chunks).subarray(0, mostBytes);
}

/** Seconds, or a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function retryAfter(value: string | null): number {
  const seconds = /^\d+$/.test(value ?? '') ? Number(value) : (Date.parse(value ?? '') - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}

/** `fetch failed` alone tells nobody anything. */
function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError') {
    return 'it takes too long';
  }
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return (cause?.code ?? cause?.message ?? error.message).split('\n')[0];
}
