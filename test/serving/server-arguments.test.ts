import { Testing } from 'cdk8s';
import { Accelerator, MemoryPlan, Model, ShutdownPlan, VllmRelease, VllmServerProps, WeightsVolume } from '../../lib';
import { serverArguments } from '../../lib/serving/server-arguments';
import { gcs, refusalOf } from './rendered';

const MEMORY = MemoryPlan.of({ model: Model.QWEN3_8B, accelerator: Accelerator.H100, maxModelLen: 8192 });
const PROPS: VllmServerProps = {
  accelerator: Accelerator.H100,
  weights: new WeightsVolume(Testing.chart(), 'weights', { model: Model.QWEN3_8B, storage: gcs() }),
};

function args(props: Partial<VllmServerProps> = {}, memory = MEMORY, shutdown = ShutdownPlan.of(), apiServerCount = 1): string[] {
  return serverArguments({ memory, shutdown, apiServerCount }, { ...PROPS, ...props });
}

test('defaults', () => {
  expect(args()).toEqual([
    '/weights', '--served-model-name=Qwen/Qwen3-8B', '--port=8000', '--tensor-parallel-size=1', '--gpu-memory-utilization=0.92', '--max-model-len=8192',
    '--max-num-seqs=1024', '--max-num-batched-tokens=8192', '--shutdown-timeout=0', '--disable-access-log-for-endpoints=/health,/ping,/metrics',
  ]);
});

test('all the props', () => {
  const memory = MemoryPlan.of({
    model: Model.QWEN3_8B, accelerator: Accelerator.H100, maxModelLen: 8192, pipelineParallelSize: 2, tensorParallelSize: 2,
  });
  const props: Partial<VllmServerProps> = {
    servedModelName: 'qwen', dtype: 'bfloat16', kvCacheDtype: 'fp8', quantization: 'fp8', enforceEager: true, extraArgs: ['--seed=7'],
  };
  expect(args(props, memory, ShutdownPlan.of({ longestAnswerSeconds: 60, shutdownTimeoutSeconds: 61 }), 4)).toEqual([
    '/weights', '--served-model-name=qwen', '--port=8000', '--tensor-parallel-size=2', '--pipeline-parallel-size=2',
    '--gpu-memory-utilization=0.92', '--max-model-len=8192', '--max-num-seqs=1024', '--max-num-batched-tokens=8192', '--api-server-count=4', '--dtype=bfloat16',
    '--kv-cache-dtype=fp8', '--quantization=fp8', '--enforce-eager', '--shutdown-timeout=61',
    '--disable-access-log-for-endpoints=/health,/ping,/metrics', '--seed=7',
  ]);
});

test('every flag is one that the release spells so, in every release', () => {
  for (const release of VllmRelease.all()) {
    const memory = MemoryPlan.of({ model: Model.QWEN3_8B, accelerator: Accelerator.H100, maxModelLen: 8192, release });
    const flags = args({}, memory).slice(1).map(argument => argument.split('=')[0]);
    expect(flags.filter(flag => !release.flagNames.includes(flag))).toEqual([]);
  }
});

test.each([
  '--max-model-len=4096', '--tensor-parallel-size=1', '--pipeline-parallel-size=2', '--enforce-eager', '--dtype=half',
])('%s repeats what a prop decides', (argument) => {
  const flag = argument.split('=')[0].slice(2);
  expect(refusalOf(() => args({ extraArgs: [argument] }))).toBe(
    `extra argument '${argument}' repeats what is planned; set the prop ${flag.replace(/-./g, dash => dash[1].toUpperCase())} instead`);
});

test('so do what has no prop, and what a prop of another name decides', () => {
  expect(refusalOf(() => args({ extraArgs: ['--port=80'] }))).toBe('extra argument \'--port=80\' repeats what is planned; leave it out');
  expect(refusalOf(() => args({ extraArgs: ['--shutdown-timeout=30'] }))).toBe(
    'extra argument \'--shutdown-timeout=30\' repeats what is planned; set the prop shutdownTimeoutSeconds instead');
});

test('code of the model\'s repository runs only at a pinned revision', () => {
  const extraArgs = ['--trust-remote-code'];
  expect(args({ extraArgs })).toContain('--trust-remote-code');
  const model = Model.of({ ...Model.QWEN3_8B, revision: undefined });
  const memory = MemoryPlan.of({ model, accelerator: Accelerator.H100, maxModelLen: 8192 });
  expect(refusalOf(() => args({ extraArgs }, memory))).toMatch(/runs code of Qwen\/Qwen3-8B whose revision is not pinned \(main\)/);
});

test.each(['--api-key=sk-1', '--api-key', '--hf-token=x'])('%s would put a secret into a manifest', (argument) => {
  expect(refusalOf(() => args({ extraArgs: [argument] }))).toMatch(/would put a literal secret into a manifest; leave it out/);
});
