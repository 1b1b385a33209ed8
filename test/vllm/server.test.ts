import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { install } from '../rig/vllm/install';
import { DEFAULT_RELEASE, SandboxProps, VllmServer, sandboxCommand, tinyModel } from '../rig/vllm';
import { AnswerStream, endsOf } from '../rig/vllm-answer';
import { GeneratedCell } from '../rig/vllm-cell';
import { expositionOf } from '../rig/vllm-metrics';
import { ON_A_PROCESSOR, VllmPod } from '../rig/vllm-pod';
import { MetricReaders, deadOf, readersOf } from '../rig/vllm-readers';
import { recorded, seriesOf } from '../rig/series/recorded';
import { expectMetricsOfRegistry } from '../rig/vllm-registry-metrics';
import { RELEASES } from './releases';

const SANDBOX: SandboxProps = {
  uid: 10001,
  writable: ['/tmp', '/home/vllm', '/dev/shm'],
  mounts: { '/data/model': tinyModel() },
};

describe('the sandbox', () => {
  const run = (script: string) => {
    const [command, ...args] = [...sandboxCommand(SANDBOX), '/bin/sh', '-c', script];
    return spawnSync(command, args, { encoding: 'utf8' });
  };

  test('is a plain user without capabilities, as process 1', () => {
    expect(run('echo $$ $(id -u) $(id -g); grep CapBnd /proc/self/status').stdout).toBe('1 10001 10001\nCapBnd:\t0000000000000000\n');
  });

  test.each(['/', '/etc', '/data/model', '/usr/lib', '/home'])('cannot write to %s', (directory) => {
    expect(run(`touch ${directory}/probe`).status).not.toBe(0);
  });

  test.each(['/tmp', '/home/vllm', '/dev/shm'])('can write to %s, and nothing of it stays', (directory) => {
    expect(run(`touch ${directory}/probe && ls ${directory}`).stdout).toBe('probe\n');
    expect(run(`ls ${directory}`).stdout).toBe('');
  });

  test('does not see what was not given', () => {
    expect(run(`ls ${process.cwd()}`).status).not.toBe(0);
    expect(run('ls /data').stdout).toBe('model\n');
  });
});

describe('the server of a generated cell', () => {
  const cell = GeneratedCell.of('l4-gcs');
  const model = cell.argument('--served-model-name')!;
  let pod: VllmPod;
  let answers: (number | 'refused')[];
  let startSeconds: number;

  beforeAll(async () => {
    const started = Date.now();
    pod = await VllmPod.start({ cell });
    answers = await pod.server.ready();
    startSeconds = (Date.now() - started) / 1000;
  });

  afterAll(() => pod.stop());

  test('has the manifest\'s arguments but for what only a GPU can do', () => {
    expect(cell.server.args.filter(arg => !pod.args.includes(arg))).toEqual(['--tensor-parallel-size=2']);
    expect(pod.args.filter(arg => !cell.server.args.includes(arg))).toEqual(Object.keys(ON_A_PROCESSOR));
  });

  test('runs as the manifest\'s user and group, and writes only to its home, temporary files and shared memory', () => {
    expect(cell.server.securityContext).toMatchObject({ runAsUser: 10001, runAsGroup: 10001, readOnlyRootFilesystem: true });
    expect(cell.writable).toEqual(['/home/vllm', '/tmp', '/dev/shm']);
    const status = readFileSync(`/proc/${pod.server.mainPid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t10001\t10001\t10001\t10001$/m);
    expect(status).toMatch(/^Gid:\t10001\t10001\t10001\t10001$/m);
    const writable = readFileSync(`/proc/${pod.server.mainPid}/mounts`, 'utf8').trim().split('\n').map(line => line.split(' '))
      .filter(([, path, , options]) => options.split(',').includes('rw') && !/^\/(proc|sys|dev\/(null|zero|full|random|urandom|tty))($|\/)/.test(path));
    expect([...new Set(writable.map(([, path]) => path))].sort()).toEqual([...cell.writable].sort());
  });

  test('every probe is refused until the engine is ready, and 200 from then on, within the startup probe\'s time', async () => {
    const { startupProbe, readinessProbe, livenessProbe } = cell.server;
    expect(startupProbe.httpGet.path).toBe('/health');
    expect(answers).toEqual(['refused', 200]);
    expect(startSeconds).toBeLessThan(startupProbe.periodSeconds * startupProbe.failureThreshold);
    for (const { httpGet, timeoutSeconds } of [startupProbe, readinessProbe, livenessProbe]) {
      const answer = await fetch(`${pod.server.url}${httpGet.path}`, { signal: AbortSignal.timeout(timeoutSeconds * 1000) });
      expect([httpGet.path, answer.status]).toEqual([httpGet.path, 200]);
    }
  });

  test('nothing of the environment is unknown to it, and no argument is deprecated', () => {
    const lines = pod.server.log.split('\n');
    expect(lines.some(line => / WARNING /.test(line))).toBe(true);
    expect(lines.filter(line => /Unknown vLLM environment variable| WARNING .*deprecated/i.test(line))).toEqual([]);
  });

  test('it answers', async () => {
    const response = await fetch(`${pod.server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }], max_tokens: 8, ignore_eos: true }),
    });
    expect(await response.json()).toMatchObject({ model, usage: { completion_tokens: 8 }, choices: [{ finish_reason: 'length' }] });
  });

  test('the probes answer in time while it works on 32 requests', async () => {
    const streams = Array.from({ length: 32 }, () => new AnswerStream({ url: pod.server.url, model, tokens: 200, withinSeconds: 120 }));
    await Promise.all(streams.map(stream => stream.started));
    for (const { httpGet, timeoutSeconds } of [cell.server.readinessProbe, cell.server.livenessProbe]) {
      const answer = await fetch(`${pod.server.url}${httpGet.path}`, { signal: AbortSignal.timeout(timeoutSeconds * 1000) });
      expect(answer.status).toBe(200);
    }
    expect(endsOf(await Promise.all(streams.map(stream => stream.ended)))).toEqual({ length: 32 });
  });

  test('it exposes every metric that the registry calls always present, and no other of vLLM', async () => {
    expectMetricsOfRegistry(await pod.server.metrics(), DEFAULT_RELEASE);
  });

  test.each(GeneratedCell.all().map(other => [other.name, other] as const))('autoscaler, scraper and rules of %s read only what it exposes', async (_, other) => {
    const readers = readersOf(other);
    expect([readers.autoscaled.length, readers.kept.length, readers.expressions.length].every(length => length > 0)).toBe(true);
    expect(deadOf(readers, expositionOf(await pod.server.metrics()))).toEqual([]);
  });

  test.each<[string, Exclude<keyof MetricReaders, 'job'>, string, string[]]>([
    ['a metric of an older release that is scraped', 'kept', 'vllm:gpu_cache_usage_perc', ['scraped, but not exposed: vllm:gpu_cache_usage_perc']],
    ['a counter that is scaled by as a gauge', 'autoscaled', 'prometheus.googleapis.com|vllm:num_preemptions_total|gauge',
      ['autoscaled, but not exposed as gauge: vllm:num_preemptions_total']],
    ['a dead metric in a rule', 'expressions', 'sum by (le) (rate(vllm:time_per_output_token_seconds_bucket[5m])) > 1', [
      'in a rule, but without a row: vllm:time_per_output_token_seconds_bucket ', 'read, but not scraped: vllm:time_per_output_token_seconds_bucket',
    ]],
    ['a label value that no row has', 'expressions', 'vllm:request_success_total{finished_reason="aborted"} > 0', [
      'in a rule, but without a row: vllm:request_success_total finished_reason=aborted',
    ]],
    ['a rule about a sibling', 'expressions', 'vllm:num_requests_running{job="another"} > 0', [
      'in a rule, but without a row: vllm:num_requests_running job=another',
    ]],
    ['a metric that is not scraped', 'expressions', 'vllm:healthy > 0', [
      'in a rule, but without a row: vllm:healthy ', 'read, but not scraped: vllm:healthy']],
  ])('%s is found', async (_, kind, planted, found) => {
    const readers = readersOf(cell);
    expect(deadOf({ ...readers, [kind]: [...readers[kind], planted] }, expositionOf(await pod.server.metrics()))).toEqual(found);
  });

  test('its series are those that were recorded for the tests of the alerts', async () => {
    const exposed = [...seriesOf(expositionOf(await pod.server.metrics())).keys()].sort();
    expect(recorded().release).toBe(DEFAULT_RELEASE);
    for (const [state, series] of Object.entries(recorded().states)) {
      expect([state, Object.keys(series)]).toEqual([state, exposed]);
    }
    expect(exposed).toContain('vllm:request_success_total{engine="0",finished_reason="abort"}');
  });

  test('its init container lets only these weights pass', () => {
    const [path, , revision] = cell.checkWeights.args;
    expect(pod.checkWeights()).toEqual({ exitCode: 0, output: expect.stringContaining(`${model} at revision ${revision} are complete`) });
    expect(pod.checkWeights([path, model, 'another'])).toEqual({ exitCode: 65, output: expect.stringContaining(revision) });
  });

  test('SIGTERM to its first process ends it', async () => {
    pod.server.signal('SIGTERM');
    expect(await pod.server.exited).toBe(0);
    expect(await pod.server.health()).toBe('refused');
  });
});

test('a server that cannot start says why', async () => {
  const server = await VllmServer.start({ args: ['/data/model', '--max-modl-len=512'], environment: { HOME: '/tmp' } });
  await expect(server.ready()).rejects.toThrow('unrecognized arguments: --max-modl-len=512');
  await server.stop();
  expect(() => process.kill(-server.pid, 0)).toThrow('ESRCH');
});

for (const release of RELEASES.filter(other => other !== DEFAULT_RELEASE)) {
  test(`a server of ${release} exposes every metric that its registry calls always present, and no other of vLLM`, async () => {
    install(release);
    const server = await VllmServer.start({
      release,
      args: [tinyModel(), '--max-model-len=512', '--enforce-eager'],
      environment: { HOME: tmpdir(), HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1' },
    });
    try {
      await server.ready();
      await fetch(`${server.url}/v1/models`);
      expectMetricsOfRegistry(await server.metrics(), release);
    } finally {
      await server.stop();
    }
  });
}
