import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser } from 'playwright-core';
import { startBrowser } from '../rig/browser';
import { ChatPage } from '../rig/chat-page';
import { ChatProgram } from '../rig/chat-program';
import { eventually } from '../rig/eventually';
import { expositionOf } from '../rig/vllm-metrics';
import { ServiceProxy } from '../rig/vllm-service';
import { DEFAULT_RELEASE, tinyModel, VllmServer } from '../rig/vllm';
import { install } from '../rig/vllm/install';

const MODEL = 'Qwen/Qwen3-8B';
const KEY = 'the-key';
const PHONE = { width: 390, height: 844 };
const LOADING = 'The model does not answer at the moment. It may be loading';

const folder = mkdtempSync(join(tmpdir(), 'chat-pace-'));
const PACE_FILE = join(folder, 'pace');

/** Answers take seconds, as those of a large model do. */
function fast(): void {
  writeFileSync(PACE_FILE, '0');
}

/** Answers take minutes: one that a test has seen begin goes on for as long as the test may need, however busy the machine is. */
function slow(): void {
  writeFileSync(PACE_FILE, '2');
}

/** A real server. */
function startModel(): Promise<VllmServer> {
  return VllmServer.start({
    args: [tinyModel(), `--served-model-name=${MODEL}`, '--max-model-len=512', '--enforce-eager', '--logits-processors=endless:Endless'],
    environment: {
      HOME: tmpdir(), HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1', PYTHONPATH: resolve(__dirname, '../rig/vllm'), VLLM_API_KEY: KEY,
      PACE_FILE,
    },
  });
}

let browser: Browser;
let model: VllmServer;
let service: ServiceProxy;
let program: ChatProgram;

beforeEach(fast);

beforeAll(async () => {
  fast();
  install(DEFAULT_RELEASE);
  [browser, model] = await Promise.all([startBrowser(), startModel()]);
  await model.ready();
  service = await ServiceProxy.start(model.port);
  program = await ChatProgram.start({ serverUrl: service.url, chat: { apiKeySecretName: 'vllm-key', temperature: 1.5 } });
}, 400_000);

afterAll(async () => {
  await browser?.close();
  await program?.stop();
  await service?.stop();
  await model?.stop();
  rmSync(folder, { recursive: true });
});

async function running(): Promise<number> {
  const [, count] = /^vllm:num_requests_running\{[^}]*\} (\S+)$/m.exec(await model.metrics()) ?? [];
  return Number(count);
}

/** Of the answer so far. */
async function lengthOf(page: ChatPage, question: string): Promise<number> {
  const said = await page.said();
  return said.at(-2)?.includes(question) ? said.at(-1)!.length : 0;
}

async function begun(page: ChatPage, question: string): Promise<void> {
  await eventually('the first words of an answer', async () => await lengthOf(page, question) > 0);
}

test('the metric that the tests look at is there', async () => {
  expect(expositionOf(await model.metrics()).rows.map(({ name }) => name)).toContain('vllm:num_requests_running');
});

test('runs as the manifest\'s user, and can write to /tmp only', () => {
  const read = (file: string) => readFileSync(`/proc/${program.pid}/${file}`, 'utf8');
  expect(read('status')).toMatch(/^Uid:\t10001\t10001\t10001\t10001$/m);
  const writable = read('mounts').trim().split('\n').map(line => line.split(' ')).filter(([, path, , options]) =>
    options.split(',').includes('rw') && !/^\/(proc|sys|dev)($|\/)/.test(path)).map(([, path]) => path);
  expect(writable).toEqual(['/tmp']);
});

test('an answer grows before the eyes of who asked, and nothing is asked of anybody else', async () => {
  const page = await ChatPage.open(browser, program.origin);
  expect(await page.page.title()).toBe(program.title);
  await page.page.getByText(`Model: ${MODEL}`).waitFor();
  await page.screenshot('empty');
  await page.watch();
  await page.send('What is a Pod?');
  await begun(page, 'What is a Pod?');
  await page.screenshot('answering');
  await page.answered('What is a Pod?');
  const lengths = await page.watched();
  expect(lengths.length).toBeGreaterThan(3);
  expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
  expect(await page.last()).toContain('The answer reached its limit of 60 tokens.');
  expect(await page.question.inputValue()).toBe('');
  await page.screenshot('answered');
  expect(page.requests.filter(url => !url.startsWith(`${program.origin}/`) && !url.startsWith('data:'))).toEqual([]);
  expect(page.complaints).toEqual([]);
  await page.close();
});

test('an answer that is stopped stays as it is, and the server writes no more of it', async () => {
  const page = await ChatPage.open(browser, program.origin);
  slow();
  await page.send('Tell me everything.');
  await begun(page, 'Tell me everything.');
  expect(await running()).toBe(1);
  await page.button('Stop').click();
  await eventually('the server is idle', async () => await running() === 0);
  await eventually('the page says so', async () => (await page.last()).includes('You stopped this answer.'));
  const stopped = await page.answered('Tell me everything.');
  expect(stopped).toContain('You stopped this answer.');
  expect(stopped).not.toContain('reached its limit');
  await page.screenshot('stopped');
  fast();
  await sleep(1000);
  expect(await page.last()).toBe(stopped);
  const again = await page.retry();
  expect(again).toContain('reached its limit');
  expect(await page.said()).toHaveLength(2);
  await page.close();
});

test('who closes the page leaves no answer behind that the server goes on writing', async () => {
  const page = await ChatPage.open(browser, program.origin);
  slow();
  await page.send('And now?');
  await begun(page, 'And now?');
  await page.close();
  await eventually('the server is idle', async () => await running() === 0);
});

test('two people are answered at once, each what they asked', async () => {
  const pages = await Promise.all([ChatPage.open(browser, program.origin), ChatPage.open(browser, program.origin, PHONE)]);
  slow();
  await Promise.all(pages.map((page, index) => page.send(`I am number ${index}.`)));
  await eventually('both are being answered', async () => await running() === 2);
  fast();
  const answers = await Promise.all(pages.map((page, index) => page.answered(`I am number ${index}.`)));
  for (const [index, page] of pages.entries()) {
    expect(answers[index]).toContain('reached its limit');
    expect(await page.said()).toEqual([`I am number ${index}.`, answers[index]]);
  }
  await pages[1].screenshot('phone');
  expect(await pages[1].page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
  await Promise.all(pages.map(page => page.close()));
});

test('a question that is too long is not sent, and not lost', async () => {
  const page = await ChatPage.open(browser, program.origin);
  const before = /^vllm:prompt_tokens_total\{[^}]*\} (\S+)$/m.exec(await model.metrics())![1];
  const question = 'word '.repeat(800);
  await page.send(question);
  await page.page.getByText(/The question has 3,999 characters; at most 3,616 can be sent\. Shorten it by 383\./).waitFor();
  await page.screenshot('too-long');
  expect(await page.question.inputValue()).toBe(question);
  expect(await page.said()).toEqual([]);
  // Short enough to be sent, and still more than the model takes.
  const answer = await page.ask('word '.repeat(300));
  expect(answer).toMatch(/This question has [\d,]+ tokens, the system prompt included, but only 452 fit beside an answer of 60/);
  expect(/^vllm:prompt_tokens_total\{[^}]*\} (\S+)$/m.exec(await model.metrics())![1]).toBe(before);
  await page.close();
});

test('a long conversation loses its oldest questions, and says so', async () => {
  const page = await ChatPage.open(browser, program.origin);
  expect(await page.ask(`One: ${'zx '.repeat(50)}`)).not.toContain('no longer sees');
  expect(await page.ask(`Two: ${'zx '.repeat(90)}`)).toContain('The model no longer sees the oldest question of this conversation');
  await page.screenshot('long-conversation');
  await page.close();
});

test('the keyboard does everything', async () => {
  const page = await ChatPage.open(browser, program.origin);
  const { keyboard } = page.page;
  const focused = () => page.page.evaluate<string>('document.activeElement.innerText || document.activeElement.getAttribute("aria-label")'
    + ' || document.activeElement.closest("label")?.innerText || ""').then(text => text.trim());
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 30 && !(await focused()).startsWith(name); presses++) {
      await keyboard.press('Tab');
    }
    expect(await focused()).toMatch(new RegExp(`^${name}`));
  };
  // The question has the focus from the beginning.
  await keyboard.type('First line');
  await keyboard.press('Shift+Enter');
  await keyboard.type('second line');
  expect(await page.question.inputValue()).toBe('First line\nsecond line');
  slow();
  await keyboard.press('Enter');
  await begun(page, 'second line');
  await tabTo('Stop');
  await keyboard.press('Enter');
  await eventually('the page says so', async () => (await page.last()).includes('You stopped this answer.'));
  fast();
  await tabTo('Retry');
  await page.screenshot('keyboard');
  await keyboard.press('Enter');
  await eventually('another answer', async () => !(await page.last()).includes('You stopped'));
  await page.answered('second line');
  await tabTo('New conversation');
  await keyboard.press('Space');
  await eventually('an empty conversation', async () => (await page.said()).length === 0);
  await tabTo('Settings');
  await keyboard.press('Enter');
  await page.page.getByLabel('System prompt').waitFor();
  await page.close();
});

test('a key that the server does not know is said, and a right one is used at once', async () => {
  const page = await ChatPage.open(browser, program.origin);
  program.writeKey('another');
  expect(await page.ask('May I?')).toBe('The server does not accept this page\'s key. Tell whoever runs it: its Secret does not hold the server\'s key.');
  await page.screenshot('refused');
  program.writeKey(KEY);
  expect(await page.retry()).toContain('reached its limit');
  await page.close();
});

test('a server that stops, loads, and is killed: what was written stays, and Retry works when it is back', async () => {
  const page = await ChatPage.open(browser, program.origin);
  slow();
  await page.send('Are you there?');
  await begun(page, 'Are you there?');
  const written = (await page.last()).slice(0, 5);
  service.remove(model.port);
  model.signal('SIGTERM');
  const cut = await page.answered('Are you there?');
  expect(cut.startsWith(written)).toBe(true);
  // Whether vLLM aborts its answers, fails them or leaves them hanging when it is ended without its preStop is a race; each is said.
  expect(cut).toMatch(/The answer ends here: the (server (stopped|failed) in the middle|connection to the server|server has sent nothing)/);
  expect(cut).toContain('Your question is kept');
  await page.screenshot('gone');
  await model.stop();

  fast();
  model = await startModel();
  expect(await page.retry()).toContain(LOADING);
  await page.screenshot('loading');
  await model.ready();
  service.add(model.port);
  expect(await page.retry()).toContain('reached its limit');
  await page.screenshot('back');

  slow();
  await page.send('And if I pull the plug?');
  await begun(page, 'And if I pull the plug?');
  await model.stop();
  expect(await page.answered('And if I pull the plug?')).toContain('The answer ends here: the connection to the server was lost.');
  expect(program.running).toBe(true);
  expect(program.log).not.toMatch(/Traceback/);
  await page.close();
}, 400_000);
