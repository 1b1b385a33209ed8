import {
  Accelerator, GradioChat, KustomizeApp, KustomizeUnit, Model, ServingNamespace, VllmServer, WeightsLoader, WeightsStorage, WeightsVolume,
} from 'cdk8s-vllm';

const app = new KustomizeApp();
const unit = (unit: string, applyWithCell = true) => new KustomizeUnit(app, unit, { cell: 'chatbot', unit, namespace: 'chatbot', applyWithCell });
new ServingNamespace(unit('namespace', false), 'namespace', { name: 'chatbot' });
const inServer = unit('server');
const weights = new WeightsVolume(inServer, 'weights', { model: Model.GEMMA_2_9B_IT, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
const server = new VllmServer(inServer, 'server', { name: 'chatbot', weights, accelerator: Accelerator.L4, tensorParallelSize: 2 });
const chat = new GradioChat(unit('chat'), 'chat', { server });
const loader = new WeightsLoader(unit('weights', false), 'loader', { name: 'chatbot-loader', weights });
app.synth();
console.log('grants:', JSON.stringify([server, loader, chat].map(({ identity }) => [identity.serviceAccountName, ...identity.grants])));
