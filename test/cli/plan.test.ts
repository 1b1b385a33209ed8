import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { runCommandLine } from '../../lib/cli/command-line';
import { loadTestSummary, vllmBenchResult } from '../planning/measured-files';
import { TinyFolder } from '../catalog/tiny-folder';
import { PROJECT } from '../house/sources';
import { HubServer } from '../rig/hub';
import { asHubModel, tinyModel } from './locked-models';

interface Ended {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
}

interface PricedMachine {
  readonly price?: { readonly perMillionTokensUsd: { readonly atLoad: { readonly total: number } } };
}

let folder: TinyFolder;
let hub: HubServer;
let home: string;

beforeAll(async () => {
  folder = tinyModel('dense');
  hub = await HubServer.start({ 'me/tiny': asHubModel(folder), 'me/broken': asHubModel(folder, { files: new Map() }) });
});
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'plan-'));
  process.chdir(home);
});
afterEach(() => {
  hub.seen.length = 0;
  process.chdir(PROJECT);
  fs.rmSync(home, { recursive: true });
});
afterAll(async () => {
  await hub.stop();
  folder.remove();
});

async function plan(args: string[], { colours = false, endpoint = hub.url } = {}): Promise<Ended> {
  const lines: { [stream in 'out' | 'error']: string[] } = { out: [], error: [] };
  const exitCode = await runCommandLine(['plan', ...args], { HOME: home, HF_ENDPOINT: endpoint }, {
    out: line => lines.out.push(line), error: line => lines.error.push(line), colours,
  });
  const text = (name: 'out' | 'error') => lines[name].join('\n').replaceAll(new URL(endpoint).host, 'the.hub');
  return { exitCode, out: text('out'), error: text('error') };
}

/** What a person sees, and no line of it is wider than a terminal. */
function shown({ exitCode, out, error }: Ended): string {
  expect(out.split('\n').filter(line => line.length > 80)).toEqual([]);
  return `${out}\n${error === '' ? '' : `\nerror: ${error}\n`}\nexit code ${exitCode}`;
}

const LLAMA = 'meta-llama/Llama-3.1-8B-Instruct';

describe('a model', () => {
  test('of a folder', async () => {
    fs.cpSync(folder.directory, 'my-model', { recursive: true });
    expect(shown(await plan(['my-model', '--input', '128', '--output', '64', '--accelerator', 'l4']))).toMatchSnapshot();
    expect(hub.seen).toEqual([]);
  });

  test('of a lock, which is preferred to the hub where it lies in models', async () => {
    expect(await runCommandLine(['lock', 'me/tiny'], { HOME: home, HF_ENDPOINT: hub.url }, { out: () => {}, error: () => {} })).toBe(0);
    hub.seen.length = 0;
    const named = await plan(['models/me/tiny.json', '--accelerator', 'h200']);
    expect(shown(named)).toMatchSnapshot();
    expect(await plan(['me/tiny', '--accelerator', 'h200'])).toEqual(named);
    expect(hub.seen).toEqual([]);
  });

  test('of the hub, and nothing is written', async () => {
    expect(shown(await plan(['me/tiny', '--accelerator', 'h200']))).toMatchSnapshot();
    expect(fs.readdirSync(home)).toEqual([]);
  });

  test('of the catalogue, on every card', async () => {
    expect(shown(await plan([LLAMA]))).toMatchSnapshot();
    expect(hub.seen).toEqual([]);
  });

  test('that is refused', async () => {
    expect(shown(await plan(['me/broken']))).toMatchSnapshot();
    expect(shown(await plan(['me/none']))).toMatchSnapshot();
  });

  test('when there is no hub', async () => {
    const gone = await HubServer.start({});
    const endpoint = gone.url;
    await gone.stop();
    const ended = await plan(['me/tiny'], { endpoint });
    expect(shown({ ...ended, error: ended.error.replace(/\(\d+ tries\)/, '(tries)') })).toMatchSnapshot();
  }, 30_000);
});

describe('goals', () => {
  test('that some meet put the others behind, with the reason', async () => {
    expect(shown(await plan([LLAMA, '--ttft', '150ms', '--itl', '10ms', '--accelerator', 'l4', '--accelerator', 'h100']))).toMatchSnapshot();
  });

  test('that nothing meets', async () => {
    expect(shown(await plan([LLAMA, '--itl', '1ms', '--accelerator', 'l4', '--accelerator', 'h200']))).toMatchSnapshot();
  });

  test('a rate that is too high', async () => {
    expect(shown(await plan([LLAMA, '--rate', '5', '--accelerator', 'l4', '--accelerator', 'a100']))).toMatchSnapshot();
  });
});

describe('measured', () => {
  beforeEach(() => {
    fs.writeFileSync('summary.json', loadTestSummary());
    fs.writeFileSync('bench.json', vllmBenchResult());
  });
  const spaced = (text: string) => text.replace(/\s+/g, ' ');
  const L4 = ['--accelerator', 'l4', '--measured-on', 'l4:2'];

  test('a load test\'s figures stand in their line, its load is planned for, and the predicted figures are beside them', async () => {
    const ended = await plan([LLAMA, '--measured', 'summary.json', ...L4]);
    expect(shown(ended)).toMatchSnapshot();
    expect(spaced(ended.out)).toContain('200 tokens in and 50 out, 8 clients');
    expect(ended.out.match(/\*100 /g)).toHaveLength(1);
  });

  test('a result of vllm bench, and a file of another load', async () => {
    expect(shown(await plan([LLAMA, '--measured', 'bench.json', '--measured', 'summary.json', ...L4]))).toMatchSnapshot();
  });

  test('a goal is judged by what was measured', async () => {
    expect(shown(await plan([LLAMA, '--measured', 'summary.json', '--ttft', '200ms', ...L4]))).toMatchSnapshot();
  });

  test('another load than the file\'s is planned for as ever', async () => {
    const { exitCode, out } = await plan([LLAMA, '--measured', 'summary.json', '--input', '2048', '--clients', '64', ...L4]);
    expect(exitCode).toBe(0);
    expect(spaced(out)).toContain('2048 tokens in and 50 out, 64 clients');
    expect(spaced(out)).toContain('Measured otherwise: summary.json inputTokens 200 was measured, not 2048; clients 8 was measured, not clients 64');
  });

  test('JSON has both', async () => {
    const { out } = await plan([LLAMA, '--measured', 'summary.json', '--json', ...L4]);
    const { machines, otherMeasurements } = JSON.parse(out);
    expect(otherMeasurements).toEqual([]);
    const bases = machines.map(({ tensorParallelSize, basis, measuredBy }: { [field: string]: unknown }) =>
      [tensorParallelSize, basis, measuredBy]);
    expect(bases).toContainEqual([2, 'measured', 'summary.json']);
    expect(bases.filter(([, basis]: string[]) => basis === 'measured')).toHaveLength(1);
    const line = machines.find(({ basis }: { basis: string }) => basis === 'measured');
    expect(line).toMatchObject({ outputTokensPerSecond: 100, requestsPerSecond: 2, predicted: { basis: 'estimate' } });
    expect(line.predicted.outputTokensPerSecond).not.toBe(100);
  });

  test.each<[string, string[], number, RegExp]>([
    ['a file that is not there', ['--measured', 'none.json', ...L4], 66, /^cdk8s-vllm: none\.json cannot be read \(ENOENT\)$/],
    ['a file that is none', ['--measured', 'other.json', ...L4], 65, /^cdk8s-vllm: other\.json: is neither summary\.json/],
    ['another model\'s', ['--measured', 'qwen.json', ...L4], 65, /^cdk8s-vllm: qwen\.json: measured a model served as 'Qwen\/Qwen3-8B', not 'meta-llama/],
    ['no server', ['--measured', 'summary.json'], 64, /^cdk8s-vllm: say with --measured-on on what summary\.json was measured, such as l4:2 for two L4\n/],
    ['no file', L4, 64, /^cdk8s-vllm: --measured-on \(l4:2\) says on what a file was measured; give the file with --measured\n/],
    ['no card', ['--measured', 'summary.json', '--measured-on', 'l5:2'], 64, /^cdk8s-vllm: Unknown accelerator 'l5'/],
    ['no number', ['--measured', 'summary.json', '--measured-on', 'l4:x'], 64, /^cdk8s-vllm: --measured-on \(x\) is a whole number from 1 to 16\n/],
    ['too much', ['--measured', 'summary.json', '--measured-on', 'l4:1:2'], 64, /^cdk8s-vllm: --measured-on \(l4:1:2\) is an accelerator and its number/],
  ])('%s is refused', async (_, args, exitCode, error) => {
    fs.writeFileSync('other.json', '{"figures":1}');
    fs.writeFileSync('qwen.json', loadTestSummary({ model: 'Qwen/Qwen3-8B' }));
    expect(await plan([LLAMA, ...args])).toMatchObject({ exitCode, out: '', error: expect.stringMatching(error) });
  });
});

test('a model that nothing holds, and a region without the card', async () => {
  expect(shown(await plan(['meta-llama/Llama-3.1-405B-Instruct', '--accelerator', 't4', '--accelerator', 'a100-80gb']))).toMatchSnapshot();
  expect(shown(await plan([LLAMA, '--accelerator', 'b200', '--region', 'europe-west9']))).toMatchSnapshot();
});

test('cheaper ones come first, and those without a price last', async () => {
  const { exitCode, out } = await plan([LLAMA, '--json']);
  expect(exitCode).toBe(0);
  const { machines } = JSON.parse(out) as { machines: PricedMachine[] };
  const prices = machines.map(({ price }) => price?.perMillionTokensUsd.atLoad.total ?? Number.MAX_VALUE);
  expect(prices).toEqual([...prices].sort((a, b) => a - b));
  expect(machines.at(-1)).toMatchObject({ accelerator: 'h200' });
});

test('JSON has what the table leaves out', async () => {
  const { out } = await plan([LLAMA, '--accelerator', 'l4', '--accelerator', 't4', '--itl', '1ms', '--json']);
  expect(JSON.parse(out)).toMatchSnapshot();
});

test('colours are for terminals', async () => {
  const args = [LLAMA, '--accelerator', 'l4'];
  const plain = await plan(args);
  const coloured = await plan(args, { colours: true });
  expect(plain.out).not.toContain('\u001b');
  expect(coloured.out).toMatch(/^\u001b\[1mmachine.*\u001b\[0m$/m);
  expect(coloured.out.replace(/\u001b\[\d+m/g, '')).toBe(plain.out);
});

test.each<[string, string[], RegExp]>([
  ['no model', [], /^cdk8s-vllm: say which model\n/],
  ['two models', ['a/b', 'c/d'], /^cdk8s-vllm: one model at a time, not also c\/d\n/],
  ['what is neither there nor an id', ['nowhere'], /^cdk8s-vllm: 'nowhere' is no Hugging Face id/],
  ['clients and a rate', [LLAMA, '--clients', '1', '--rate', '1'], /^cdk8s-vllm: give --clients or --rate, not both\n/],
  ['no clients', [LLAMA, '--clients', '0'], /^cdk8s-vllm: --clients \(0\) is a whole number from 1 to 100000\n/],
  ['half a token', [LLAMA, '--input', '1.5'], /^cdk8s-vllm: --input \(1\.5\) is a whole number from 1 to 10000000\n/],
  ['no rate', [LLAMA, '--rate', '0'], /^cdk8s-vllm: --rate \(0\) is a number of requests a second, above 0 and at most 100000\n/],
  ['a time without unit', [LLAMA, '--ttft', '2'], /^cdk8s-vllm: --ttft \(2\) is a time above 0, such as 50ms or 2s\n/],
  ['no time', [LLAMA, '--itl', '0ms'], /^cdk8s-vllm: --itl \(0ms\) is a time above 0/],
  ['another card', [LLAMA, '--accelerator', 'l5'], /^cdk8s-vllm: Unknown accelerator 'l5'\. Known: t4, /],
  ['a zone', [LLAMA, '--region', 'us-central1-a'], /^cdk8s-vllm: --region \(us-central1-a\) is no region; for example us-central1\n/],
  ['another option', [LLAMA, '--gpu', 'l4'], /^cdk8s-vllm: Unknown option '--gpu'\n/],
  ['too long a load', [LLAMA, '--input', '131072'],
    /^cdk8s-vllm: --input 131072 and --output 256 are 131328 tokens together, and meta-llama\/\S+ takes at most 131072\n/],
])('wrong usage: %s', async (_, args, error) => {
  const ended = await plan(args);
  expect(ended).toMatchObject({ exitCode: 64, out: '', error: expect.stringMatching(error) });
  expect(ended.error).toMatch(/\nusage: npx cdk8s-vllm plan .*\n--help says more\.$/);
  expect(hub.seen).toEqual([]);
});

test.each([[['--help']], [['-h']]])('%j says how', async (args) => {
  const { exitCode, out } = await plan(args);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^usage: npx cdk8s-vllm plan /);
  expect(out.split('\n').filter(line => line.length > 120)).toEqual([]);
});
