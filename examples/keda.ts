import {
  Accelerator, KustomizeApp, KustomizeUnit, Model, VllmMetric, VllmMonitoring, VllmScaledObject, VllmServer, WeightsStorage, WeightsVolume,
} from 'cdk8s-vllm';

const app = new KustomizeApp({ root: __dirname });
const unit = (id: string) => new KustomizeUnit(app, `scaled-${id}`, { cell: 'scaled', unit: id, namespace: 'vllm' });

const serverUnit = unit('server');
const weights = new WeightsVolume(serverUnit, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
const server = new VllmServer(serverUnit, 'server', { name: 'scaled', weights, accelerator: Accelerator.H100, maxModelLen: 8192 });
new VllmMonitoring(unit('monitoring'), 'monitoring', { server });

// The queue or the cache: whichever asks for more servers. VllmHpa takes the same props, without the last line.
new VllmScaledObject(unit('autoscaling'), 'scaled-object', {
  server,
  maxReplicas: 4,
  metrics: [{ metric: VllmMetric.REQUESTS_WAITING, target: 5 }, { metric: VllmMetric.KV_CACHE_USAGE }],
  scaleDownStabilizationSeconds: 1800,
  projectId: 'my-project',
});
app.synth();
