import { Accelerator, MemoryPlan, Model, VllmHpa, VllmMetric, VllmMonitoring, VllmRelease } from '../../../lib';
import { Program, Refusals, serverIn, serving, unitOf } from '../case';

function args(...extraArgs: string[]): Program {
  return serving({ extraArgs });
}

function env(extraEnv: Record<string, string>): Program {
  return serving({ extraEnv });
}

function scaled(metric: VllmMetric, target?: number): Program {
  return (app) => {
    const server = serverIn(unitOf(app));
    new VllmHpa(unitOf(app, 'autoscaling'), 'hpa', { server, metric, target });
  };
}

function gauge(name: string): VllmMetric {
  return VllmMetric.gauge(name, () => Infinity, 10);
}

export const RELEASE: Refusals = {
  'a flag that the release does not know': {
    'removed, with its successor': args('--swap-space=4'),
    'removed without one': args('--num-scheduler-steps=8'),
    'removed in the release that was asked for': serving({ release: VllmRelease.V0_28, extraArgs: ['--calculate-kv-scales'] }),
    misspelt: args('--enable-prefix-cashing'),
    'cut off': args('--enable-prefix'),
    'in its short form': args('-O=3'),
    'spelled with underscores': args('--max_model_len=4096'),
    'with a value that it does not take': args('--uvicorn-log-level=loud'),
    'without the value that it needs': args('--seed'),
    'with a value where it takes none': args('--enable-prefix-caching=true'),
    'given twice': args('--seed=1', '--seed=2'),
    'that a prop decides': args('--max-model-len=4096'),
    'a second model': args('other/model'),
    'that runs code which is not pinned': serving({ extraArgs: ['--trust-remote-code'] }, Model.of({ ...Model.QWEN3_8B, revision: undefined })),
    'a served name that is empty': serving({ servedModelName: '' }),
    'a served name that breaks out of an alert': serving({ servedModelName: 'qwen"} or vector(1) #' }),
  },
  'an environment name that the release does not know': {
    'removed, with its successor': env({ VLLM_ATTENTION_BACKEND: 'FLASH_ATTN' }),
    'removed without one': env({ VLLM_USE_V1: '1' }),
    misspelt: env({ VLLM_LOGING_LEVEL: 'DEBUG' }),
    'that the manifest decides': env({ HF_HUB_OFFLINE: '0' }),
    'that opens administrative endpoints': env({ VLLM_SERVER_DEV_MODE: '1' }),
    'that is no name': env({ 'LOG LEVEL': 'DEBUG' }),
    'with a value that is no string': env({ OMP_NUM_THREADS: 4 as unknown as string }),
  },
  'a release with a known critical hole': {
    'an old one': () => VllmRelease.of('0.10.2'),
    'the last one with it': () => VllmRelease.of('v0.21.9'),
    'an ancient one': () => VllmRelease.of('0.6.3'),
    'one that nobody knows': () => VllmRelease.of('0.30.0'),
    'no release': () => VllmRelease.of('latest'),
    'a plan for an old one': () => MemoryPlan.of({ model: Model.QWEN3_8B, accelerator: Accelerator.H100, release: VllmRelease.of('0.19.0') }),
  },
  'a metric that the release does not export': {
    renamed: scaled(gauge('vllm:gpu_cache_usage_perc')),
    removed: scaled(gauge('vllm:num_requests_swapped')),
    misspelt: scaled(gauge('vllm:num_request_waiting')),
    'that is no gauge': scaled(gauge('vllm:generation_tokens_total')),
    'a counter without its ending': scaled(gauge('vllm:prompt_tokens')),
    'with no time to its first token': (app) => {
      const server = serverIn(unitOf(app));
      new VllmMonitoring(unitOf(app, 'monitoring'), 'monitoring', { server, timeToFirstTokenSeconds: 0 });
    },
  },
  'a target that the metric cannot reach': {
    'a percentage of the KV cache': scaled(VllmMetric.KV_CACHE_USAGE, 80),
    'a fraction just above 1': scaled(VllmMetric.KV_CACHE_USAGE, 1.01),
    'more requests than a batch holds': scaled(VllmMetric.REQUESTS_RUNNING, 1025),
    'more than all of the GPU': scaled(VllmMetric.GPU_UTILIZATION, 101),
    'more than all of the time': scaled(VllmMetric.GPU_DUTY_CYCLE, 1000),
    nothing: scaled(VllmMetric.REQUESTS_WAITING, 0),
    'less than a quantity can say': scaled(VllmMetric.KV_CACHE_USAGE, 0.0001),
  },
};
