import { Accelerator, GradioChat, KustomizeApp, KustomizeUnit, Model, VllmServer, WeightsLoader, WeightsStorage, WeightsVolume } from 'cdk8s-vllm';

const app = new KustomizeApp();
const unit = (name: string, applyWithCell = true) =>
  new KustomizeUnit(app, name, { cell: 'chatbot', unit: name, namespace: 'vllm', applyWithCell });

const serverUnit = unit('server');
const weights = new WeightsVolume(serverUnit, 'weights', {
  model: Model.GEMMA_2_9B_IT, // or Model.fromLock('models/ORG/NAME.json'), or Model.fromDirectory('path/with/config.json')
  storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }),
});
const server = new VllmServer(serverUnit, 'server', { name: 'chatbot', weights, accelerator: Accelerator.L4, tensorParallelSize: 2 });
new GradioChat(unit('chat'), 'chat', { server });
new WeightsLoader(unit('weights', false), 'loader', { name: 'chatbot-loader', weights });
app.synth();
