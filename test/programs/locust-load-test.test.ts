import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Duration } from 'cdk8s';
import { runCommandLine } from '../../lib/cli/command-line';
import { Accelerator, Measurement, MemoryPlan, Model, ThroughputPlan } from '../../lib';
import { startBrowser } from '../rig/browser';
import { eventually } from '../rig/eventually';
import { programFolder } from '../rig/program-folder';
import { imagePython } from '../rig/python/environment';
import { DEFAULT_RELEASE, tinyModel, VllmServer } from '../rig/vllm';
import { install } from '../rig/vllm/install';
import { FAULTS, good, paced, Play, PlayedServer, UNUSUAL } from './locust-faults';
import { LOCUST_PROGRAMS, LocustRun, LocustRunProps, SERVER_KEY, settingsFiles } from './locust-run';

// Each takes seconds, on a busy machine half a minute; what hangs must not take the time of all.

const runs: LocustRun[] = [];
const servers: PlayedServer[] = [];

afterEach(async () => {
  await Promise.all(runs.splice(0).map(run => run.stop()));
  await Promise.all(servers.splice(0).map(server => server.stop()));
});

async function start(props: LocustRunProps): Promise<LocustRun> {
  const run = await LocustRun.start(props);
  runs.push(run);
  return run;
}

async function played(play: Play = good): Promise<PlayedServer> {
  const server = await new PlayedServer(() => ['one', play]).listen();
  servers.push(server);
  return server;
}

/** A busy machine needs seconds for a good answer. */
const SHORT = {
  runSeconds: 4, spawnRate: 100, firstTokenTimeoutSeconds: 10, stallTimeoutSeconds: 10, answerTimeoutSeconds: 15, drainSeconds: 60,
};

const SCREENSHOTS = resolve(__dirname, '../output/load-test');

function expectNoTrace(run: LocustRun): void {
  expect(run.output).not.toMatch(/Traceback|File ".*", line \d+/);
}

/** The page as a person sees it, in a browser that tells what the page asks for. */
async function seen(run: LocustRun) {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    const [asked, errors]: string[][] = [[], []];
    page.on('request', request => asked.push(request.url()));
    page.on('pageerror', error => errors.push(error.message));
    const url = pathToFileURL(join(run.results, 'report.html')).href;
    await page.goto(url, { waitUntil: 'networkidle' });
    const [verdict, locust] = [page.locator('h1').first(), page.getByText('Locust Test Report')];
    await locust.waitFor();
    expect([asked, errors]).toEqual([[url], []]);
    expect((await verdict.boundingBox())!.y).toBeLessThan(100);
    expect((await locust.boundingBox())!.y).toBeGreaterThan((await page.locator('main.test').boundingBox())!.height);
    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${run.summary.passed ? 'passed' : 'failed'}-${run.summary.troubles.length}.png`), fullPage: true });
    return {
      verdict: (await verdict.innerText()).trim(), text: await page.locator('body').innerText(),
      troubles: await page.locator('.trouble').allInnerTexts(),
      histogram: await page.locator('.histogram td:nth-child(2)').allInnerTexts(), shares: await page.locator('.percentiles td:first-child').allInnerTexts(),
    };
  } finally {
    await browser.close();
  }
}

describe('what a server does wrong', () => {
  test('each of them is counted as often as it happened, under its name, and nothing is tried again', async () => {
    const all = [...FAULTS.map(([name, , play]) => [name, play] as const), ...UNUSUAL, ['a good answer', good] as const];
    const server = await new PlayedServer(({ index }) => all[index % all.length]).listen();
    servers.push(server);
    const run = await start({ target: server.url, users: 30, settings: { ...SHORT, runSeconds: 12 } });
    expect(await run.ended()).toEqual({ master: 1, workers: [0, 0] });
    expectNoTrace(run);
    const expected = new Map<string, number>();
    FAULTS.forEach(([name, kind]) => expected.set(kind, (expected.get(kind) ?? 0) + server.played.get(name)!));
    const { errors, requests } = run.summary;
    expect(Object.fromEntries(errors.map(({ kind, count }) => [kind, count]))).toEqual(Object.fromEntries(expected));
    const well = [...UNUSUAL.map(([name]) => name), 'a good answer'];
    expect(requests.answered).toBe(well.reduce((sum, name) => sum + server.played.get(name)!, 0));
    expect(requests.sent).toBe(server.count);
    expect(new Set(server.prompts).size).toBe(server.count);
    console.log(`${FAULTS.length} faults, ${server.count} requests`);
  });

  test.each<[string, Play, string]>([
    ['401', ({ response }) => void response.writeHead(401).end('{"error":"Unauthorized"}'), 'HTTP 401: {"error":"Unauthorized"}'],
    ['a model that it does not have', ({ response }) => void response.writeHead(404).end('The model does not exist'), 'HTTP 404: The model does not exist'],
    ['a page', ({ response }) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'), 'no stream: the answer is text/html'],
  ])('%s to the first question: no test, and it says why', async (_, first, why) => {
    const server = await played();
    server.first = first;
    const run = await start({ target: server.url, settings: SHORT });
    expect(await run.ended()).toEqual({ master: 69, workers: [0, 0] });
    expect(run.master.output).toContain(`load-test: no test: ${server.url} does not answer a first question: ${why}`);
    expect(server.count).toBe(0);
    expectNoTrace(run);
  });

  test('a server that is not there yet is waited for, and only so long', async () => {
    const missing = await played();
    const { url } = missing;
    await missing.stop();
    servers.pop();
    const run = await start({ target: url, settings: { ...SHORT, serverWithinSeconds: 3 } });
    expect(await run.ended()).toEqual({ master: 69, workers: [0, 0] });
    expect(run.master.output).toContain(`waiting for ${url}: connection refused\nload-test: no test: ${url} is not there: connection refused\n`);
    const other = await start({ target: 'http://nowhere.invalid:80', settings: { ...SHORT, serverWithinSeconds: 1 } });
    expect((await other.ended()).master).toBe(69);
    expect(other.master.output).toContain('is not there: name not found');
    [run, other].forEach(expectNoTrace);
  });

  test('answers that are open when the time is up are waited for, and then count as failed', async () => {
    const server = await played(paced(10, 100, Infinity));
    const settings = { ...SHORT, runSeconds: 5, answerTimeoutSeconds: 300, drainSeconds: 1 };
    const run = await start({ target: server.url, users: 4, settings });
    expect((await run.ended()).master).toBe(1);
    expect(run.summary.errors).toEqual([expect.objectContaining({ kind: 'unfinished', count: 4 })]);
    expect(run.summary.troubles).toEqual(['no request was answered']);
    expectNoTrace(run);
  });
});

test('times are those of the server: to the first token, between tokens, the longest pause, the whole answer', async () => {
  const sent: number[][] = [];
  const server = await played(paced(1000, 100, 11, sent));
  const run = await start({ target: server.url, users: 4, settings: { ...SHORT, runSeconds: 10 } });
  expect((await run.ended()).master).toBe(0);
  const { first, between, pause, whole } = run.summary.seconds;
  const own = (time: (at: number[]) => number) => sent.map(time).sort((a, b) => a - b)[Math.ceil(sent.length / 2) - 1];
  const [ownFirst, ownBetween, ownWhole] = [own(at => at[0]), own(at => (at[10] - at[0]) / 10), own(at => at[10])];
  // What is sent arrives later, on a busy machine half a second.
  expect(first.p50).toBeGreaterThan(ownFirst);
  expect(first.p50).toBeLessThan(ownFirst + 0.5);
  expect(Math.abs(between.p50 - ownBetween)).toBeLessThan(0.05);
  expect(pause.p50).toBeGreaterThanOrEqual(between.p50);
  expect(whole.p50).toBeGreaterThan(ownWhole);
  expect(whole.p50).toBeLessThan(ownWhole + 0.5);
});

test('an open loop sends at its rate, however slow the server is', async () => {
  const server = await played(paced(1500, 1, 2));
  const settings = { ...SHORT, runSeconds: 15, firstTokenTimeoutSeconds: 5 };
  const run = await start({ target: server.url, requestsPerSecond: 15, workers: 2, settings });
  expect((await run.ended()).master).toBe(0);
  expect(run.summary).toMatchObject({ requestsPerSecond: 15, uniquePrompts: true });
  const { sent, answered } = run.summary.requests;
  expect(answered).toBe(sent);
  // 225 on average; five standard deviations of a Poisson process
  expect(sent).toBeGreaterThan(225 - 5 * 15);
  expect(sent).toBeLessThan(225 + 5 * 15);
  expectNoTrace(run);
});

test('the same seed asks the same, but for the mark of the run; another seed asks something else', async () => {
  const askedBy = async (seed: number) => {
    const server = await played();
    const run = await start({ target: server.url, users: 1, workers: 1, seed, settings: { ...SHORT, runSeconds: 2 } });
    await run.ended();
    return server.prompts.slice(0, 20).map(prompt => /^(\w{8}) (0 \d+: .*)$/.exec(prompt)!.slice(1));
  };
  const [one, again, other] = [await askedBy(1), await askedBy(1), await askedBy(2)];
  expect(one.map(([, rest]) => rest)).toEqual(again.map(([, rest]) => rest));
  expect(one[0][0]).not.toBe(again[0][0]);
  expect(other.map(([, rest]) => rest)).not.toEqual(one.map(([, rest]) => rest));
});

test('own prompts are sent as they are when they may be cached', async () => {
  const server = await played();
  const prompts = ['What is a fox?', 'two\nlines'];
  const run = await start({ target: server.url, prompts, uniquePrompts: false, settings: SHORT });
  await run.ended();
  expect([...new Set(server.prompts)].sort()).toEqual([...prompts].sort());
});

describe('what becomes of the processes', () => {
  test('a worker that is killed is noticed: the test ends, and fails', async () => {
    const server = await played(paced(20, 10, 5));
    const run = await start({ target: server.url, settings: { ...SHORT, runSeconds: 120 } });
    await eventually('requests flow', async () => server.count > 20);
    run.workers[1].process.kill('SIGKILL');
    expect(await run.ended()).toEqual({ master: 1, workers: [0, 'SIGKILL'] });
    const { troubles, requests, elapsedSeconds } = run.summary;
    expect(troubles).toEqual([
      expect.stringMatching(/^1 of 2 workers were lost \d+ s after the start: the load was not what was asked for$/),
    ]);
    expect(requests.answered).toBeGreaterThan(20);
    expect(elapsedSeconds).toBeLessThan(60);
    expectNoTrace(run);
  });

  test('workers whose master is killed stop asking and end well', async () => {
    const server = await played(paced(20, 10, 5));
    const run = await start({ target: server.url, settings: { ...SHORT, runSeconds: 120 } });
    await eventually('requests flow', async () => server.count > 20);
    run.master.process.kill('SIGKILL');
    expect(await run.ended()).toEqual({ master: 'SIGKILL', workers: [0, 0] });
    const { count } = server;
    await sleep(1000);
    expect(server.count).toBe(count);
    expect(run.workers[0].output).toContain('the master is gone: ending');
    expectNoTrace(run);
  });

  test('a master that is told to end says what it has, and fails', async () => {
    const server = await played(paced(20, 10, 5));
    const run = await start({ target: server.url, settings: { ...SHORT, runSeconds: 120 } });
    await eventually('requests flow', async () => server.count > 20);
    run.master.process.kill('SIGTERM');
    expect(await run.ended()).toEqual({ master: 1, workers: [0, 0] });
    expect(run.summary.troubles[0]).toContain('by the pod being told to end');
    expect(run.summary.requests.answered).toBe(server.count);
    expectNoTrace(run);
  });

  test('without all workers there is no test', async () => {
    const server = await played();
    const run = await start({ target: server.url, started: 1, settings: { ...SHORT, workersWithinSeconds: 30 } });
    expect(await run.ended()).toEqual({ master: 69, workers: [0] });
    expect(run.master.output).toContain('no test: 1 of 2 workers came within 30 s; is there room for their pods?');
    expect(server.count).toBe(0);
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ['a target outside the cluster', { acknowledgeExternalTarget: false }, 'is outside the cluster: its name does not end with .svc.cluster.local.'],
  ['an acknowledgement that is none', { acknowledgeExternalTarget: 'false' }, 'is outside the cluster'],
  ['a target that only looks like one inside', { target: 'http://x.svc.cluster.local.invalid:80', acknowledgeExternalTarget: false }, 'is outside'],
  ['a target with a password', { target: 'http://me:secret@x.vllm.svc.cluster.local' }, 'must be http://NAME:PORT or https://NAME:PORT'],
  ['a target with a path', { target: 'http://x.vllm.svc.cluster.local:8000/v1' }, 'must be http://NAME:PORT or https://NAME:PORT'],
  ['settings without a time', { runSeconds: undefined }, 'have no \'runSeconds\''],
  ['lengths that are none', { promptTokens: 'long' }, 'are not as the construct writes them'],
])('whoever edits the ConfigMap: the program itself refuses %s', async (_, settings, why) => {
  const server = await played();
  const run = await start({ target: server.url, settings, started: 1 });
  expect(await run.ended()).toEqual({ master: 78, workers: [78] });
  expect(run.master.output).toContain('refused: ');
  expect(run.master.output).toContain(why);
  expect(server.count).toBe(0);
  expectNoTrace(run);
});

describe('how the program is called', () => {
  const called = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(imagePython('locust'), [join(LOCUST_PROGRAMS, 'main.py'), ...args], { encoding: 'utf8' });
    return { status, said: (stdout + stderr).replace(/\s+/g, ' ') };
  };

  test.each<[string, string[], string]>([
    ['no command', [], 'the following arguments are required: master|worker'],
    ['the page of old', ['page'], 'invalid choice: \'page\''],
    ['no settings', ['master'], 'the following arguments are required: --settings'],
    ['a worker without a master', ['worker', '--settings=x'], 'the following arguments are required: --master'],
    ['a port that is none', ['master', '--settings=x', '--page-port=65536'], '--page-port (65536) must be at most 65535'],
  ])('%s is wrong usage', (_, args, why) => {
    const { status, said } = called(...args);
    expect(said).toContain(why);
    expect(status).toBe(64);
  });

  test.each<[string, Record<string, string>, string]>([
    ['no settings', {}, 'settings.json cannot be read: [Errno 2] No such file or directory'],
    ['settings that are no JSON', { 'settings.json': 'users: 8' }, 'settings.json cannot be read: Expecting value: line 1'],
    ['settings that are a list', { 'settings.json': '[]', 'prompts.txt': 'fox' }, 'settings.json are not as the construct writes them'],
    ['no prompts', settingsFiles(), 'prompts.txt cannot be read: [Errno 2] No such file or directory'],
    ['prompts of nothing', { ...settingsFiles(), 'prompts.txt': '\n \n' }, 'prompts.txt are none; there must be one a line'],
    ['a prompt that is half a text', { ...settingsFiles(), 'prompts.txt': 'fox\n"two' }, 'line 2 of '],
  ])('%s cannot be read, and it says so', (_, files, why) => {
    const folder = programFolder(files);
    const { status, said } = called('worker', `--settings=${folder}/settings.json`, `--prompts=${folder}/prompts.txt`, '--master=localhost');
    expect(said).toMatch(/^refused: /);
    expect(said).toContain(why);
    expect(said).not.toContain('Traceback');
    expect(status).toBe(78);
  });
});

describe('the page for people', () => {
  test('lets nobody in without the login, keeps the caps and the target, and shows each test', async () => {
    const [server, other] = [await played(paced(20, 10, 5)), await played()];
    const settings = { ...SHORT, runSeconds: 5, drainSeconds: 10 };
    const run = await start({ target: server.url, webUi: { loginSecretName: 'login' }, settings });
    const page = `http://127.0.0.1:${run.pagePort}`;
    const post = (path: string, form: Record<string, string>, cookie = '') => fetch(`${page}${path}`, {
      method: 'POST', body: new URLSearchParams(form), redirect: 'manual', headers: { cookie },
    });
    const load = { user_count: '1000000', spawn_rate: '1000', host: other.url };
    await eventually('the page is there', async () => (await fetch(`${page}/login`)).ok);
    for (const path of ['/', '/stats/requests', '/logs']) {
      expect((await fetch(`${page}${path}`, { redirect: 'manual' })).headers.get('location')).toContain('/login');
    }
    expect((await post('/swarm', load)).headers.get('location')).toContain('/login');
    expect((await post('/login_submit', { username: 'tester', password: 'wrong' })).headers.get('location')).toContain('/login');
    expect(server.count).toBe(0);
    const login = await post('/login_submit', { username: 'tester', password: 'correct horse battery' });
    expect(login.headers.get('location')).toBe('/');
    const cookie = login.headers.get('set-cookie')!.split(';')[0];
    expect(await (await fetch(page, { headers: { cookie } })).text()).toContain('Locust');
    expect(await (await post('/swarm', { ...load, user_count: '6' }, cookie)).json()).toMatchObject({ success: true });
    await eventually('the test is over', async () => run.master.output.includes('{"summary":'));
    expect(run.summary).toMatchObject({ passed: true, workers: { asked: 2, reported: 2 } });
    expect(run.summary.requests.answered).toBe(server.count);
    expect(other.count).toBe(0);
    run.master.process.kill('SIGTERM');
    expect(await run.ended()).toEqual({ master: 0, workers: [0, 0] });
    expectNoTrace(run);
  });
});

/** What `plan` says with figures that were measured, one space between words; a server on a processor stands for two L4. */
async function planned(model: string, file: string): Promise<string> {
  const lines: string[] = [];
  const output = { out: (line: string) => lines.push(line), error: (line: string) => lines.push(line), colours: false };
  expect(await runCommandLine(['plan', model, '--accelerator', 'l4', '--measured', file, '--measured-on', 'l4:2'], { HOME: tmpdir() }, output)).toBe(0);
  return lines.join(' ').replace(/ +/g, ' ');
}

describe('against the real server', () => {
  let vllm: VllmServer;
  const MODEL = 'Qwen/Qwen3-8B';
  const KEYED = { apiKeySecretName: 'server-key' };
  const LENGTHS = { promptTokens: { mean: 100, max: 200 }, outputTokens: { mean: 24, min: 2, max: 60 } };

  beforeAll(async () => {
    install(DEFAULT_RELEASE);
    vllm = await VllmServer.start({
      args: [tinyModel(), `--served-model-name=${MODEL}`, '--max-model-len=512', '--enforce-eager'],
      environment: { HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1', VLLM_API_KEY: SERVER_KEY },
    });
    await vllm.ready();
  }, 400_000);

  afterAll(() => vllm.stop());

  async function counted() {
    const metrics = await vllm.metrics();
    const sum = (name: string) => [...metrics.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
      .reduce((total, [, value]) => total + Number(value), 0);
    return {
      tokensIn: sum('vllm:prompt_tokens_total'), tokensOut: sum('vllm:generation_tokens_total'), requests: sum('vllm:request_success_total'),
      cached: sum('vllm:prefix_cache_hits_total'),
    };
  }

  test('its counts are the server\'s own, exactly; as the pods of the manifest run it', async () => {
    const before = await counted();
    const run = await start({
      target: vllm.url, ...LENGTHS, ...KEYED, runTime: Duration.seconds(20), sandboxed: true,
      thresholds: { ttftP95Seconds: 100, endToEndP95Seconds: 200, minTokensPerSecond: 1 },
    });
    expect(await run.ended()).toEqual({ master: 0, workers: [0, 0] });
    const { requests, tokens, warmUp, thresholds, passed } = run.summary;
    const after = await counted();
    const ours = {
      tokensIn: tokens.in + warmUp.tokensIn, tokensOut: tokens.out + warmUp.tokensOut, requests: requests.answered + warmUp.requests,
    };
    expect(ours).toEqual({
      tokensIn: after.tokensIn - before.tokensIn, tokensOut: after.tokensOut - before.tokensOut, requests: after.requests - before.requests,
    });
    expect(requests).toEqual({ sent: requests.answered, answered: requests.answered, failed: 0, late: 0 });
    expect(requests.answered).toBeGreaterThan(20);
    expect([passed, ...thresholds.map(({ held }) => held)]).toEqual([true, true, true, true, true]);
    // What prompts have in common is the chat's frame.
    expect((after.cached - before.cached) / ours.tokensIn).toBeLessThan(0.2);
    // 100 tokens were asked for on average, before the ends were cut off; the model counts words its own way.
    expect(tokens.in / requests.answered).toBeGreaterThan(50);
    expect(tokens.in / requests.answered).toBeLessThan(150);
    expect(run.master.output).toMatch(/^report\.html, summary\.json, requests\.csv, failures\.csv: \/results\/\d{8}T\d{6}Z-/m);
    expect(run.output).not.toContain(SERVER_KEY);
    // Fed back, the figures are those of a plan of the same load.
    const memory = MemoryPlan.of({ model: Model.QWEN3_8B, accelerator: Accelerator.L4, tensorParallelSize: 2, maxModelLen: 512 });
    const measured = Measurement.fromJson(run.master.output.trim().split('\n').at(-1)!, { memory, source: 'the last line of the log' });
    const { answered } = requests;
    expect(measured.props).toMatchObject({ clients: 8, inputTokens: tokens.in / answered, outputTokens: tokens.out / answered });
    const { inputTokens, outputTokens } = measured.props;
    const plan = ThroughputPlan.of({
      memory, inputTokens: Math.round(inputTokens), outputTokens: Math.round(outputTokens), clients: 8, measurements: [measured],
    });
    expect(plan).toMatchObject({ basis: 'measured', outputTokensPerSecond: run.summary.perSecond.tokensOut, predicted: { basis: 'estimate' } });
    const { outputTokensPerSecond: predicted } = plan.predicted;
    const file = join(run.directory, 'summary.json');
    writeFileSync(file, run.master.output.trim().split('\n').at(-1)!);
    const table = await planned(MODEL, file);
    expect(table).toMatch(new RegExp(`\\*${run.summary.perSecond.tokensOut.toFixed(0)} `));
    expect(table).toMatch(new RegExp(`\\* measured by .*summary\\.json; predicted: ~${predicted.toFixed(0)} tok/s, TTFT `));
    console.log(JSON.stringify({ ...ours, perSecond: run.summary.perSecond, predicted }));
  });

  test('without its key it answers nobody below /v1, and what probes, scrapers and drains read is open', async () => {
    const status = async (path: string, headers = {}) => (await fetch(`${vllm.url}${path}`, { headers })).status;
    expect(await Promise.all(['/v1/models', '/health', '/ping', '/metrics'].map(path => status(path)))).toEqual([401, 200, 200, 200]);
    expect(await status('/v1/models', { authorization: 'Bearer another' })).toBe(401);
    expect(await status('/v1/models', { authorization: `Bearer ${SERVER_KEY}` })).toBe(200);
    const run = await start({ target: vllm.url, ...LENGTHS, settings: { ...SHORT, serverWithinSeconds: 3 } });
    expect((await run.ended()).master).not.toBe(0);
    expect(run.master.output).toContain('HTTP 401');
  });

  test('a missed threshold fails the Job, and the page says which', async () => {
    const run = await start({
      target: vllm.url, ...LENGTHS, ...KEYED, runTime: Duration.seconds(10),
      thresholds: { ttftP95Seconds: 0.0005, endToEndP95Seconds: 200 },
    });
    expect(await run.ended()).toEqual({ master: 1, workers: [0, 0] });
    expect(run.summary.troubles).toEqual([]);
    expect(run.summary.thresholds.map(({ name, held }) => [name, held])).toEqual([
      ['First token, p95', false], ['Whole answer, p95', true], ['Failed requests', true],
    ]);
    expect(Object.keys(run.files).sort()).toEqual(['failures.csv', 'report.html', 'requests.csv', 'summary.json']);
    const rows = run.files['requests.csv'].trim().split('\r\n').map(line => line.split(','));
    expect(rows.map(([, name]) => name)).toEqual(['Name', 'between tokens', 'chat completion', 'to first token', 'Aggregated']);
    expect(rows[4].slice(2)).toEqual(rows[2].slice(2));
    expect(JSON.parse(run.files['summary.json'])).toEqual(run.summary);
    const page = await seen(run);
    expect(run.files['report.html']).not.toMatch(/<link[^>]* href=/);
    expect(page.verdict).toBe('FAILED Qwen/Qwen3-8B');
    expect(page.text).toMatch(/First token, p95\s+at most 0\.5 ms\s+[\d.]+ m?s\s+missed/);
    const { distribution: shown, requests, seconds: { whole } } = run.summary;
    // Locust counts the same answers itself, in whole milliseconds.
    const [fewest, most, mean] = [rows[2][6], rows[2][7], rows[2][5]].map(text => Number(text) / 1000);
    expect(Math.abs(shown.fastest - fewest)).toBeLessThan(0.002);
    expect(Math.abs(shown.slowest - most)).toBeLessThan(0.002);
    expect(Math.abs(shown.mean - mean)).toBeLessThan(0.002);
    expect(shown.percentiles).toMatchObject({ p50: whole.p50, p95: whole.p95, p99: whole.p99 });
    expect(shown.histogram.reduce((sum, { answers }) => sum + answers, 0)).toBe(requests.answered);
    expect(page.histogram).toEqual(shown.histogram.map(({ answers }) => `${answers}`));
    expect(page.shares).toEqual(['10 %', '25 %', '50 %', '75 %', '90 %', '95 %', '99 %']);
    expect(page.text).toMatch(/fastest [\d.]+ m?s · mean [\d.]+ m?s · slowest [\d.]+ m?s · [\d.]+ requests\/s/);
    expect(page.text).toMatch(/Whole answer, p95\s+at most 200 s\s+[\d.]+ m?s\s+held/);
  });

  test('a server that dies in mid-test is reported, not averaged away', async () => {
    const run = await start({ target: vllm.url, ...LENGTHS, ...KEYED, runTime: Duration.seconds(30), thresholds: { errorRate: 0.99 } });
    await eventually('the test runs', async () => /^ +[12]0 s {2}[1-9]/m.test(run.master.output));
    const killed = Date.now();
    vllm.signal('SIGKILL');
    expect(await run.ended()).toEqual({ master: 1, workers: [0, 0] });
    expect((Date.now() - killed) / 1000).toBeLessThan(40);
    const { troubles, requests, errors, thresholds } = run.summary;
    expect(thresholds).toEqual([expect.objectContaining({ name: 'Failed requests', held: true })]);
    expect(troubles).toEqual([
      expect.stringMatching(/^the server stopped answering (9|[12]\d)\.\d s after the start; all that was asked since then failed$/)]);
    expect(requests.answered).toBeGreaterThan(0);
    expect(errors.map(({ kind }) => kind)).toContain('connection refused');
    errors.forEach(({ firstAtSeconds }) => expect(firstAtSeconds).toBeGreaterThan(8));
    expect((await seen(run)).troubles).toEqual(troubles);
    expectNoTrace(run);
  });
});
