import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { VllmRelease } from '../../lib/catalog/vllm-release';
import { DEFAULT_RELEASE } from '../rig/vllm';
import { ArgumentChecker } from '../rig/vllm-arguments';
import { GeneratedCell } from '../rig/vllm-cell';
import { pythonOf } from '../rig/vllm/install';

const cells = GeneratedCell.all();
const release = VllmRelease.DEFAULT;
const spelledInFull = release.flagNames.flatMap(name => [name, ...release.flag(name).negated ?? [name]]);
let checker: ArgumentChecker;

beforeAll(async () => {
  checker = await ArgumentChecker.start(DEFAULT_RELEASE);
});

afterAll(() => checker.stop());

/** Everything that the real command line has against a list, and flags that it would take for another one's beginning. */
async function faultsOf(args: string[]): Promise<string[]> {
  const { errors, warnings } = await checker.check(args);
  const cutOff = args.filter(arg => arg.startsWith('--') && !spelledInFull.includes(arg.split('=')[0]));
  return [...errors, ...warnings, ...cutOff.map(arg => `${arg} is not spelled in full`)];
}

test('there is a generated server for every accelerator, of the release whose command line judges it', () => {
  expect(new Set(cells.map(cell => cell.name.replace(/-(gcs|hdml|pd)(-.*)?$/, '')))).toEqual(
    new Set(['t4', 'l4', 'a100', 'a100-80gb', 'h100', 'h200', 'rtx-pro-6000', 'b200']));
  expect(new Set(cells.map(cell => cell.server.image))).toEqual(new Set([release.image]));
  expect(release.version).toBe(DEFAULT_RELEASE);
});

describe.each(cells.map(cell => [cell.name, cell] as const))('%s', (_, cell) => {
  test('the real command line has nothing against its arguments', async () => {
    expect(await faultsOf(cell.server.args)).toEqual([]);
  });

  test('port, probes, preStop and startup timeout say the same', () => {
    const { ports, startupProbe, readinessProbe, livenessProbe, lifecycle } = cell.server;
    expect(ports).toEqual([{ name: 'http', containerPort: Number(cell.argument('--port')), protocol: 'TCP' }]);
    for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
      expect(probe.httpGet.port).toBe('http');
    }
    expect(lifecycle.preStop.exec.command[2]).toBe(`http://127.0.0.1:${ports[0].containerPort}/metrics`);
    const budget = startupProbe.periodSeconds * startupProbe.failureThreshold;
    expect(Number(cell.environment.VLLM_ENGINE_READY_TIMEOUT_S)).toBeLessThanOrEqual(budget);
    expect(budget).toBeLessThan(cell.progressDeadlineSeconds);
  });

  test('the grace period covers preStop, the shutdown timeout and the exit', () => {
    const [propagation, drain] = cell.server.lifecycle.preStop.exec.command.slice(3).map(Number);
    // the exit takes 3 s on a GPU
    expect(cell.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(propagation + drain + Number(cell.argument('--shutdown-timeout')) + 3);
  });
});

test.each([
  ['a removed flag', '--swap-space=4', 'unrecognized arguments: --swap-space=4'],
  ['a flag of an older release', '--enable-bf16x3-router-gemm', 'unrecognized arguments: --enable-bf16x3-router-gemm'],
  ['a choice that is none', '--dtype=bfloat17', 'bfloat17'],
  ['a deprecated flag', '--disable-cascade-attn', 'is deprecated'],
  ['a cut-off flag', '--enforce-eag', '--enforce-eag is not spelled in full'],
])('%s among the arguments is found', async (_name, planted, fault) => {
  expect(await faultsOf([...GeneratedCell.of('l4-gcs').server.args, planted])).toEqual(expect.arrayContaining([expect.stringContaining(fault)]));
});

/** What the real package says of the variables of each environment: unknown names, and values that it cannot read. */
function environmentFaultsOf(...environments: Record<string, string>[]): string[][] {
  const output = execFileSync(pythonOf(DEFAULT_RELEASE), [join(__dirname, '..', 'rig', 'vllm', 'check_environment.py')], {
    encoding: 'utf8', env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1' }, input: JSON.stringify(environments),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return JSON.parse(output.trim().split('\n').at(-1)!);
}

test('the real package knows every variable of every environment, and finds a removed one and a value of another type', () => {
  const environments = cells.map(cell => cell.environment);
  for (const environment of environments) {
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(['VLLM_ENGINE_READY_TIMEOUT_S', 'VLLM_NO_USAGE_STATS']));
  }
  const planted = { VLLM_USE_V1: '1', VLLM_ENGINE_READY_TIMEOUT_S: 'ten minutes' };
  expect(environmentFaultsOf(...environments, planted)).toEqual([
    ...environments.map(() => []),
    [expect.stringContaining('VLLM_ENGINE_READY_TIMEOUT_S: '), 'VLLM_USE_V1 is unknown'],
  ]);
});
