import { Accelerator, MemoryPlan, Model, StartupPlan, VllmRelease } from '../../lib';
import { serverEnvironment } from '../../lib/serving/server-environment';
import { refusalOf } from './rendered';

function environment(extraEnv: Record<string, string> = {}, release = VllmRelease.DEFAULT) {
  const memory = MemoryPlan.of({ model: Model.QWEN3_8B, accelerator: Accelerator.H100, release });
  return serverEnvironment({ memory, startup: StartupPlan.of({ model: Model.QWEN3_8B, weightsBytesPerSecond: 1e9 }) }, { extraEnv });
}

test('defaults: a user with a home, offline, silent, and patient', () => {
  expect(Object.fromEntries(environment().map(({ name, value }) => [name, value]))).toEqual({
    USER: 'vllm', LOGNAME: 'vllm', HOME: '/home/vllm', HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1',
    VLLM_ENGINE_READY_TIMEOUT_S: '600',
  });
});

test('what is added comes last', () => {
  expect(environment({ VLLM_LOGGING_LEVEL: 'DEBUG', OMP_NUM_THREADS: '4' }).slice(-2)).toEqual([
    { name: 'VLLM_LOGGING_LEVEL', value: 'DEBUG' }, { name: 'OMP_NUM_THREADS', value: '4' },
  ]);
});

test('the names of every release are known to it', () => {
  expect(() => VllmRelease.all().forEach(release => environment({}, release))).not.toThrow();
});

test.each([
  [{ HOME: '/root' }, 'extraEnv \'HOME\' is set to \'/home/vllm\' already; leave it out'],
  [{ VLLM_ENGINE_READY_TIMEOUT_S: '1' }, 'extraEnv \'VLLM_ENGINE_READY_TIMEOUT_S\' is set to \'600\' already; leave it out'],
  [{ VLLM_SERVER_DEV_MODE: '1' }, 'extraEnv \'VLLM_SERVER_DEV_MODE\' opens administrative endpoints to whoever reaches the port; leave it out'],
  [{ VLLM_USE_V1: '1' }, 'vLLM 0.33.0 has no environment variable \'VLLM_USE_V1\': it was removed in 0.12.0; leave it out, there is only the V1 engine'],
  [{ HF_TOKEN: 'x' }, 'extraEnv \'HF_TOKEN\' would put a literal secret into a manifest; weights are served offline and need none.'
  + ' What else needs one takes it from a Secret: secretEnv'],
])('refuses %j', (extraEnv, message) => {
  expect(refusalOf(() => environment(extraEnv as unknown as Record<string, string>))).toBe(message);
});

test.each([[{ 'MY VAR': '1' }], [{ '': '1' }], [{ '1A': '1' }], [{ OMP_NUM_THREADS: 4 }], [{ A: null }]])('refuses %j, which is no variable', (extraEnv) => {
  expect(refusalOf(() => environment(extraEnv as unknown as Record<string, string>))).toBe(
    `extraEnv ${JSON.stringify(extraEnv)} must be a name of letters, digits and '_' with a string, such as OMP_NUM_THREADS: '4'`);
});
