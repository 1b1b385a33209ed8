import { createServer, request, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser } from 'playwright-core';
import { AnswerServer, begin, Behaviour, DONE, event, piece, refusal, stream, whole } from '../rig/answer-server';
import { startBrowser } from '../rig/browser';
import { ChatPage } from '../rig/chat-page';
import { ChatProgram, MAX_MODEL_LEN } from '../rig/chat-program';
import { eventually } from '../rig/eventually';
import { freePort } from '../rig/process';

/** Seconds that a program waits for a part of an answer. What no test is about is never over, however busy the machine is. */
interface Waits {
  readonly first?: number;
  readonly next?: number;
  readonly whole?: number;
}

function waiting({ first = 900, next = 900, whole = 3600 }: Waits = {}): string[] {
  return [`--first-token-seconds=${first}`, `--next-token-seconds=${next}`, `--answer-seconds=${whole}`];
}

const TRACES = /Traceback|File "|\bline \d+, in\b|<module>/;

let browser: Browser;
let model: AnswerServer;
/** One that waits for ever, and its page. */
let program: ChatProgram;
let page: ChatPage;
const programs = new Map<string, { readonly program: ChatProgram; readonly page: ChatPage }>();

/** The program with these waits, with a page that shows it. */
async function opened(waits?: Waits): Promise<{ readonly program: ChatProgram; readonly page: ChatPage }> {
  const args = waiting(waits);
  const found = programs.get(args.join());
  if (found) {
    return found;
  }
  const started = await ChatProgram.start({ serverUrl: model.url, chat: { apiKeySecretName: 'vllm-key' }, args });
  const both = { program: started, page: await ChatPage.open(browser, started.origin) };
  programs.set(args.join(), both);
  return both;
}

beforeAll(async () => {
  browser = await startBrowser();
  model = await new AnswerServer().listen();
  ({ program, page } = await opened());
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([...programs.values()].map(each => each.program.stop()));
  await model?.stop();
});

const HELLO = piece('Hello there');
const LOADING = 'The model does not answer at the moment. It may be loading, which takes minutes after a start.';
const BUSY = 'The model is busy with other questions.';
const NO_PART = 'The answer ends here: the server sent something that is no part of an answer.';
const MIDDLE = 'The answer ends here: the server stopped in the middle of it.';
const KEPT = 'Your question is kept: choose Retry';

/** Sends for as long as somebody listens. */
function endless(text: string, everyMs: number, first = HELLO): Behaviour {
  return async (response) => {
    begin(response, first);
    while (!response.destroyed) {
      response.write(text);
      await sleep(everyMs);
    }
  };
}

function failing(times: number, fault: Behaviour): Behaviour {
  return (response, asked, attempt) => (attempt > times ? whole('well again') : fault)(response, asked, attempt);
}

const reset: Behaviour = response => response.socket!.resetAndDestroy();

interface Case {
  readonly name: string;
  readonly played: Behaviour;
  /** What stands under the question in the end. */
  readonly said: readonly string[];
  readonly attempts: number;
  /** What the program does not wait for. @default - it waits for everything */
  readonly waits?: Waits;
}

/** The server is asked again only as long as no word has been written, and never more than twice. */
const CASES: readonly Case[] = [
  { name: 'busy (429)', played: refusal(429, 'Too many requests'), said: [BUSY, KEPT], attempts: 3 },
  { name: 'busy (503) for a moment', played: failing(2, refusal(503, 'queue full', { 'retry-after': '1' })), said: ['well again'], attempts: 3 },
  { name: 'busy for an hour', played: refusal(503, 'queue full', { 'retry-after': '3600' }), said: [BUSY, KEPT], attempts: 1 },
  { name: 'busy until a date', said: [BUSY, KEPT], attempts: 1,
    played: (...asked) => refusal(429, 'x', { 'retry-after': new Date(Date.now() + 3600_000).toUTCString() })(...asked) },
  { name: 'an odd Retry-After', played: failing(1, refusal(429, 'x', { 'retry-after': 'soon' })), said: ['well again'], attempts: 2 },
  { name: '502 of a gateway', played: response => response.writeHead(502).end('<html>bad gateway'), said: ['cannot be reached', KEPT], attempts: 3 },
  { name: '504 once', played: failing(1, refusal(504, 'x')), said: ['well again'], attempts: 2 },
  { name: '500 with a trace of the server', played: refusal(500, 'Traceback (most recent call last):\n File "x.py", line 1, in f'),
    said: ['The server failed (status 500).', KEPT], attempts: 1 },
  { name: '401', played: refusal(401, 'Unauthorized'), said: ['The server does not accept this page\'s key.'], attempts: 1 },
  { name: '404 for the model', played: refusal(404, 'The model does not exist.'), said: ['does not know the model Qwen/Qwen3-8B'], attempts: 1 },
  { name: '400: too long', played: refusal(400, 'This model\'s maximum context length is 512 tokens. However, …'),
    said: ['too long for the model\'s context of 512 tokens'], attempts: 1 },
  { name: '413', played: response => response.writeHead(413).end(), said: ['too long for the model\'s context'], attempts: 1 },
  { name: '400 for another reason', played: refusal(400, 'roles must\nalternate'), said: ['refuses this question (status 400): roles must alternate'],
    attempts: 1 },
  { name: '400 that explains itself without end', said: ['refuses this question (status 400)'], attempts: 1,
    played: async (response) => {
      response.writeHead(400);
      while (!response.destroyed) {
        response.write('x'.repeat(65536));
        await sleep(1);
      }
    } },
  { name: 'a redirect', played: response => response.writeHead(302, { location: '/elsewhere' }).end(), said: ['refuses this question (status 302)'], attempts: 1 },
  { name: 'a reset before the answer', played: reset, said: [LOADING, KEPT], attempts: 3 },
  { name: 'one reset before the answer', played: failing(1, reset), said: ['well again'], attempts: 2 },
  { name: 'no HTTP at all', played: response => response.socket!.end('SSH-2.0-OpenSSH\r\n'), said: [LOADING, KEPT], attempts: 3 },
  { name: 'silence', waits: { first: 4 }, played: () => undefined, said: [BUSY, KEPT], attempts: 1 },
  { name: 'headers and then silence', waits: { first: 4 }, played: response => begin(response, ''), said: [BUSY, KEPT], attempts: 1 },
  { name: 'a reset in the middle', said: ['Hello there', 'the connection to the server was lost', KEPT], attempts: 1,
    played: async (response) => {
      begin(response, HELLO);
      await eventually('its first words are read', async () => (await page.last()).includes('Hello there'));
      response.socket!.resetAndDestroy();
    } },
  { name: 'an end in the middle', played: stream(HELLO), said: ['Hello there', MIDDLE, KEPT], attempts: 1 },
  { name: 'an end in the middle, with [DONE]', played: stream(HELLO, DONE), said: ['Hello there', MIDDLE], attempts: 1 },
  { name: 'an abort', played: stream(HELLO, piece('', 'abort'), DONE), said: ['Hello there', MIDDLE, KEPT], attempts: 1 },
  { name: 'an error event', played: stream(HELLO, event({ error: { message: 'EngineDeadError: Traceback', code: 500 } }), DONE),
    said: ['Hello there', 'the server failed in the middle of it', KEPT], attempts: 1 },
  { name: 'half an event', played: stream(HELLO, 'data: {"choices": [{"delta": {"con\n\n'), said: ['Hello there', NO_PART], attempts: 1 },
  { name: 'an event that is a list', played: stream(HELLO, event([1, 2])), said: ['Hello there', NO_PART], attempts: 1 },
  { name: 'an event with other fields', played: stream(HELLO, event({ choices: { 0: 'x' } })), said: ['Hello there', NO_PART], attempts: 1 },
  { name: 'a page in the place of a stream', played: response => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>'),
    said: [MIDDLE], attempts: 1 },
  { name: 'an event without end', played: stream(HELLO, `data: "${'x'.repeat(3 << 20)}`), said: ['Hello there', NO_PART], attempts: 1 },
  { name: 'a pause in the middle', waits: { next: 4 }, played: response => begin(response, HELLO),
    said: ['Hello there', 'The answer ends here: the server has sent nothing for 4 seconds', KEPT], attempts: 1 },
  { name: 'comments only', waits: { next: 4 }, played: endless(': still here\n\n', 50),
    said: ['Hello there', 'The answer ends here: the server has sent nothing for 4 seconds'], attempts: 1 },
  { name: 'an answer without end', waits: { whole: 8 }, played: endless(piece(' and'), 200),
    said: ['Hello there and and', 'The answer ends here: it took more than 8 seconds'], attempts: 1 },
  { name: 'an empty answer', played: stream(piece('', 'stop'), DONE), said: ['The model has nothing to say to that.'], attempts: 1 },
  { name: 'a stream without an event', played: stream(DONE), said: [MIDDLE], attempts: 1 },
  { name: 'a huge answer', played: endless(piece('much '.repeat(5000)), 1), said: ['Hello there', 'The answer ends here: it has more than 400,000 characters'], attempts: 1 },
  { name: 'bytes that are no UTF-8', played: stream(Buffer.from(piece('caf\xE9 ready'), 'latin1'), piece('', 'stop'), DONE),
    said: ['caf\uFFFD ready'], attempts: 1 },
  { name: 'every separator of lines within an answer', attempts: 1,
    played: stream(piece('one\u2028two\u0085three\u000Bfour'), piece('', 'stop'), DONE), said: ['one\u2028two\u0085three\u000Bfour'] },
  { name: 'characters cut in two, and lines as Windows ends them', said: ['größer 漢字 🙂'], attempts: 1,
    played: async (response) => {
      begin(response);
      for (const byte of Buffer.from(`${piece('größer 漢字 🙂').trimEnd()}\r\n\r\n${piece('', 'stop').trimEnd()}\r\n\r\n`)) {
        response.write(Buffer.from([byte]));
        await sleep(1);
      }
      response.end();
    } },
  { name: 'an answer at its limit', played: stream(HELLO, piece('', 'length'), DONE), said: ['Hello there', 'reached its limit of 60 tokens'], attempts: 1 },
  { name: 'a whole answer whose connection is cut before [DONE]', played: stream(HELLO, piece('', 'stop')), said: ['Hello there'], attempts: 1 },
];

test.each(CASES)('$name: what was asked and written stays, with a sentence', async ({ name, played, said, attempts, waits }) => {
  const asked = await opened(waits);
  await asked.page.renew();
  model.play(played);
  const question = `What about ${name}?`;
  const answer = await asked.page.ask(question);
  expect(await asked.page.said()).toHaveLength(2);
  for (const text of said) {
    expect(answer).toContain(text);
  }
  const notices = /Retry|ends here|limit of|nothing to say|does not|refuses|too long/;
  expect([answer, notices.test(answer)]).toEqual([answer, notices.test(said.join())]);
  expect(answer + asked.program.log).not.toMatch(TRACES);
  expect(model.asked).toHaveLength(attempts);
  model.play(whole('a good answer'));
  await (waits ? asked.page.retryUntil('a good answer') : asked.page.retry());
  expect(await asked.page.last()).toBe('a good answer');
  // What the page itself said is nothing that the model said.
  expect(model.asked.at(-1)!.messages).toEqual([{ role: 'user', content: question }]);
});

test('a server that is not there', async () => {
  const port = await freePort();
  const lonely = await ChatProgram.start({ serverUrl: `http://127.0.0.1:${port}` });
  try {
    const own = await ChatPage.open(browser, lonely.origin);
    expect(await own.ask('Is anybody there?')).toContain(LOADING);
    await own.screenshot('loading');
    expect(lonely.log).not.toMatch(TRACES);
    expect((await fetch(`${lonely.origin}/healthz`)).status).toBe(200);
    await own.close();
  } finally {
    await lonely.stop();
  }
});

describe('what the model is given', () => {
  beforeEach(() => page.renew());

  test('is the key of the file as it is now', async () => {
    model.play(whole('yes'));
    await page.ask('With which key?');
    program.writeKey('the-next-key\n');
    await page.ask('And now?');
    expect(model.headers.map(({ authorization }) => authorization)).toEqual(['Bearer the-key', 'Bearer the-next-key']);
    expect(program.log).not.toContain('the-next-key');
  });

  test('is the conversation without questions that were never answered, so that roles alternate', async () => {
    model.play(whole('first answer'));
    await page.ask('first');
    model.play(stream(HELLO));
    await page.ask('interrupted');
    model.play(refusal(500, 'x'));
    await page.ask('never answered');
    model.play(whole('last answer'));
    await page.ask('last');
    expect(model.asked[0].messages.map(({ role, content }) => `${role}: ${content}`)).toEqual([
      'user: first', 'assistant: first answer', 'user: interrupted', 'assistant: Hello there', 'user: last',
    ]);
  });

  test('is what the settings say; a model without system prompts gets it with the first question', async () => {
    await page.button('Settings').click();
    await page.page.getByLabel('System prompt').fill('Answer in verse.');
    await page.page.getByLabel('number input for Longest answer').fill('17');
    await page.page.getByLabel('number input for Temperature').fill('1.5');
    await page.page.keyboard.press('Tab');
    const gemma: Behaviour = (response, asked, attempt) =>
      (asked.messages[0].role === 'system' ? refusal(400, 'System role not supported') : whole('verses'))(response, asked, attempt);
    model.play(gemma);
    expect(await page.ask('Why?')).toBe('verses');
    expect(model.asked.map(({ messages }) => messages)).toEqual([
      [{ role: 'system', content: 'Answer in verse.' }, { role: 'user', content: 'Why?' }], [{ role: 'user', content: 'Answer in verse.\n\nWhy?' }],
    ]);
    expect(model.asked[1]).toMatchObject({ max_tokens: 17, temperature: 1.5, model: 'Qwen/Qwen3-8B', stream: true });
    expect(await page.ask('And then?')).toBe('verses');
    expect(model.asked).toHaveLength(3);
    await page.screenshot('settings');
    await page.page.getByLabel('System prompt').fill('');
    await page.page.getByLabel('number input for Longest answer').fill('60');
    await page.page.keyboard.press('Tab');
    await page.button('Settings').click();
  });

  test('is as much of the conversation as the context holds, which is said', async () => {
    const text = 'x'.repeat(150);
    model.tokens = ({ messages }) => messages.reduce((sum, { content }) => sum + content.length, 0);
    model.play(whole('y'.repeat(50)));
    await page.ask(`${text}1`);
    expect(await page.ask(`${text}2`)).not.toContain('no longer sees');
    expect(await page.ask(`${text}3`)).toContain('The model no longer sees the oldest question of this conversation');
    expect(model.asked.at(-1)!.messages.map(({ content }) => content.at(-1))).toEqual(['2', 'y', '3']);
    expect(await page.ask('z'.repeat(453))).toContain(`This question has 453 tokens, the system prompt included, but only ${MAX_MODEL_LEN - 60} fit`);
    expect(model.asked).toHaveLength(3);
    model.tokens = undefined;
  });
});

test('no more answers are written at once than the page is made for, and who waits is told', async () => {
  const small = await ChatProgram.start({ serverUrl: model.url, args: ['--max-answers=1', ...waiting()] });
  try {
    const [one, other] = await Promise.all([ChatPage.open(browser, small.origin), ChatPage.open(browser, small.origin)]);
    model.play(endless(piece(' more'), 100));
    await one.send('A long one, please.');
    await eventually('a first word', async () => (await one.last()).includes('more'));
    expect(await other.ask('Me too!')).toContain('This page is writing 1 answers, and no more at once.');
    await one.button('Stop').click();
    model.play(whole('of course'));
    expect(await other.retry()).toBe('of course');
  } finally {
    await small.stop();
  }
});

describe('an answer is text, not a program', () => {
  let elsewhere: Server;
  const visits: string[] = [];

  beforeAll(async () => {
    elsewhere = createServer((visit, response) => {
      visits.push(visit.url!);
      response.end();
    });
    await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => new Promise(resolve => elsewhere.close(resolve)));

  test('it runs no script, and has nothing fetched from elsewhere', async () => {
    const own = await ChatPage.open(browser, program.origin);
    const other = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    model.play(whole(`A ![picture](${other}/picture.png), <img src="${other}/img.png" onerror="document.title='taken'">`
      + `<script>document.title='taken'</script><iframe src="${other}/frame"></iframe><link rel="stylesheet" href="${other}/style.css"> and text.`));
    expect(await own.ask('What do you see?')).toContain('and text.');
    await sleep(1000);
    expect(visits).toEqual([]);
    expect(await own.page.title()).toBe('Chat');
    await own.close();
    await fetch(`${other}/probe`);
    expect(visits).toEqual(['/probe']);
  });
});

describe('what the page does not need is not there', () => {
  test.each([
    ['GET', '/gradio_api/file=/etc/passwd'], ['GET', '/gradio_api/file/etc/passwd'], ['GET', '/gradio_api/proxy=http://127.0.0.1/'],
    ['POST', '/gradio_api/upload'], ['POST', '/gradio_api/run/predict'], ['POST', '/gradio_api/call/ask'], ['GET', '/docs'], ['GET', '/openapi.json'],
    ['GET', '/monitoring'], ['POST', '/login'], ['GET', '/gradio_api/deep_link'], ['PUT', '/'], ['GET', '/assets/../../../../etc/passwd'],
  ])('%s %s', async (method, path) => {
    expect(await statusOf(method, path)).toBe(404);
  });

  test('and what it needs is', async () => {
    expect([await statusOf('GET', '/'), await statusOf('GET', '/livez'), await statusOf('GET', '/config')]).toEqual([200, 200, 200]);
  });

  test('a conversation larger than any is refused, with a length and without', async () => {
    expect(await statusOf('POST', '/gradio_api/queue/join', 'x'.repeat(9 << 20))).toBe(413);
    expect([400, 413, 500]).toContain(await statusOf('POST', '/gradio_api/queue/join', 'x'.repeat(9 << 20), true));
    expect(await statusOf('GET', '/healthz')).toBe(200);
  });

  test('of what no page of ours sends, only the texts reach the model, and nothing of it comes back', async () => {
    model.play(whole('fine'));
    const config = await (await fetch(`${program.origin}/config`)).json() as { dependencies: { id: number; targets: [number, string][] }[] };
    const asking = config.dependencies.find(({ targets }) => targets.some(([, name]) => name === 'submit'))!;
    const component = { component: 'file', value: '/etc/passwd', constructor_args: { value: '/etc/passwd' }, props: {}, type: 'component' };
    const histories = [
      null, 'text', [1], [{ role: 'user', content: [component] }], [{ role: 'user', content: [{ type: 'file', file: { path: '/etc/passwd' } }] }],
      [{ role: 'root', content: 'x' }], [{ role: 'user', content: 'x', metadata: 5 }],
    ];
    const answered: number[] = [];
    for (const [index, history] of histories.entries()) {
      const joined = await fetch(`${program.origin}/gradio_api/queue/join`, {
        method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          fn_index: asking.id, trigger_id: asking.targets[0][0], session_hash: `forged${index}`,
          data: ['Is it fine?', history, { odd: true }, 'hot', [1e9]],
        }),
      });
      const text = await fetch(`${program.origin}/gradio_api/queue/data?session_hash=forged${index}`).then(response => response.text());
      expect([index, joined.status, /"success":/.test(text), /passwd|Traceback/.test(text)]).toEqual([index, 200, true, false]);
      answered.push(...(text.includes('"fine"') ? [index] : []));
    }
    // Gradio itself refuses what is no conversation.
    expect(answered).toEqual([0, 3]);
    expect(model.asked.every(({ max_tokens, temperature }) => max_tokens === 60 && temperature === 0)).toBe(true);
    expect(model.asked.every(({ messages }) => messages.at(-1)!.content === 'Is it fine?')).toBe(true);
  });
});

describe('behind a path prefix', () => {
  let prefixed: ChatProgram;

  beforeAll(async () => {
    prefixed = await ChatProgram.start({ serverUrl: model.url, chat: { pathPrefix: '/team/chat' } });
  });

  afterAll(() => prefixed.stop());

  test.each([['keeps', false], ['strips', true]])('that a proxy %s', async (_, strips) => {
    const proxy = createServer((incoming, outgoing) => {
      const path = incoming.url!;
      if (!/^\/team\/chat(\/|$|\?)/.test(path)) {
        outgoing.writeHead(404).end();
        return;
      }
      incoming.pipe(request(`${prefixed.origin}${strips ? path.slice('/team/chat'.length) || '/' : path}`, {
        method: incoming.method, headers: incoming.headers,
      }, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      }).once('error', () => outgoing.destroy()));
    });
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const own = await ChatPage.open(browser, `${origin}/team/chat/`);
    try {
      model.play(whole('through the proxy'));
      expect(await own.ask('Where am I?')).toBe('through the proxy');
      expect(own.requests.filter(url => !url.startsWith(`${origin}/team/chat`) && !url.startsWith('data:'))).toEqual([]);
      expect(own.complaints).toEqual([]);
    } finally {
      await own.close();
      proxy.closeAllConnections();
      await new Promise(resolve => proxy.close(resolve));
    }
  });

  test('its probes find it without', async () => {
    expect((await fetch(`${prefixed.origin}/healthz`)).status).toBe(200);
  });
});

describe('the program', () => {
  test.each([
    [[], 'the following arguments are required: --server-url, --model'],
    [['--server-url=ftp://x', '--model=m'], '--server-url (ftp://x) must be http://HOST:PORT'],
    [['--server-url=http://x:1', '--model=m', '--max-tokens=4096'], '--max-tokens (4096) leaves no room'],
    [['--server-url=http://x:1', '--model=m', '--temperature=hot'], 'invalid float value: \'hot\''],
    [['--server-url=http://x:1', '--model=m', '--temperature=nan'], '--temperature (nan) must be a finite number'],
    [['--server-url=http://x:1', '--model=m', '--max-answers=0'], '--max-answers (0) must be at least 1'],
    [['--server-url=http://x:1', '--model=m', '--temperatur=1'], 'unrecognized arguments: --temperatur=1'],
  ])('%j is wrong usage, and the first line says why', (args, message) => {
    const { exitCode, output } = program.run(...args);
    expect([exitCode, output.split('\n')[0]]).toEqual([64, expect.stringContaining(message)]);
    expect(output).not.toMatch(TRACES);
  });

  test('a port that another has is said', () => {
    const { exitCode, output } = program.run('--server-url=http://x:1', '--model=m', '--host=127.0.0.1', `--port=${new URL(program.origin).port}`);
    expect([exitCode, output.trim()]).toEqual([78, expect.stringMatching(/^cannot listen on 127\.0\.0\.1:\d+: Address already in use$/)]);
  });

  test('SIGTERM ends it, also in the middle of an answer without end', async () => {
    const own = await ChatProgram.start({ serverUrl: model.url, args: waiting() });
    const open = await ChatPage.open(browser, own.origin);
    model.play(endless(piece(' on'), 100));
    await open.send('Go on and on.');
    await eventually('a first word', async () => (await open.last()).includes('on'));
    process.kill(own.pid, 'SIGTERM');
    await eventually('its end', async () => !own.running);
    expect(own.log).not.toMatch(TRACES);
    await own.stop();
    await open.close();
  });
});

/** By hand: fetch would tidy the path. */
function statusOf(method: string, path: string, body?: string, chunked = false): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(program.origin);
    const headers = { 'content-type': 'application/json', ...(body === undefined || chunked ? {} : { 'content-length': body.length }) };
    const call = request({ hostname, port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    call.once('error', error => (error as NodeJS.ErrnoException).code === 'EPIPE' ? undefined : reject(error));
    call.end(body);
  });
}
