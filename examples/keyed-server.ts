import { Accelerator, KustomizeApp, KustomizeUnit, Model, VllmServer, WeightsStorage, WeightsVolume } from 'cdk8s-vllm';

const app = new KustomizeApp();
const unit = new KustomizeUnit(app, 'shared', { cell: 'shared', unit: 'server', namespace: 'vllm' });
const weights = new WeightsVolume(unit, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
new VllmServer(unit, 'server', {
  name: 'shared',
  weights,
  accelerator: Accelerator.L4,
  tensorParallelSize: 2,
  apiKeySecretName: 'shared-key',
  ingressFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'search' } } }],
});
app.synth();
