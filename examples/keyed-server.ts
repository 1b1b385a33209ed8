import { ApiObject } from 'cdk8s';
import { Accelerator, KustomizeApp, KustomizeUnit, Model, VllmServer, WeightsStorage, WeightsVolume } from 'cdk8s-vllm';

const app = new KustomizeApp({ root: __dirname });
const unit = new KustomizeUnit(app, 'shared', { cell: 'shared', unit: 'server', namespace: 'vllm' });
const weights = new WeightsVolume(unit, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
const server = new VllmServer(unit, 'server', {
  name: 'shared',
  weights,
  accelerator: Accelerator.L4,
  tensorParallelSize: 2,
  apiKeySecretName: 'shared-key',
  ingressFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'search' } } }],
});
// What those who live there need to know; the key is a Secret of theirs.
const client = new KustomizeUnit(app, 'search', { cell: 'shared', unit: 'client', namespace: 'search' });
new ApiObject(client, 'address', {
  apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'llm' },
  data: { OPENAI_BASE_URL: `${server.url}/v1`, MODEL: server.servedModelName },
});
app.synth();
