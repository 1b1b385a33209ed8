import { Chart } from 'cdk8s';
import {
  Accelerator, GradioChat, KustomizeUnit, MachineType, MemoryPlan, Model, Placement, ServiceIdentity, VllmHpa, VllmMetric, VllmRelease,
  VllmServer, WeightsLoader, WeightsStorage, WeightsVolume,
} from '../../lib';

// Each line below a directive is a mistake that the compiler finds: `npm run lint` fails when it no longer does. The directive says which
// error it has to be, because a directive alone would be content with any. Nothing here is run.

declare const chart: Chart;
declare const weights: WeightsVolume;
declare const server: VllmServer;
const model = Model.QWEN3_8B;
const accelerator = Accelerator.L4;

export function mistakes(): void {
  // @ts-expect-error TS2561 a misspelt prop
  new VllmServer(chart, 'server', { weights, accelerator, tensorParalellSize: 2 });
  // @ts-expect-error TS2345 a server without an accelerator
  new VllmServer(chart, 'server', { weights });
  // @ts-expect-error TS2322 a string for a number
  new VllmServer(chart, 'server', { weights, accelerator, replicas: '2' });
  // @ts-expect-error TS2740 a model where its weights belong
  new VllmServer(chart, 'server', { weights: model, accelerator });
  // @ts-expect-error TS2322 a name where an accelerator belongs
  new VllmServer(chart, 'server', { weights, accelerator: 'l4' });
  // @ts-expect-error TS2322 one text where a list belongs
  new VllmServer(chart, 'server', { weights, accelerator, extraArgs: '--seed=7' });
  // @ts-expect-error TS2322 a number for the value of an environment variable
  new VllmServer(chart, 'server', { weights, accelerator, extraEnv: { OMP_NUM_THREADS: 4 } });
  // @ts-expect-error TS2322 an address where a server belongs
  new GradioChat(chart, 'chat', { server: 'http://vllm:8000' });
  // @ts-expect-error TS2322 a metric by its name
  new VllmHpa(chart, 'hpa', { server, metric: 'vllm:num_requests_waiting' });
  // @ts-expect-error TS2345 a bucket without its name
  WeightsStorage.gcsFuse({});
  // @ts-expect-error TS2561 a misspelt bucket
  WeightsStorage.gcsFuse({ buckets: 'my-models' });
  // @ts-expect-error TS2322 one zone where a list belongs
  WeightsStorage.hyperdiskMl({ zones: 'us-central1-a' });
  // @ts-expect-error TS2322 a source that there is not
  new WeightsLoader(chart, 'loader', { weights, source: 's3' });
  // @ts-expect-error TS2345 a unit without its namespace
  new KustomizeUnit(chart, 'unit', { cell: 'l4-gcs' });

  // @ts-expect-error TS2322 a dtype that is none
  MemoryPlan.of({ model, accelerator, dtype: 'bf16' });
  // @ts-expect-error TS2322 a KV cache that no release knows
  MemoryPlan.of({ model, accelerator, kvCacheDtype: 'int3' });
  // @ts-expect-error TS2322 a quantization that no release knows
  MemoryPlan.smallest({ model, accelerator, quantization: 'int3' });
  // @ts-expect-error TS2322 a length that is neither a number nor auto
  MemoryPlan.of({ model, accelerator, maxModelLen: 'longest' });
  // @ts-expect-error TS2322 a model with a dtype that is none
  Model.of({ ...model, dtype: 'bf16' });
  // @ts-expect-error TS2345 an accelerator without its memory
  Accelerator.of({ id: 'l40', displayName: 'NVIDIA L40', gkeLabel: 'nvidia-l40', computeCapability: 8.9, nvlink: false });
  // @ts-expect-error TS2673 an accelerator that is not made by of
  new Accelerator({ ...accelerator });

  // @ts-expect-error TS2540 a fact that is changed
  model.layers = 1;
  // @ts-expect-error TS2540 a plan that is changed
  MemoryPlan.of({ model, accelerator }).gpuMemoryUtilization = 1;
  // @ts-expect-error TS2339 a zone that is added to a fact
  MachineType.fromName('g2-standard-4').zones.push('us-central1-a');
  // @ts-expect-error TS2339 a zone that is added to a plan
  Placement.of({ accelerator, gpus: 1 }).zones.push('us-central1-a');
  // @ts-expect-error TS2339 a role that is added to an identity
  new ServiceIdentity({ namespace: 'vllm', serviceAccountName: 'vllm' }).grants.push({ role: 'roles/storage.admin' });

  // @ts-expect-error TS2339 the type of a metric that scales, which is none that a release exports
  void VllmMetric.REQUESTS_WAITING.labels;
  // @ts-expect-error TS2345 a metric that a release exports, where one that scales belongs
  VllmMetric.of(VllmRelease.DEFAULT.metric('vllm:num_requests_waiting'));
}
