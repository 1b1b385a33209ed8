import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { IncomingMessage, request as ask, ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, Server as TcpServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchInference } from '../../lib';
import { eventually } from '../rig/eventually';
import { Answer, Fault, FaultyServer, SeenRequest } from '../rig/faulty-server';
import { LoopbackServer } from '../rig/loopback-server';
import { freePort } from '../rig/process';
import { programFolder } from '../rig/program-folder';
import { tinyModel, VllmServer } from '../rig/vllm';
import { ClientProgram } from './client-program';

const MODEL = 'tiny';
const PROGRAMS = programFolder(BatchInference.programImage().programs);
const folder = mkdtempSync(join(tmpdir(), 'batch-'));
const FAULT_CASES: string[] = [];
let files = 0;

afterAll(() => {
  ClientProgram.killAll();
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`\nbatch: ${FAULT_CASES.length} fault cases: ${FAULT_CASES.join('; ')}\n`);
});

/** A test of a fault, counted when it has passed. */
function faultCase(name: string, check: () => void | Promise<void>): void {
  test(name, async () => {
    await check();
    FAULT_CASES.push(name);
  });
}

interface Chat {
  readonly choices: { readonly message: { readonly content: string } }[];
}

interface OutputRecord {
  readonly id: string;
  readonly custom_id: string | null;
  readonly line?: number;
  readonly response: { readonly status_code: number; readonly body: Chat } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The options replace those of the same name. */
class Run extends ClientProgram {
  constructor(input: string, output: string, url: string, options: string[] = [], wrapper: string[] = []) {
    super(PROGRAMS, [
      input, output, `--url=${url}`, `--model=${MODEL}`, '--max-in-flight=8', '--max-retries=2', '--commit-interval=0.05', '--ready-timeout=300',
      '--max-error-share=1', ...options,
    ], wrapper);
  }
}

function path(name: string): string {
  return join(folder, `${++files}-${name}`);
}

function question(text: string, customId = text): object {
  return { custom_id: customId, method: 'POST', url: '/v1/chat/completions', body: { messages: [{ role: 'user', content: text }], max_tokens: 4 } };
}

function inputOf(...lines: (object | string | Buffer)[]): string {
  const file = path('input.jsonl');
  writeFileSync(file, Buffer.concat(lines.flatMap(line => [
    Buffer.isBuffer(line) ? line : Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)), Buffer.from('\n'),
  ])));
  return file;
}

function recordsOf(output: string, kind: 'part' | 'errors'): OutputRecord[] {
  return readdirSync(output).filter(name => name.startsWith(`${kind}-`)).sort().flatMap((name) => {
    const text = readFileSync(join(output, name), 'utf8');
    expect(text === '' || text.endsWith('\n')).toBe(true);
    return text.split('\n').slice(0, -1).map(line => JSON.parse(line) as OutputRecord);
  });
}

/** Files of the records that are committed and not joined yet, as the name of the folder that they are in. */
function commitsIn(output: string): string[] {
  const folders = existsSync(output) ? readdirSync(output).filter(name => name.startsWith('journal-')) : [];
  return folders.flatMap(name => readdirSync(join(output, name)).filter(file => file.endsWith('.jsonl')).map(file => join(output, name, file)));
}

/** Records that count, wherever they stand. */
function committed(output: string): number {
  return recordsOf(output, 'part').length + commitsIn(output).reduce((sum, file) => sum + readFileSync(file, 'utf8').split('\n').length - 1, 0);
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `q${index}`);
}

/** Plays the model: says what it is asked, and goes wrong as often as a question has faults. */
class Parrot extends FaultyServer {
  readonly faults = new Map<string, Fault[]>();
  /** Bodies in the place of the right one. */
  readonly bodies = new Map<string, (Buffer | string)[]>();
  models: Answer = { status: 200, body: JSON.stringify({ data: [{ id: MODEL }] }) };

  static async start(): Promise<Parrot> {
    const parrot = new Parrot();
    parrot.fault = request => parrot.faults.get(questionOf(request))?.shift();
    return parrot.listen();
  }

  times(text: string): number {
    return this.seen.filter(request => questionOf(request) === text).length;
  }

  protected answer(request: SeenRequest): Answer {
    if (request.path === '/v1/models') {
      return this.models;
    }
    const text = questionOf(request);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: this.bodies.get(text)?.shift() ?? said(text) };
  }
}

function said(content: string, reason = 'stop'): string {
  return JSON.stringify({ id: 'chatcmpl-1', choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: reason }] });
}

function questionOf({ body }: { readonly body: Buffer }): string {
  return body.length === 0 ? '' : (JSON.parse(body.toString()) as { messages: [{ content: string }] }).messages[0].content;
}

/** What is never settled. */
const NEVER = new Promise<void>(() => undefined);

/** Answers that wait until a test lets them go. */
function gate(): { readonly fault: Fault; readonly open: () => void } {
  let open = () => undefined as void;
  const until = new Promise<void>(resolve => open = resolve);
  return { fault: { until }, open: () => open() };
}

function times<T>(count: number, what: T): T[] {
  return Array.from({ length: count }, () => what);
}

describe('what a server can do to a request', () => {
  let parrot: Parrot;
  let run: Run;
  let answers: Map<string | null, OutputRecord>;
  let errors: Map<string | null, OutputRecord>;
  const pauses = new Map<string, number>();

  const ALL = 3;
  const again: [name: string, fault: Fault | { body: Buffer | string }][] = [
    ['500', { status: 500, body: '{"error": {"message": "EngineDeadError"}}' }],
    ['502 with a page of a proxy', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad Gateway</html>' }],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '1' } }],
    ['429 with a Retry-After that makes no sense', { status: 429, headers: { 'retry-after': 'soon' } }],
    ['a reset before the answer', { reset: 'before' }],
    ['a reset instead of the answer', { reset: 'after' }],
    ['an answer that is cut off', { cutAfter: 20 }],
    ['an empty answer', { body: '\n' }],
    ['an answer that is no JSON', { body: '{"choices": [{"mess' }],
    ['an answer with NaN', { body: '{"choices": [{"logprob": NaN}]}' }],
    ['an answer with bad UTF-8', { body: Buffer.concat([Buffer.from('{"choices": [{"message": {"content": "'), Buffer.from([0xff, 0xfe]), Buffer.from('"}}]}')]) }],
    ['an answer without choices', { body: '{"object": "error", "message": "odd"}' }],
    ['an answer nested too deeply', { body: `{"choices": ${'['.repeat(200_000)}` }],
    ['an answer that the stopping server aborted', { body: said('half', 'abort') }],
  ];
  const codes: Record<string, string> = {
    500: 'http_500', '502 with a page of a proxy': 'http_502', '503 with Retry-After': 'http_503',
    '429 with a Retry-After that makes no sense': 'http_429',
    'an answer that the stopping server aborted': 'aborted',
  };
  const codeOf = (name: string) => codes[name] ?? (/reset|cut off/.test(name) ? 'connection_lost' : 'malformed_answer');

  beforeAll(async () => {
    parrot = await Parrot.start();
    for (const [name, fault] of again) {
      for (const [count, key] of [[1, `${name}, once`], [ALL, `${name}, always`]] as const) {
        if ('body' in fault && !('status' in fault)) {
          parrot.bodies.set(key, times(count, fault.body!));
        } else {
          parrot.faults.set(key, times(count, fault as Fault));
        }
      }
    }
    parrot.faults.set('too long', [{ status: 400, body: '{"error": {"message": "maximum context length is 512"}}' }]);
    parrot.faults.set('elsewhere', [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }]);
    parrot.bodies.set('huge', [Buffer.alloc(65 * 2 ** 20, 'x')]);
    const arrivals = new Map<string, number>();
    const fault = parrot.fault!;
    parrot.fault = (request) => {
      const text = questionOf(request);
      pauses.set(text, Math.max(pauses.get(text) ?? 0, Date.now() - (arrivals.get(text) ?? Date.now())));
      arrivals.set(text, Date.now());
      return fault(request);
    };
    const questions = [...parrot.faults.keys(), ...parrot.bodies.keys(), ...numbers(20)];
    const input = inputOf(...questions.map(text => question(text)));
    const output = path('output');
    run = new Run(input, output, parrot.url, ['--max-in-flight=16']);
    expect(await run.code()).toBe(0);
    answers = new Map(recordsOf(output, 'part').map(record => [record.custom_id, record]));
    errors = new Map(recordsOf(output, 'errors').map(record => [record.custom_id, record]));
    expect(answers.size + errors.size).toBe(questions.length);
  });

  afterAll(() => parrot.stop());

  for (const [name] of again) {
    faultCase(`${name}: asked again, and answered`, () => {
      const key = `${name}, once`;
      expect(answers.get(key)?.response?.body.choices[0].message.content).toBe(key);
      expect(parrot.times(key)).toBe(2);
      expect(pauses.get(key)).toBeGreaterThanOrEqual(name.includes('Retry-After') && name.startsWith('503') ? 1000 : 200);
    });

    faultCase(`${name}, again and again: an error record after ${ALL} attempts`, () => {
      const key = `${name}, always`;
      expect(errors.get(key)?.error?.code).toBe(codeOf(name));
      expect(parrot.times(key)).toBe(ALL);
    });
  }

  faultCase('400: not asked again, and the reason is kept', () => {
    expect(errors.get('too long')).toMatchObject({
      error: { code: 'http_400', message: 'maximum context length is 512' }, response: { status_code: 400 }, line: expect.any(Number),
    });
    expect(parrot.times('too long')).toBe(1);
  });

  faultCase('a redirect is not followed', () => {
    expect(errors.get('elsewhere')?.error?.code).toBe('http_302');
    expect(parrot.times('elsewhere')).toBe(1);
  });

  faultCase('an answer of 65 MiB is given up', () => {
    expect(errors.get('huge')).toMatchObject({ error: { code: 'answer_too_large' }, response: null });
    expect(parrot.times('huge')).toBe(1);
  });

  test('all others are answered, and the person reads counts', () => {
    expect(numbers(20).map(text => answers.get(text)?.response?.body.choices[0].message.content)).toEqual(numbers(20));
    expect(run.output).toMatch(/^batch-inference: complete: 34 answers and 17 errors \(/m);
    expect(run.output.match(/^batch-inference: line \d+: /gm)).toHaveLength(5);
  });

  faultCase('no answer in time: asked again, and answered', async () => {
    parrot.faults.set('late once', [{ until: NEVER }]);
    const output = path('output');
    expect(await new Run(inputOf(question('late once')), output, parrot.url, ['--request-timeout=1', '--max-retries=100']).code()).toBe(0);
    expect(recordsOf(output, 'part')).toHaveLength(1);
    expect(parrot.times('late once')).toBeGreaterThan(1);
  });

  faultCase(`no answer in time, again and again: an error record after at most ${ALL} attempts`, async () => {
    parrot.faults.set('always late', times(ALL + 1, { until: NEVER }));
    const output = path('output');
    expect(await new Run(inputOf(question('always late')), output, parrot.url, ['--request-timeout=1']).code()).toBe(0);
    expect(recordsOf(output, 'errors')).toMatchObject([{ error: { code: 'request_timeout', message: 'no answer in time' }, response: null }]);
    expect(parrot.times('always late')).toBeLessThanOrEqual(ALL);
  });
});

/** An address that can be taken away, as a Service without a ready pod. */
class Door {
  private readonly sockets = new Set<Socket>();
  private server?: TcpServer;

  constructor(private readonly port: number, private readonly target: number) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async open(): Promise<void> {
    this.server = createTcpServer((socket) => {
      const inner = connect(this.target, '127.0.0.1');
      this.sockets.add(socket);
      for (const [from, to] of [[socket, inner], [inner, socket]]) {
        from.on('error', () => to.destroy()).on('close', () => to.destroy()).pipe(to);
      }
    });
    await new Promise<void>(resolve => this.server!.listen(this.port, '127.0.0.1', resolve));
  }

  shut(): void {
    this.server?.close();
    this.sockets.forEach(socket => socket.resetAndDestroy());
    this.sockets.clear();
  }
}

describe('a server that comes and goes', () => {
  let parrot: Parrot;
  let entrance: Door;

  beforeEach(async () => {
    parrot = await Parrot.start();
    entrance = new Door(await freePort(), Number(new URL(parrot.url).port));
  });

  afterEach(async () => {
    entrance.shut();
    await parrot.stop();
  });

  faultCase('is waited for while nothing listens, and while it loads', async () => {
    const right = parrot.models;
    parrot.models = { status: 503, body: 'loading' };
    const output = path('output');
    const run = new Run(inputOf(...numbers(5).map(text => question(text))), output, entrance.url);
    await eventually('it waits', async () => run.output.includes('waiting for'));
    await entrance.open();
    await eventually('it asked while the server loads', async () => parrot.seen.length > 1);
    expect(parrot.seen.every(request => request.path === '/v1/models')).toBe(true);
    parrot.models = right;
    expect(await run.code()).toBe(0);
    expect(recordsOf(output, 'part')).toHaveLength(5);
  });

  faultCase('is waited for in mid-run, at the cost of no request', async () => {
    await entrance.open();
    // Slow enough that some are cut in mid-answer, which takes their only second attempt
    numbers(300).forEach(text => parrot.faults.set(text, [{ delayMs: 100 }]));
    const output = path('output');
    const run = new Run(inputOf(...numbers(300).map(text => question(text))), output, entrance.url, ['--max-retries=1']);
    await eventually('it is at work', async () => parrot.seen.length > 60);
    entrance.shut();
    await eventually('it waits', async () => run.output.includes('waiting for'));
    await entrance.open();
    expect(await run.code()).toBe(0);
    expect(recordsOf(output, 'part')).toHaveLength(300);
    expect(recordsOf(output, 'errors')).toEqual([]);
  });

  faultCase('is given up when it stays away: exit code 69, nothing lost, and the next run completes', async () => {
    await entrance.open();
    numbers(200).slice(100).forEach(text => parrot.faults.set(text, [{ until: NEVER }]));
    const input = inputOf(...numbers(200).map(text => question(text)));
    const output = path('output');
    const run = new Run(input, output, entrance.url, ['--ready-timeout=2']);
    await eventually('half of it is done', async () => committed(output) === 100);
    entrance.shut();
    expect(await run.code()).toBe(69);
    expect(run.output).toMatch(/was not ready after \d+ s.*the next run goes on there/);
    expect(recordsOf(output, 'part')).toHaveLength(100);
    expect(existsSync(join(output, 'summary-00000.json'))).toBe(false);
    parrot.faults.clear();
    expect(await new Run(input, output, parrot.url).code()).toBe(0);
    expect(new Set(recordsOf(output, 'part').map(({ custom_id }) => custom_id)).size).toBe(200);
    expect(recordsOf(output, 'part')).toHaveLength(200);
  });

  const refusals: [string, Answer, RegExp][] = [
    ['with another model', { status: 200, body: '{"data": [{"id": "other"}]}' }, /serves other, not tiny/],
    ['that wants a key', { status: 401 }, /answers 401: it wants another key/],
    ['that is none', { status: 404 }, /is no vLLM server/],
  ];
  for (const [name, models, message] of refusals) {
    faultCase(`a server ${name} is refused at once: exit code 78`, async () => {
      parrot.models = models;
      const run = new Run(inputOf(question('q')), path('output'), parrot.url);
      expect(await run.code()).toBe(78);
      expect(run.output).toMatch(message);
    });
  }

  test('a key is read from its file, sent, and never shown', async () => {
    const file = path('key');
    writeFileSync(file, 'sk-unlikely-4711\n');
    const run = new Run(inputOf(question('q')), path('output'), parrot.url, [`--api-key-file=${file}`]);
    expect(await run.code()).toBe(0);
    expect(new Set(parrot.seen.map(request => request.headers.authorization))).toEqual(new Set(['Bearer sk-unlikely-4711']));
    expect(run.output).not.toContain('unlikely');
  });
});

describe('lines', () => {
  let parrot: Parrot;

  beforeAll(async () => {
    parrot = await Parrot.start();
  });

  afterAll(() => parrot.stop());

  const bad: [name: string, line: object | string | Buffer, code: string, message: RegExp][] = [
    ['no JSON', '{"custom_id": "a", ', 'invalid_json', /no JSON/],
    ['NaN', '{"custom_id": "nan", "body": {"temperature": NaN}}', 'invalid_json', /NaN is no JSON/],
    ['bad UTF-8', Buffer.concat([Buffer.from('{"custom_id": "'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), 'invalid_utf8', /byte 16/],
    ['a list', '[1, 2]', 'invalid_line', /no JSON object/],
    ['nested too deeply', '['.repeat(300_000), 'invalid_json', /nested too deeply/],
    ['without custom_id', { ...question('x'), custom_id: undefined }, 'missing_custom_id', /custom_id/],
    ['with a number as custom_id', { ...question('x'), custom_id: 7 }, 'missing_custom_id', /must be a text/],
    ['a custom_id that was there', question('twice', 'q1'), 'duplicate_custom_id', /already in line 2/],
    ['another method', { ...question('m'), method: 'GET' }, 'invalid_method', /GET/],
    ['another url', { ...question('u'), url: '/v1/images/generations' }, 'invalid_url', /\/v1\/chat\/completions/],
    ['without a body', { custom_id: 'nobody', method: 'POST', url: '/v1/chat/completions' }, 'invalid_body', /body/],
    ['another model', { ...question('o'), body: { model: 'gpt-4o', messages: [] } }, 'wrong_model', /gpt-4o.*tiny/],
    ['a stream', { ...question('s'), body: { stream: true, messages: [] } }, 'stream_not_possible', /stream/],
    ['of 17 MiB', question('y'.repeat(17 * 2 ** 20), 'huge'), 'line_too_long', /more than 16777216 bytes/],
  ];
  let errors: OutputRecord[];
  let run: Run;
  let output: string;

  beforeAll(async () => {
    const good = numbers(3).map(text => question(text));
    // a byte order mark, an empty line, a carriage return, half a surrogate pair, and no newline at the end
    const file = inputOf(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(JSON.stringify(good[0]))]), good[1], '', `${JSON.stringify(good[2])}\r`,
      ...bad.map(([, line]) => line), '{"custom_id": "\\ud83d", "url": "/v1/chat/completions", "body": {"messages": [{"content": "\\ud83d"}]}}');
    appendFileSync(file, JSON.stringify(question('last')));
    output = path('output');
    run = new Run(file, output, parrot.url);
    expect(await run.code()).toBe(0);
    errors = recordsOf(output, 'errors');
  });

  for (const [index, [name, , code, message]] of bad.entries()) {
    faultCase(`${name}: in the error file with number and reason`, () => {
      const found = errors.filter(({ line }) => line === index + 5);
      expect(found).toEqual([expect.objectContaining({ error: { code, message: expect.stringMatching(message) }, response: null })]);
    });
  }

  test('stop nothing: all others are answered, and never a bad one is sent', () => {
    expect(recordsOf(output, 'part').map(({ custom_id }) => custom_id).sort()).toEqual(['last', 'q0', 'q1', 'q2', '\ud83d']);
    expect(errors).toHaveLength(bad.length);
    expect(parrot.seen.filter(request => request.path !== '/v1/models')).toHaveLength(5);
    const body = JSON.parse(parrot.seen.at(-1)!.body.toString()) as object;
    expect(body).toMatchObject({ model: MODEL });
  });

  test('parameters are for bodies that do not say otherwise', async () => {
    const own = { ...question('own'), body: { messages: [{ role: 'user', content: 'own' }], temperature: 1 } };
    expect(await new Run(inputOf(question('given'), own), path('output'), parrot.url, ['--parameters={"temperature": 0, "seed": 7}']).code()).toBe(0);
    const bodies = parrot.seen.slice(-2).map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>)
      .sort((one, other) => Number(one.temperature) - Number(other.temperature));
    expect(bodies).toMatchObject([{ temperature: 0, seed: 7, max_tokens: 4 }, { temperature: 1, seed: 7 }]);
  });

  test('too many errors: everything is written, and the exit code is 3', async () => {
    const input = inputOf(...numbers(9).map(text => question(text)), 'bad');
    expect(await new Run(input, path('output'), parrot.url, ['--max-error-share=0.1']).code()).toBe(0);
    const folderOf = path('output');
    const failed = new Run(input, folderOf, parrot.url, ['--max-error-share=0.09']);
    expect(await failed.code()).toBe(3);
    expect(failed.output).toContain('10.0 % of the lines are errors, more than 9 %');
    expect(JSON.parse(readFileSync(join(folderOf, 'summary-00000.json'), 'utf8'))).toEqual({ lines: 10, answers: 9, errors: 1, codes: { invalid_json: 1 } });
  });

  test('a pod of an indexed Job works on the shard of its number', async () => {
    const input = inputOf(...numbers(4).map(text => question(text)));
    const output = path('output');
    expect(await new Run(input, output, parrot.url, ['--shards=2'], ['env', 'JOB_COMPLETION_INDEX=1']).code()).toBe(0);
    expect(readdirSync(output).filter(name => name.startsWith('part-'))).toEqual(['part-00001-00000.jsonl']);
    expect(recordsOf(output, 'part').map(({ custom_id }) => custom_id).sort()).toEqual(['q0', 'q2']);
    expect(await new Run(input, output, parrot.url, ['--shards=2', '--shard=0'], ['env', 'JOB_COMPLETION_INDEX=1']).code()).toBe(0);
    expect(recordsOf(output, 'part')).toHaveLength(4);
  });

  test('are dealt out to shards: each has its own, together all, and a custom_id counts across them', async () => {
    const input = inputOf(...numbers(50).map(text => question(text)), question('again', 'q3'));
    const folderOf = path('output');
    const runs = [0, 1, 2].map(shard => new Run(input, folderOf, parrot.url, ['--shards=3', `--shard=${shard}`]));
    expect(await Promise.all(runs.map(each => each.code()))).toEqual([0, 0, 0]);
    expect(recordsOf(folderOf, 'part').map(({ custom_id }) => custom_id).sort()).toEqual(numbers(50).sort());
    expect(recordsOf(folderOf, 'errors')).toEqual([expect.objectContaining({ custom_id: 'q3', line: 51 })]);
    expect(readdirSync(folderOf).filter(name => name.startsWith('summary-'))).toHaveLength(3);
  });
});

describe('files', () => {
  let parrot: Parrot;

  beforeAll(async () => {
    parrot = await Parrot.start();
  });

  afterAll(() => parrot.stop());

  const complete = async (input: string, output: string, lines: number) => {
    expect(await new Run(input, output, parrot.url).code()).toBe(0);
    expect(recordsOf(output, 'part').map(({ custom_id }) => custom_id).sort()).toEqual(numbers(lines).sort());
  };
  const questions = (count: number) => inputOf(...numbers(count).map(text => question(text)));

  const usages: [string, () => string, () => string, number, RegExp, string[]][] = [
    ['no input', () => join(folder, 'absent'), () => path('output'), 66, /input cannot be read: No such file/, []],
    ['an input without a line', () => inputOf('', '  '), () => path('output'), 65, /has no line/, []],
    ['a file in the place of the output folder', () => questions(1), () => inputOf('x'), 74, /File exists/, []],
    ['a shard that there is not', () => questions(1), () => path('output'), 64, /--shard \(4\) must be below --shards \(1\)/, ['--shard=4']],
    ['parameters that are no JSON', () => questions(1), () => path('output'), 64, /--parameters \({\) must be a JSON object/, ['--parameters={']],
    ['parameters that are a list', () => questions(1), () => path('output'), 64, /--parameters \(\[1\]\) must be a JSON object/, ['--parameters=[1]']],
    ['parameters with NaN', () => questions(1), () => path('output'), 64, /must be a JSON object/, ['--parameters={"temperature": NaN}']],
    ['an unknown option', () => questions(1), () => path('output'), 64, /unrecognized/, ['--max-in-fligth=4']],
  ];
  for (const [name, input, output, code, message, options] of usages) {
    faultCase(`${name}: exit code ${code}, and nothing is asked`, async () => {
      const before = parrot.seen.length;
      const run = new Run(input(), output(), parrot.url, options);
      expect(await run.code()).toBe(code);
      expect(run.output).toMatch(message);
      expect(parrot.seen).toHaveLength(before);
    });
  }

  for (const [index, message] of [['4', /JOB_COMPLETION_INDEX \(4\) must be below --shards \(1\)/], ['one', /JOB_COMPLETION_INDEX \(one\) must be a whole/]] as const) {
    faultCase(`a completion index of ${index}: exit code 64`, async () => {
      const run = new Run(questions(1), path('output'), parrot.url, [], ['env', `JOB_COMPLETION_INDEX=${index}`]);
      expect(await run.code()).toBe(64);
      expect(run.output).toMatch(message);
    });
  }

  faultCase('nobody reads its log any more: it goes on to its end', async () => {
    const output = path('output');
    const run = new Run(questions(20), output, parrot.url);
    run.child.stdout!.destroy();
    run.child.stderr!.destroy();
    expect(await run.code()).toBe(0);
    expect(recordsOf(output, 'part')).toHaveLength(20);
    expect(existsSync(join(output, 'summary-00000.json'))).toBe(true);
  });

  const others: [string, string[], RegExp][] = [
    ['model', ['--model=other'], /model is "other" and was "tiny"/],
    ['revision', ['--revision=abc'], /revision is "abc" and was null/],
    ['parameters', ['--parameters={"temperature": 0}'], /parameters is \{"temperature": 0\} and was \{\}/],
    ['number of shards', ['--shards=2'], /completions is 2 and was 1/],
    ['number of shards, from another shard', ['--shards=2', '--shard=1'], /completions is 2 and was 1/],
  ];
  for (const [name, options, message] of others) {
    faultCase(`another ${name} is not mixed with what is there: exit code 78`, async () => {
      const input = questions(3);
      const output = path('output');
      await complete(input, output, 3);
      const before = parrot.seen.length;
      const run = new Run(input, output, parrot.url, options);
      expect(await run.code()).toBe(78);
      expect(run.output).toMatch(message);
      expect(parrot.seen).toHaveLength(before);
      await complete(input, output, 3);
      expect(parrot.seen).toHaveLength(before);
    });
  }

  faultCase('another input is not mixed with what is there: exit code 78', async () => {
    const input = questions(3);
    const output = path('output');
    await complete(input, output, 3);
    appendFileSync(input, '\n');
    const run = new Run(input, output, parrot.url);
    expect(await run.code()).toBe(78);
    expect(run.output).toContain('input_sha256 is');
  });

  const damages: [string, (output: string) => void, RegExp][] = [
    ['a record that is none', output => appendFileSync(join(output, 'part-00000-00000.jsonl'), 'x\n'), /line 4 is no record of a batch/],
    ['a record that is there twice', (output) => {
      const file = join(output, 'part-00000-00000.jsonl');
      appendFileSync(file, `${readFileSync(file, 'utf8').split('\n')[0]}\n`);
    }, /has a second record/],
    ['a manifest that is lost', output => rmSync(join(output, 'manifest-00000.json')), /manifest-00000.json is missing/],
    ['a manifest that is cut off', output => writeFileSync(join(output, 'manifest-00000.json'), '{'), /manifest-00000.json cannot be read/],
    ['a file of the series that is lost', output => appendFileSync(join(output, 'part-00000-00002.jsonl'), ''), /part-00000-00001.jsonl is missing/],
  ];
  for (const [name, damage, message] of damages) {
    faultCase(`${name}: exit code 78, and nothing is asked`, async () => {
      const input = questions(3);
      const output = path('output');
      await complete(input, output, 3);
      damage(output);
      const before = parrot.seen.length;
      const run = new Run(input, output, parrot.url);
      expect(await run.code()).toBe(78);
      expect(run.output).toMatch(message);
      expect(parrot.seen).toHaveLength(before);
    });
  }

  faultCase('half a line at the end, as release 0.1 could leave it, is cut off, and only its question is asked again', async () => {
    const input = questions(10);
    const output = path('output');
    await complete(input, output, 10);
    const file = join(output, 'part-00000-00000.jsonl');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.slice(0, -30));
    const before = parrot.seen.length;
    await complete(input, output, 10);
    expect(parrot.seen.length - before).toBe(2);
    const lines = [file, join(output, 'part-00000-00001.jsonl')].flatMap(name => readFileSync(name, 'utf8').split('\n').slice(0, -1));
    expect(lines.sort()).toEqual(text.split('\n').slice(0, -1).sort());
  });

  faultCase('a full disk: exit code 74, and the next run has everything once', async () => {
    const input = questions(200);
    const output = path('output');
    // As a disk that is full in mid-record: the size that a file may have
    const run = new Run(input, output, parrot.url, [], ['prlimit', '--fsize=12345']);
    expect(await run.code()).toBe(74);
    expect(run.output).toMatch(/input or output failed: File too large/);
    expect(existsSync(join(output, 'part-00000-00000.jsonl'))).toBe(false);
    await complete(input, output, 200);
  });

  faultCase('two runs of one shard at the same time: the second ends with 75, the first completes', async () => {
    const { fault, open } = gate();
    parrot.faults.set('q0', [fault]);
    const input = questions(20);
    const output = path('output');
    const first = new Run(input, output, parrot.url);
    await eventually('the first is at work', async () => commitsIn(output).length > 0);
    const second = new Run(input, output, parrot.url);
    expect(await second.code()).toBe(75);
    expect(second.output).toContain('another process works on shard 0');
    open();
    expect(await first.code()).toBe(0);
    expect(recordsOf(output, 'part').map(({ custom_id }) => custom_id).sort()).toEqual(numbers(20).sort());
  });

  faultCase('a commit of somebody else, as by a run on another node: exit code 75', async () => {
    const { fault, open } = gate();
    numbers(60).slice(10).forEach(text => parrot.faults.set(text, [fault]));
    const input = questions(60);
    const output = path('output');
    const run = new Run(input, output, parrot.url);
    await eventually('it is at work', async () => committed(output) === 10);
    const next = `00000-${`${commitsIn(output).length}`.padStart(5, '0')}.jsonl`;
    writeFileSync(join(output, 'journal-00000', next), `${JSON.stringify({ id: 'batch_req_60', custom_id: 'q59', response: null, error: null })}\n`);
    open();
    expect(await run.code()).toBe(75);
    expect(run.output).toContain(`${next} is there already`);
    await complete(input, output, 60);
  });

  faultCase('asked to stop: what is in flight is written, exit code 75, and the next run asks only the rest', async () => {
    const { fault, open } = gate();
    numbers(100).slice(40).forEach(text => parrot.faults.set(text, [fault]));
    const input = questions(100);
    const output = path('output');
    const before = parrot.seen.length;
    const run = new Run(input, output, parrot.url, ['--stop-timeout=300']);
    const asked = () => parrot.seen.slice(before).filter(({ path: name }) => name !== '/v1/models');
    await eventually('all that may be in flight is', async () => committed(output) === 40 && asked().length === 48);
    run.child.kill('SIGTERM');
    await eventually('it has heard', async () => run.output.includes('asked to stop with 8 answers in flight'));
    open();
    expect(await run.code()).toBe(75);
    expect(run.output).toContain('batch-inference: stopped with 52 lines left');
    expect(recordsOf(output, 'part')).toHaveLength(48);
    await complete(input, output, 100);
    expect(asked().map(questionOf).sort()).toEqual(numbers(100).sort());
  });

  faultCase('asked to stop with an answer that does not come: it is given up after its time', async () => {
    parrot.faults.set('q0', [{ until: NEVER }]);
    const input = questions(1);
    const output = path('output');
    const before = parrot.times('q0');
    const run = new Run(input, output, parrot.url, ['--stop-timeout=0.5']);
    await eventually('it is at work', async () => parrot.times('q0') > before);
    run.child.kill('SIGTERM');
    expect(await run.code()).toBe(75);
    expect(run.output).toContain('asked to stop with 1 answers in flight');
    await complete(input, output, 1);
  });

  test('a full file is left alone and the next one is begun', async () => {
    const long = 'z'.repeat(100_000);
    const input = inputOf(...numbers(200).map(text => question(`${text} ${long}`, text)));
    const output = path('output');
    await complete(input, output, 200);
    const names = readdirSync(output).filter(name => name.startsWith('part-')).sort();
    expect(names.length).toBeGreaterThanOrEqual(3);
    await complete(input, output, 200);
  });
});

/** Counts what arrives at a server, and passes it on. */
class Turnstile extends LoopbackServer {
  readonly arrived: string[] = [];

  constructor(private readonly target: string) {
    super();
  }

  /** What a killed run has sent may still be on its way: what comes later on a connection of its own is answered after it. */
  async quiet(): Promise<void> {
    for (let before = -1; before !== this.arrived.length;) {
      before = this.arrived.length;
      await new Promise((resolve, reject) => ask(`${this.url}/health`, { agent: false }, answer => answer.resume().once('end', resolve))
        .once('error', reject).end());
    }
  }

  protected async serve(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') {
      this.arrived.push(questionOf({ body }));
    }
    const onward = ask(`${this.target}${request.url}`, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    onward.end(body);
  }
}

describe('1,000 requests to a real vLLM', () => {
  const LINES = 1000;
  const KILLS = 50;
  const IN_FLIGHT = 16;
  let server: VllmServer;
  let turnstile: Turnstile;

  beforeAll(async () => {
    server = await VllmServer.start({
      args: [tinyModel(), `--served-model-name=${MODEL}`, '--max-model-len=512', '--enforce-eager'],
      environment: { HOME: tmpdir(), HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1', VLLM_API_KEY: 'the-key-of-this-server' },
    });
    turnstile = await new Turnstile(server.url).listen();
    await server.ready();
  });

  afterAll(async () => {
    await turnstile?.stop();
    await server?.stop();
  });

  test(`killed at ${KILLS} random moments: none is lost, none is there twice, asked again is what was in flight`, async () => {
    const input = inputOf(...numbers(LINES).map(text => question(text)));
    const output = path('output');
    const key = path('key');
    writeFileSync(key, 'the-key-of-this-server\n');
    const options = [`--max-in-flight=${IN_FLIGHT}`, `--api-key-file=${key}`];
    const since = Date.now();
    const known = new Set<string>();
    const repeats: number[] = [];
    let torn = 0;
    for (let kills = 0; kills <= KILLS; kills++) {
      const before = turnstile.arrived.length;
      const run = new Run(input, output, turnstile.url, options);
      if (kills < KILLS) {
        const left = LINES - known.size;
        const moment = Math.floor(Math.random() * 2 * left / (KILLS - kills + 1));
        const early = Math.random() < 0.2;
        const reached = () => early || turnstile.arrived.length - before >= Math.min(moment, left);
        await eventually('it is at work', async () => reached() || run.child.exitCode !== null);
        expect(run.child.exitCode).toBe(null);
        await sleep(Math.random() * (early ? 900 : 60));
        run.child.kill('SIGKILL');
        expect(await run.code()).toBe('SIGKILL');
      } else {
        expect(await run.code()).toBe(0);
        expect(run.output).toContain(`complete: ${LINES} answers and 0 errors`);
      }
      await turnstile.quiet();
      const asked = turnstile.arrived.slice(before);
      expect(new Set(asked).size).toBe(asked.length);
      repeats.push(asked.filter(text => known.has(text)).length);
      asked.forEach(text => known.add(text));
      torn += commitsIn(output).filter(file => !/^$|\n$/.test(readFileSync(file, 'utf8'))).length;
    }
    const records = recordsOf(output, 'part');
    expect(records.map(({ custom_id }) => custom_id).sort()).toEqual(numbers(LINES).sort());
    expect(records.every(({ response }) => response?.status_code === 200 && response.body.choices.length === 1)).toBe(true);
    expect(recordsOf(output, 'errors')).toEqual([]);
    expect(Math.max(...repeats)).toBeLessThanOrEqual(IN_FLIGHT);
    const again = repeats.reduce((sum, count) => sum + count, 0);
    expect(again).toBeGreaterThan(0);
    expect(turnstile.arrived).toHaveLength(LINES + again);
    const finished = [...(await server.metrics()).matchAll(/^vllm:request_success_total\{.*finished_reason="(?:length|stop)".*\} (\S+)$/gm)]
      .reduce((sum, [, count]) => sum + Number(count), 0);
    expect(finished).toBeGreaterThanOrEqual(LINES);
    expect(finished).toBeLessThanOrEqual(LINES + again);
    process.stdout.write(`\nbatch: ${LINES} requests, ${KILLS} kills in ${Math.round((Date.now() - since) / 1000)} s: ${records.length} records,`
      + ` ${again} asked again (${Math.max(...repeats)} at most after one kill, ${IN_FLIGHT} in flight), ${torn} torn commits,`
      + ` vLLM finished ${finished}\n`);
  });
});
