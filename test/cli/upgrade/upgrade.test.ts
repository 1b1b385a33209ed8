import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { VllmRelease } from '../../../lib/catalog';
import { runCommandLine } from '../../../lib/cli/command-line';
import { UpgradeReport } from '../../../lib/cli/upgrade/upgrade-report';
import { PROJECT } from '../../house/sources';

const TRANSPILER = require.resolve('sucrase/register/ts');

let home: string;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'upgrade-'));
  process.chdir(home);
});
afterEach(() => {
  process.chdir(PROJECT);
  fs.rmSync(home, { recursive: true });
});

interface Ended {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
}

async function upgrade(...args: string[]): Promise<Ended> {
  const lines: { [stream in 'out' | 'error']: string[] } = { out: [], error: [] };
  const exitCode = await runCommandLine(['upgrade', ...args], { PATH: process.env.PATH }, {
    out: line => lines.out.push(line), error: line => lines.error.push(line),
  });
  return { exitCode, out: lines.out.join('\n'), error: lines.error.join('\n') };
}

function app(name: string, ...args: string[]): string {
  return ['--app', `node -r ${TRANSPILER} ${path.join(__dirname, name)} ${args.join(' ')}`].join('=');
}

async function reportOf(...args: string[]): Promise<UpgradeReport> {
  const { out, error } = await upgrade(...args, '--json');
  expect(error).toBe('');
  return JSON.parse(out) as UpgradeReport;
}

function times(folder: string): string[] {
  return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort().map(name => `${name} ${fs.statSync(path.join(folder, name)).mtimeMs}`);
}

test.each([['0.28.0', '0.32.0'], ['0.32.0', '0.33.0']])('the matrix from %s to %s: every cell before and after, and nothing is written', async (from, to) => {
  process.chdir(PROJECT);
  const before = times('dist');
  const { exitCode, out, error } = await upgrade('--from', from, '--to', to);
  expect(error).toBe('');
  expect(exitCode).toBe(0);
  expect(out).toMatchSnapshot();
  expect(times('dist')).toEqual(before);
});

test.each([
  ['0.28.0', '0.32.0', ['VLLM_TEST_FORCE_FP8_MARLIN', '--enable-bf16x3-router-gemm']],
  ['0.32.0', '0.33.0', ['VLLM_USE_RAY_WRAPPED_PP_COMM', '--tool-call-parser=hermes']],
])('an app from %s to %s with names that go: these stand first, and the exit code is 1', async (from, to, names) => {
  const { exitCode, out, error } = await upgrade('--from', from, '--to', to, app('planted-app.ts', ...names));
  expect(error).toBe('');
  expect(exitCode).toBe(1);
  expect(out).toMatchSnapshot();
  expect(fs.readdirSync(home)).toEqual([]);
});

test('a cell that no longer fits has its sum, and no objects; one that is upgraded already stays', async () => {
  const report = await reportOf('--from', '0.32.0', '--to', '0.33.0', app('planted-app.ts'));
  expect(report).toMatchObject({ breaks: true, used: { gone: [] }, untouched: [{ server: 'canary', release: '0.33.0' }] });
  const [long, names] = report.cells;
  expect(long).toMatchObject({ cell: 'long', before: { largestModelLen: 13_952 }, refusal: expect.stringContaining('KV cache for one request of 13952 tokens') });
  expect(long.after).toBeUndefined();
  expect(names).toMatchObject({ cell: 'names', pinned: true, after: { maxModelLen: 40_960 } });
  expect(names.refusal).toBeUndefined();
  expect(report.objects.flatMap(({ objects }) => objects).filter(name => name.startsWith('long/'))).toEqual([]);
});

test('only the chosen cell is looked at', async () => {
  const report = await reportOf('--from', '0.32.0', '--to', '0.33.0', '--cells', 'names', app('planted-app.ts'));
  expect(report.breaks).toBe(false);
  expect(report.cells.map(({ cell }) => cell)).toEqual(['names']);
  expect(await upgrade('--from', '0.32.0', '--to', '0.33.0', '--cells', 'nams', app('planted-app.ts'))).toMatchObject({
    exitCode: 64, error: expect.stringContaining('there is no cell nams; there are canary, long, names'),
  });
});

test('a release that the catalogue lacks is compared by its registry; a metric that goes is found where it is read', async () => {
  const { names } = VllmRelease.V0_33;
  const metrics = Object.fromEntries(Object.entries(names.metrics).filter(([name]) => name !== 'vllm:kv_cache_usage_perc'));
  fs.writeFileSync('vllm-0.34.0.json', JSON.stringify({ ...Object.fromEntries(Object.entries(names)), release: '0.34.0', metrics }));
  const report = await reportOf('--from', '0.32.0', '--to', 'vllm-0.34.0.json', '--cells', 'names', app('planted-app.ts'));
  expect(report).toMatchObject({ to: '0.34.0', breaks: true });
  expect(report.used.gone).toEqual([{
    kind: 'metric', name: 'vllm:kv_cache_usage_perc', what: expect.stringContaining('vLLM 0.34.0 has no metric'),
    where: ['names/autoscaling/horizontalpodautoscaler-names', 'names/monitoring/podmonitoring-names', 'names/monitoring/rules-names'],
  }]);
  expect(report.release.metrics.gone).toEqual(['vllm:kv_cache_usage_perc']);
});

test('an app of cdk8s alone is looked at as well, unless it writes where it likes', async () => {
  const report = await reportOf('--from', '0.32.0', '--to', '0.33.0', app('plain-app.ts'));
  expect(report).toMatchObject({ breaks: false, cells: [{ cell: 'plain', server: 'plain' }] });
  expect(report.objects).toEqual([{ what: expect.stringContaining('v0.32.0'), objects: ['plain'] }]);
  const { exitCode, error } = await upgrade('--from', '0.32.0', '--to', '0.33.0', app('plain-app.ts', 'mine'));
  expect(exitCode).toBe(65);
  expect(error).toContain('the app writes into mine whatever CDK8S_OUTDIR says');
  expect(fs.readdirSync(home)).toEqual([]);
});

test('the script of a clone asks for the matrix', () => {
  const { status, stdout } = spawnSync('npm', ['run', '--silent', 'upgrade', '--', '--from', '0.32.0', '--to', '0.33.0', '--cells', 'l4-gcs'], {
    cwd: PROJECT, encoding: 'utf8',
  });
  expect(stdout).toMatch(/^vLLM 0\.32\.0 → 0\.33\.0, 1 server: nothing that is used is gone, every cell fits\n/);
  expect(status).toBe(0);
});

test('the page says the same as the text, and holds no markup of the app\'s', async () => {
  const { out } = await upgrade('--from', '0.32.0', '--to', '0.33.0', '--html', 'upgrade.html', app('planted-app.ts'));
  const page = fs.readFileSync('upgrade.html', 'utf8');
  const [headline] = out.split('\n');
  expect(page).toContain(`<h1 class="breaks">${headline}</h1>`);
  expect(page).toContain('fits:    maxModelLen &#60;= ');
});

test.each([
  [[], 64, 'say which release you serve now: --from'],
  [['--from', '0.32.0'], 64, 'say which release you would serve: --to'],
  [['--from', '0.32.0', '--to', '0.99.0'], 64, '--to: VllmRelease: the flags and metrics of vLLM 0.99.0 are not known'],
  [['--from', '0.32.0', '--to', '0.33.0'], 64, 'there is no cdk8s.yaml with an \'app\' here'],
  [['--from', '0.32.0', '--to', '0.33.0', '--app', 'true'], 66, '\'true\' made no VllmServer'],
  [['--from', '0.32.0', '--to', '0.33.0', '--app', 'echo no >&2; exit 3'], 65, 'fails: no'],
])('%j ends with %i', async (args, exitCode, error) => {
  const ended = await upgrade(...args);
  expect(ended).toMatchObject({ exitCode, out: '', error: expect.stringContaining(error) });
});

test('an app none of whose servers runs the older release is told so', async () => {
  const { exitCode, error } = await upgrade('--from', '0.32.0', '--to', '0.33.0', '--cells', 'canary', app('planted-app.ts'));
  expect({ exitCode, error }).toMatchObject({ exitCode: 64, error: expect.stringContaining('no server runs vLLM 0.32.0; they run 0.33.0') });
});
