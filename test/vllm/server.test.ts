import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { VLLM_REGISTRIES } from '../../imports/vllm/registry';
import { install } from '../rig/vllm/install';
import { DEFAULT_RELEASE, SandboxProps, VllmServer, sandboxCommand, tinyModel } from '../rig/vllm';
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

describe('a server', () => {
  let server: VllmServer;
  let answers: (number | 'refused')[];

  beforeAll(async () => {
    server = await VllmServer.start({
      args: ['/data/model', '--served-model-name=tiny', '--max-model-len=512', '--enforce-eager'],
      environment: { HOME: '/home/vllm', USER: 'vllm', HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1' },
      sandbox: SANDBOX,
    });
    answers = await server.ready();
  });

  afterAll(() => server.stop());

  test('/health is refused until the engine is ready, never anything else', () => {
    expect(answers).toEqual(['refused', 200]);
  });

  test('it answers', async () => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tiny', messages: [{ role: 'user', content: 'hello' }], max_tokens: 8, ignore_eos: true }),
    });
    expect(await response.json()).toMatchObject({ model: 'tiny', usage: { completion_tokens: 8 }, choices: [{ finish_reason: 'length' }] });
  });

  test('it exposes every metric that the registry calls always present, and no other of vLLM', async () => {
    expectMetricsOfRegistry(await server.metrics(), DEFAULT_RELEASE);
  });

  test('SIGTERM to its first process ends it', async () => {
    server.signal('SIGTERM');
    expect(await server.exited).toBe(0);
    expect(await server.health()).toBe('refused');
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

/** After a request, because the web layer counts from the first one on. */
function expectMetricsOfRegistry(text: string, release: string): void {
  const { metrics } = VLLM_REGISTRIES.find(registry => registry.release === release)!;
  const exposed = rowsOf(text);
  const expected = Object.keys(metrics).filter(name => metrics[name].when === undefined || name.startsWith('http_'));
  expect([...exposed.keys()].filter(name => /^(vllm:|http_)/.test(name)).sort()).toEqual(expected.sort());
  for (const name of expected.filter(known => metrics[known].labels)) {
    expect([name, exposed.get(name)]).toEqual([name, [...metrics[name].labels!].sort()]);
  }
}

/** The metrics that have a row, a histogram under its own name, with their label names. */
function rowsOf(text: string): Map<string, string[]> {
  const summed = new Set([...text.matchAll(/^# TYPE (\S+) (?:histogram|summary)$/gm)].map(match => match[1]));
  const rows = new Map<string, string[]>();
  for (const [, name, labels] of text.matchAll(/^([a-z_:]+[a-z0-9_]*)(?:\{(.*)\})? /gm)) {
    const whole = name.replace(/_(bucket|sum|count)$/, '');
    const own = summed.has(whole) ? whole : name;
    if (!own.endsWith('_created')) {
      rows.set(own, [...(labels ?? '').matchAll(/([a-z_]+)="/g)].map(match => match[1]).filter(label => label !== 'le').sort());
    }
  }
  return rows;
}
