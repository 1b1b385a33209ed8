import { readFileSync } from 'node:fs';
import { AnswerServer, whole } from '../rig/answer-server';
import { GradioChat } from '../../lib';
import { ChatProgram } from '../rig/chat-program';
import { memoryLimitOf } from '../rig/pod-memory';
import { server, unit } from '../serving/rendered';

const MIB = 2 ** 20;
const JOIN = '/gradio_api/queue/join';

let model: AnswerServer;
let program: ChatProgram;
let asking: { readonly id: number; readonly targets: readonly (readonly [number, string])[] };

beforeAll(async () => {
  model = await new AnswerServer().listen();
  model.play(whole('fine'));
  program = await ChatProgram.start({ serverUrl: model.url });
  const config = await (await fetch(`${program.origin}/config`)).json() as { dependencies: typeof asking[] };
  asking = config.dependencies.find(({ targets }) => targets.some(([, name]) => name === 'submit'))!;
});

afterAll(async () => {
  await program?.stop();
  await model?.stop();
});

/** As many of a part as have room in the largest request. */
function filled(part: string, bytes = MIB - 1000): string {
  return Array(Math.floor(bytes / (Buffer.byteLength(part) + 1))).fill(part).join();
}

let sessions = 0;

/** What the page would send, with a value of its own in one place. */
function event(history: string, more: { readonly [name: string]: string } = {}): string {
  const fields = {
    fn_index: `${asking.id}`, trigger_id: `${asking.targets[0][0]}`, session_hash: `"session${++sessions}"`,
    data: `["Is it fine?", ${history}, "", 0.5, 50]`, ...more,
  };
  return `{${Object.entries(fields).map(([name, value]) => `"${name}": ${value}`).join()}}`;
}

const MESSAGE = '{"role": "user", "content": "x"}';
/** 50 bodies that no page sends. */
const BODIES: readonly (() => string)[] = [
  ...['{}', '[]', 'null', '1', '""', '{"role":"user"}', '{"role":"user","content":[]}', MESSAGE, '{"role":"root","content":"x"}', '[[]]',
    '{"role":"user","content":[{}]}', '{"role":"user","content":{"type":"file","file":{"path":"/etc/passwd"}}}'].map(part => () => event(`[${filled(part)}]`)),
  ...['{}', '[]', '1', '""', '{"type":"text","text":"x"}', '{"type":"component"}', '{"type":"file"}'].map(part => () =>
    event(`[{"role": "user", "content": [${filled(part)}]}]`)),
  ...['{}', '1', 'true', MESSAGE].map(part => () => event('[]', { data: `[${filled(part)}]` })),
  ...['[', '{"a":', '[{"a":['].map(part => () => event(part.repeat(MIB / 16))),
  () => event('[1]'), () => event('"text"'), () => event('{}'), () => event('7'), () => event(`[${filled('{}', 50_000)}]`),
  () => event(`[${MESSAGE}, ${filled('{}', 50_000)}]`), () => event(`[{"role": "user", "content": "${'x'.repeat(MIB / 2)}"}, {}]`),
  () => event('[]', { fn_index: '99999' }), () => event('[]', { fn_index: '"x"' }), () => event('[]', { fn_index: '1e400' }),
  () => event('[]', { data: '"x"' }), () => event('[]', { data: '[]' }), () => event('[]', { session_hash: '"\\n\\u001b[31mforged"' }),
  () => event('[]', { session_hash: `"${'s'.repeat(MIB / 2)}"` }), () => event('[]', { event_data: `[${filled('{}', 900_000)}]` }),
  () => event('[]', { data: `["${'\\ud83d'.repeat(1000)}", [], "", ${'9'.repeat(4000)}, NaN]` }),
  () => event('[]', { data: `["${'\\ud83d'.repeat(1000)}", [], {}, ${'9'.repeat(4000)}, 1e400]` }),
  () => event('[]', { data: `["${'\\n'.repeat(MIB / 3)}", [], "", 1, 1]` }), () => event('[]', { data: `[${'9'.repeat(MIB / 2)}, [], "", 1, 1]` }),
  () => '{', () => `"${'\\"'.repeat(MIB / 2 - 10)}`, () => '"'.repeat(MIB - 10), () => '\0'.repeat(MIB - 10), () => '', () => filled('{}'),
];

function post(body: string): Promise<Response> {
  return fetch(program.origin + JOIN, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

/** What an event ends with. */
async function ended(session: string): Promise<string> {
  return (await fetch(`${program.origin}/gradio_api/queue/data?session_hash=${session}`)).text();
}

/** What the manifest gives the pod. */
function podKib(): number {
  const scope = unit();
  return memoryLimitOf(new GradioChat(scope, 'chat', { server: server(scope) })) / 1024;
}

function highestKiB(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${program.pid}/status`, 'utf8'))![1]);
}

test('50 requests that no page sends are bounded in memory and in the log', async () => {
  expect(BODIES.length).toBeGreaterThanOrEqual(50);
  const bodies = BODIES.map(body => body());
  expect(bodies.every(body => Buffer.byteLength(body) <= MIB)).toBe(true);
  const statuses = await Promise.all(bodies.map(async (body) => {
    const { status } = await post(body);
    const session = /"session_hash": "(session\d+)"/.exec(body)?.[1];
    return [status, status === 200 && session !== undefined ? /"success":(true|false)/.exec(await ended(session))?.[1] : undefined];
  }));
  expect(statuses.filter(([status]) => ![200, 400, 413, 422, 503].includes(status as number))).toEqual([]);
  expect(statuses.filter(([status]) => status === 400 || status === 413).length).toBeGreaterThan(30);
  expect(program.log.length).toBeLessThan(MIB);
  expect(highestKiB()).toBeLessThan(0.7 * podKib());
  expect(program.log).not.toContain('forged');
  process.stdout.write(`\nmemory: the chat took ${Math.round(highestKiB() / 1024)} MiB of ${podKib() / 1024}, and its log ${program.log.length} bytes\n`);
});

test('one after the other is no more', async () => {
  for (const body of BODIES) {
    expect((await post(body())).status).toBeLessThan(504);
  }
  expect(program.log.length).toBeLessThan(MIB);
  expect(highestKiB()).toBeLessThan(0.7 * podKib());
});

test('a conversation as long as one may be is answered, whatever the texts hold', async () => {
  const history = Array.from({ length: 400 }, (_, index) => ({
    role: index % 2 ? 'assistant' : 'user', content: [{ type: 'text', text: '"],[{\\ 好'.repeat(60), extra: null }], metadata: null, options: null,
  }));
  const body = event(JSON.stringify(history), { event_data: '{"value": "x"}' });
  expect(Buffer.byteLength(body)).toBeGreaterThan(MIB / 4);
  expect((await post(body)).status).toBe(200);
  expect(await ended(`session${sessions}`)).toContain('"fine"');
});

test('a body that never ends holds nothing up', async () => {
  const half = fetch(program.origin + JOIN, {
    method: 'POST', headers: { 'content-type': 'application/json' }, duplex: 'half', signal: AbortSignal.timeout(60_000),
    body: new ReadableStream({ start: controller => controller.enqueue(Buffer.from('{')) }),
  } as RequestInit).catch(() => undefined);
  const body = event('[]');
  expect((await post(body)).status).toBe(200);
  expect(await ended(`session${sessions}`)).toContain('"fine"');
  await half;
});
