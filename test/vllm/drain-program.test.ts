import { spawn } from 'node:child_process';
import { IncomingMessage, ServerResponse, createServer } from 'node:http';
import { AddressInfo, createServer as createTcpServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVER_PROGRAMS } from '../../lib/serving/server-programs';
import { freePort } from '../rig/process';
import { programFolder } from '../rig/program-folder';
import { DEFAULT_RELEASE, sandboxCommand } from '../rig/vllm';
import { pythonOf } from '../rig/vllm/install';

const PROGRAM = '/opt/cdk8s-vllm/drain.py';
const MOUNTS = { '/opt/cdk8s-vllm': programFolder(SERVER_PROGRAMS.data) };
const PATH = `${dirname(pythonOf(DEFAULT_RELEASE))}:/usr/bin:/bin`;
const PROPAGATION = 2;
const SHORT = 3;
const ABORT = 1.5;
/** For what has to come to an end by itself, also on a busy machine. */
const LONG = 60;

interface Run {
  readonly exitCode: number | null;
  readonly output: string;
  /** With interpreter and sandbox, which take as long as the machine is busy. */
  readonly seconds: number;
  readonly ended: number;
}

interface Circumstances {
  readonly propagation?: number;
  readonly environment?: Record<string, string>;
  /** Shell commands before it. */
  readonly before?: string;
}

/** Runs the program as in a container: it must see no engine of another test. */
async function drain(url: string, seconds: number, circumstances: Circumstances = {}): Promise<Run> {
  const { propagation = PROPAGATION, environment, before = '' } = circumstances;
  const script = `${before} python3 ${PROGRAM} ${url} ${propagation} ${seconds}`;
  const [command, ...args] = [...sandboxCommand({ uid: 10001, writable: ['/tmp'], mounts: MOUNTS }), '/bin/bash', '-c', script];
  const started = Date.now();
  const child = spawn(command, args, { env: { PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
  }
  const exitCode = await new Promise<number | null>(resolve => child.once('close', resolve));
  const ended = Date.now();
  return { exitCode, output, seconds: (ended - started) / 1000, ended };
}

type Answer = (response: ServerResponse, count: number) => void | Promise<void>;

interface ServedRun extends Run {
  /** Times that the server was asked. */
  readonly asked: number;
  /** From the program's first look at the server to its end. */
  readonly ownSeconds: number;
}

/** Runs the program against a server that answers so. */
async function drainOf(answer: Answer, seconds: number, circumstances?: Circumstances): Promise<ServedRun> {
  let [asked, began] = [0, 0];
  const server = createServer((_: IncomingMessage, response) => void answer(response, asked++));
  server.once('connection', () => { began = Date.now(); });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const run = await drain(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`, seconds, circumstances);
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
  return { ...run, asked, ownSeconds: (run.ended - began) / 1000 };
}

function exposed(running: number | string, waiting: number | string = 0): string {
  return [
    '# TYPE vllm:num_requests_running gauge',
    `vllm:num_requests_running{engine="0",model_name="a model"} ${running}`,
    `vllm:num_requests_waiting{engine="0",model_name="a model"} ${waiting}`,
    // counted above already
    `vllm:num_requests_waiting_by_reason{engine="0",model_name="a model",reason="capacity"} ${waiting}`,
    'vllm:num_preemptions_total{engine="0",model_name="a model"} 7.0',
    '',
  ].join('\n');
}

const ends = (word: string) => ({ exitCode: 0, output: `drain: ${word}\n` });
test.concurrent('nothing listens: there is nothing to wait for', async () => {
  const run = await drain(`http://127.0.0.1:${await freePort()}/metrics`, LONG, { propagation: LONG });
  expect(run).toMatchObject(ends('nothing listens'));
  expect(run.seconds).toBeLessThan(LONG);
});

test.concurrent('an idle server: the propagation is waited for, and one more look', async () => {
  const run = await drainOf(response => void response.end(exposed('0.0')), LONG);
  expect(run).toMatchObject({ ...ends('idle'), asked: 2 });
  expect(run.seconds).toBeGreaterThan(PROPAGATION + 1);
  expect(run.seconds).toBeLessThan(LONG);
});

test.concurrent('idle once is not idle: it has to be so twice in a row', async () => {
  const run = await drainOf((response, count) => void response.end(exposed(count === 1 ? 3 : 0)), LONG);
  expect(run).toMatchObject({ ...ends('idle'), asked: 4 });
});

test.concurrent.each([
  ['running requests', () => exposed(8)],
  ['waiting requests', () => exposed(0, 2)],
  ['requests of a second engine', () => `${exposed(0)}vllm:num_requests_running{engine="1",model_name="a model"} 1.0\n`],
  ['a number that is none', () => exposed('many')],
  ['not a number', () => exposed('NaN')],
  ['a line without a number', () => `${exposed(0)}vllm:num_requests_running{engine="1"}\n`],
  ['metrics of another program', () => 'process_cpu_seconds_total 7\n'],
  ['nothing', () => ''],
  ['no text', () => Buffer.from([0xff, 0xfe, 0x00, 0x0a])],
])('%s: is waited for until the time is up', async (_, body) => {
  const run = await drainOf(response => void response.end(body()), SHORT);
  expect(run).toMatchObject(ends('time is up'));
  expect(run.seconds).toBeGreaterThan(PROPAGATION + SHORT + ABORT);
});

test.concurrent.each<[string, Answer]>([
  ['an error', response => void response.writeHead(500).end(exposed(0))],
  ['an answer that is cut off', response => void response.writeHead(200, { 'content-length': 9999 }).write(exposed(0), () => response.destroy())],
  ['a connection that is reset', response => void response.socket!.resetAndDestroy()],
  ['an answer that comes too late', async (response) => {
    await sleep(3000);
    response.end(exposed(0));
  }],
])('%s is not idle', async (_, answer) => {
  const run = await drainOf(answer, SHORT);
  expect(run).toMatchObject(ends('time is up'));
  expect(run.seconds).toBeGreaterThan(PROPAGATION + SHORT + ABORT);
});

test.concurrent('what is no HTTP is not idle', async () => {
  const server = createTcpServer(socket => socket.on('error', () => undefined).end('hello\n\n'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const run = await drain(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`, SHORT);
  server.close();
  expect(run).toMatchObject(ends('time is up'));
});

test.concurrent('a proxy of the environment is not asked', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const environment = { http_proxy: nobody, HTTP_PROXY: nobody };
  expect(await drainOf(response => void response.end(exposed(0)), LONG, { environment })).toMatchObject(ends('idle'));
});

test.concurrent('slow answers do not make it longer than it may be', async () => {
  const answer = async (response: ServerResponse) => {
    await sleep(LONG * 1000, undefined, { ref: false });
    response.end();
  };
  const run = await drainOf(answer, SHORT);
  expect(run.ownSeconds).toBeLessThan(PROPAGATION + SHORT + ABORT + 10);
});

describe('an engine beside it', () => {
  /** A process with the name that vLLM gives its engines; it says when it is signalled. */
  const ENGINE = `bash -c 'trap "echo engine: SIGTERM; exit" TERM; while :; do read -t 0.1 <> <(:); done' VLLM::EngineCore &`;

  test.concurrent('is signalled when the time is up, and nothing else is', async () => {
    const bystander = ENGINE.replace('EngineCore', 'Worker').replace('engine:', 'worker:');
    const { exitCode, output } = await drainOf(response => void response.end(exposed(8)), SHORT, { before: bystander + ENGINE });
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: 'drain: time is up\nengine: SIGTERM\n' });
  });

  test.concurrent('is left alone when the server is idle', async () => {
    expect(await drainOf(response => void response.end(exposed(0)), LONG, { before: ENGINE })).toMatchObject(ends('idle'));
  });
});
