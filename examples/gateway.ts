import {
  Accelerator, InferenceGateway, KustomizeApp, KustomizeUnit, Model, VllmServer, WeightsStorage, WeightsVolume,
} from 'cdk8s-vllm';

const app = new KustomizeApp();
const unit = (name: string) => new KustomizeUnit(app, name, { cell: 'public', unit: name, namespace: 'vllm' });

const serverUnit = unit('server');
const weights = new WeightsVolume(serverUnit, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
const server = new VllmServer(serverUnit, 'server', {
  name: 'public', weights, accelerator: Accelerator.L4, tensorParallelSize: 2, apiKeySecretName: 'public-key',
});

// Address and certificate are those of GatewayAccess.
new InferenceGateway(unit('gateway'), 'gateway', {
  server, exposure: 'global', hosts: ['llm.example.com'], addressName: 'vllm-gateway', certificateName: 'vllm-gateway',
});
app.synth();
