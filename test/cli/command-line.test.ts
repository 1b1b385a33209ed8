import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Model } from '../../lib/catalog';
import { runCommandLine } from '../../lib/cli/command-line';
import { TinyFolder } from '../catalog/tiny-folder';
import { PROJECT } from '../house/sources';
import { Fault } from '../rig/faulty-server';
import { HubServer } from '../rig/hub';
import { asHubModel, COMMIT, tinyModel } from './locked-models';

const TOKEN = 'hf_thisMustNeverBeSeen';
const TRANSPILER = require.resolve('sucrase/register/ts');
const MAIN = path.join(PROJECT, 'lib', 'cli', 'main.ts');

interface Ended {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
}

let folder: TinyFolder;
let encoder: TinyFolder;
let hub: HubServer;
let home: string;

beforeAll(async () => {
  folder = tinyModel('dense');
  encoder = tinyModel('encoder');
  hub = await HubServer.start({
    'me/tiny': asHubModel(folder), 'me/gated': asHubModel(folder, { token: TOKEN }), 'me/broken': asHubModel(folder, { files: new Map() }),
    'me/encoder': asHubModel(encoder),
  });
});
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'command-line-'));
  process.chdir(home);
});
afterEach(() => {
  hub.fault = undefined;
  hub.seen.length = 0;
  process.chdir(PROJECT);
  fs.rmSync(home, { recursive: true });
});
afterAll(async () => {
  await hub.stop();
  [folder, encoder].forEach(made => made.remove());
});

/** In this process, which is in an empty folder meanwhile. */
async function run(args: string[], environment: { [name: string]: string } = {}): Promise<Ended> {
  const lines: { [stream in 'out' | 'error']: string[] } = { out: [], error: [] };
  const exitCode = await runCommandLine(args, { HOME: home, HF_ENDPOINT: hub.url, ...environment }, {
    out: (line, ...more: unknown[]) => lines.out.push([line, ...more].join(' ')),
    error: (line, ...more: unknown[]) => lines.error.push([line, ...more].join(' ')),
  });
  return tokenless({ exitCode, out: lines.out.map(line => `${line}\n`).join(''), error: lines.error.map(line => `${line}\n`).join('') });
}

/** As a process of its own, with an environment that has nothing else. */
function runProcess(args: string[]): Promise<Ended> {
  const env = { PATH: process.env.PATH, HOME: home, HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN };
  return new Promise((resolve) => {
    execFile(process.execPath, ['-r', TRANSPILER, MAIN, ...args], { cwd: home, env, encoding: 'utf8' }, (failed, out, error) =>
      resolve(tokenless({ exitCode: failed ? Number(failed.code) : 0, out, error })));
  });
}

function tokenless(ended: Ended): Ended {
  expect(ended.out + ended.error).not.toContain(TOKEN);
  expect(ended.error).not.toMatch(/^ +at /m);
  return ended;
}

/** All files of the folder that the program ran in. */
function written(): string[] {
  return fs.readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(name => fs.statSync(path.join(home, name)).isFile());
}

test('it writes the lock and says what it is, how to use it, and which GPUs hold it', async () => {
  const { exitCode, out, error } = await runProcess(['lock', 'me/tiny']);
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
  expect(out.split('\n')).toEqual([
    `me/tiny at ${COMMIT}`,
    'LlamaForCausalLM, 6 files, 1.1 MB',
    'wrote models/me/tiny.json',
    '',
    'In TypeScript:',
    '  Model.fromLock(\'models/me/tiny.json\')',
    '',
    'GPUs of one machine that hold it, vLLM 0.33.0:',
    '  t4            tensorParallelSize 1, all 4096 tokens, dtype half',
    ...['l4', 'a100', 'a100-80gb', 'h100', 'h200', 'rtx-pro-6000', 'b200'].map(id => `  ${id.padEnd(14)}tensorParallelSize 1, all 4096 tokens`),
    '',
  ]);
  expect(written()).toEqual(['models/me/tiny.json']);
  expect(Model.fromLock(path.join(home, 'models/me/tiny.json'))).toMatchObject({ id: 'me/tiny', revision: COMMIT, gated: false });
});

test('elsewhere, and twice: the same bytes, nothing left beside them', async () => {
  expect((await run(['lock', 'me/tiny', '--output', 'a/b/tiny.json', '--revision', COMMIT])).exitCode).toBe(0);
  const first = fs.readFileSync(path.join(home, 'a/b/tiny.json'));
  expect((await run(['lock', '--output=a/b/tiny.json', 'me/tiny'])).out).toContain('wrote a/b/tiny.json');
  expect(fs.readFileSync(path.join(home, 'a/b/tiny.json'))).toEqual(first);
  expect(written()).toEqual(['a/b/tiny.json']);
});

describe('the token', () => {
  const tokenFile = (...names: string[]) => {
    const file = path.join(home, ...names);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `${TOKEN}\n`);
    return file;
  };

  test.each<[string, () => { [name: string]: string }]>([
    ['HF_TOKEN', () => ({ HF_TOKEN: TOKEN })],
    ['HF_TOKEN before every file', () => ({ HF_TOKEN: TOKEN, HF_TOKEN_PATH: '/nowhere' })],
    ['HF_TOKEN_PATH', () => ({ HF_TOKEN_PATH: tokenFile('my-token') })],
    ['HF_HOME', () => ({ HF_HOME: path.dirname(tokenFile('hub', 'token')) })],
    ['XDG_CACHE_HOME', () => ({ XDG_CACHE_HOME: path.dirname(path.dirname(tokenFile('xdg', 'huggingface', 'token'))) })],
    ['the file of hf auth login', () => {
      tokenFile('.cache', 'huggingface', 'token');
      return {};
    }],
  ])('from %s', async (_, environment) => {
    const { exitCode, out } = await run(['lock', 'me/gated'], environment());
    expect(exitCode).toBe(0);
    expect(out).toContain(`me/gated at ${COMMIT}, gated\n`);
    expect(Model.fromLock(path.join(home, 'models/me/gated.json')).gated).toBe(true);
    expect(written().filter(file => file.startsWith('models') && fs.readFileSync(path.join(home, file), 'utf8').includes(TOKEN))).toEqual([]);
  });

  test('none, a wrong one, and one that no header can carry', async () => {
    expect(await run(['lock', 'me/gated'])).toMatchObject({ exitCode: 77, error: expect.stringMatching(/me\/gated is gated: accept its licence/) });
    expect(await run(['lock', 'me/gated'], { HF_TOKEN: 'wrong' }))
      .toMatchObject({ exitCode: 77, error: expect.stringMatching(/the account of the token may not read me\/gated/) });
    hub.seen.length = 0;
    expect(await run(['lock', 'me/gated'], { HF_TOKEN: `${TOKEN}\n${TOKEN}` }))
      .toMatchObject({ exitCode: 64, error: expect.stringMatching(/^cdk8s-vllm: the token in HF_TOKEN is no token: /) });
    expect(hub.seen).toEqual([]);
    expect(written()).toEqual([]);
  });

  test('a file that cannot be read', async () => {
    expect(await run(['lock', 'me/gated'], { HF_TOKEN_PATH: home }))
      .toMatchObject({ exitCode: 77, error: `cdk8s-vllm: the token file ${home} cannot be read (EISDIR). Make it readable, or set HF_TOKEN\n` });
  });
});

test.each<[string, string[], RegExp]>([
  ['nothing', [], /^cdk8s-vllm: say what to do\n/],
  ['another command', ['serve'], /^cdk8s-vllm: there is no command 'serve'\n/],
  ['no model', ['lock'], /^cdk8s-vllm: say which model\n/],
  ['two models', ['lock', 'me/tiny', 'me/other'], /^cdk8s-vllm: one model at a time, not also me\/other\n/],
  ['an unknown option', ['lock', 'me/tiny', '--force'], /^cdk8s-vllm: Unknown option '--force'\n/],
  ['an option without its value', ['lock', 'me/tiny', '--revision'], /^cdk8s-vllm: Option '--revision <value>' argument missing\n/],
  ['a name without owner', ['lock', 'tiny'], /^cdk8s-vllm: 'tiny' is no Hugging Face id; it is an owner and a name, such as google\/gemma-2-9b-it\n/],
  ['a path out of models', ['lock', '../tiny'], /'\.\.\/tiny' is no Hugging Face id/],
  ['an address', ['lock', 'https://huggingface.co/me/tiny'], /is no Hugging Face id/],
])('wrong usage: %s', async (_, args, error) => {
  const ended = await run(args);
  expect(ended).toMatchObject({ exitCode: 64, out: '', error: expect.stringMatching(error) });
  const usages = args[0] === 'lock' ? /\nusage: npx cdk8s-vllm lock .*\n--help says more\.\n$/ : /\nusage: npx .*\n(?: {7}npx .*\n)+--help says more\.\n$/;
  expect(ended.error).toMatch(usages);
  expect(hub.seen).toEqual([]);
  expect(written()).toEqual([]);
});

test('a process of its own ends with the exit code', async () => {
  expect(await runProcess(['lock', 'me/none'])).toMatchObject({ exitCode: 66, out: '', error: expect.stringMatching(/^cdk8s-vllm: http:\S+ knows no me\/none/) });
  expect(await runProcess(['lock'])).toMatchObject({ exitCode: 64, out: '' });
});

test('a model that writes no text is locked, and it is said that nobody can chat with it', async () => {
  const { exitCode, out } = await run(['lock', 'me/encoder']);
  expect(exitCode).toBe(0);
  expect(out).toContain('wrote models/me/encoder.json\n'
    + 'It writes no text, but embeddings, scores or labels: it is nothing for GradioChat, LocustLoadTest and others that chat.\n');
  expect((await run(['lock', 'me/tiny'])).out).not.toContain('writes no text');
});

test.each(['--version', '-v'])('%s says the version of the package', async (option) => {
  const { version } = JSON.parse(fs.readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as { version: string };
  expect(await run([option])).toEqual({ exitCode: 0, out: `${version}\n`, error: '' });
});

test.each([[['--help']], [['-h']], [['help']], [['lock', '--help']], [['lock', '-h']]])('%j says how', async (args) => {
  const { exitCode, out, error } = await run(args);
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
  expect(out).toMatch(/^usage: npx cdk8s-vllm \w+ </);
  expect(out).toContain('npx cdk8s-vllm lock <hugging-face-id>');
  expect(out.split('\n').filter(line => line.length > 120)).toEqual([]);
});

describe('all or nothing', () => {
  const fails = async (args: string[], exitCode: number, sentence: RegExp, fault?: Fault) => {
    fs.mkdirSync(path.join(home, 'models/me'), { recursive: true });
    fs.writeFileSync(path.join(home, 'models/me/tiny.json'), 'what was here before');
    hub.fault = ({ path: asked }) => asked.includes('/resolve/') ? fault : undefined;
    const ended = await run(args);
    expect(ended).toMatchObject({ exitCode, out: '', error: expect.stringMatching(sentence) });
    expect(ended.error.trimEnd()).not.toContain('\n');
    expect(written()).toEqual(['models/me/tiny.json']);
    expect(fs.readFileSync(path.join(home, 'models/me/tiny.json'), 'utf8')).toBe('what was here before');
  };

  test('a hub that ends in the middle', () => fails(['lock', 'me/tiny'], 69, /does not answer: \S+ \(5 tries\)/, { reset: 'before' }), 30_000);

  test('a model that is not there', () => fails(['lock', 'me/none'], 66, /knows no me\/none that everybody may read/));

  test('a revision that is not there', () => fails(['lock', 'me/tiny', '--revision', 'v2/next'], 66, /me\/tiny has no revision v2\/next/));

  test('a repository without a model', () => fails(['lock', 'me/broken'], 65, /me\/broken has no config\.json/));

  test('a folder in the place of the file', async () => {
    await fails(['lock', 'me/tiny', '--output', 'models'], 73, /^cdk8s-vllm: models cannot be written \(EISDIR\)$/m);
  });

  test('a file in the place of a folder', async () => {
    await fails(['lock', 'me/tiny', '--output', 'models/me/tiny.json/x.json'], 73, /x\.json cannot be written \((?:ENOTDIR|EEXIST)\)/);
  });

  test('an address that is none', async () => {
    expect(await run(['lock', 'me/tiny'], { HF_ENDPOINT: 'huggingface.co' }))
      .toMatchObject({ exitCode: 64, error: expect.stringMatching(/^cdk8s-vllm: HF_ENDPOINT is no address of a hub such as/) });
  });
});
