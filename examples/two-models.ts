import {
  Accelerator, KustomizeApp, KustomizeUnit, Model, ServingNamespace, VllmServer, WeightsLoader, WeightsStorage, WeightsVolume,
} from 'cdk8s-vllm';

const namespace = 'models';
const storage = WeightsStorage.gcsFuse({ bucket: 'my-models' });

const app = new KustomizeApp({ root: __dirname });
new ServingNamespace(new KustomizeUnit(app, 'models-cluster', { cell: 'models-cluster', namespace }), 'namespace', { name: namespace });

// Each has a name, which is that of its address as well, and a folder that applies alone.
const servers = [{ name: 'writer', model: Model.QWEN3_8B }, { name: 'reader', model: Model.GEMMA_2_9B_IT }].map(({ name, model }) => {
  const unit = (id: string, applyWithCell = true) =>
    new KustomizeUnit(app, `${name}-${id}`, { cell: name, unit: id, namespace, applyWithCell });
  const serverUnit = unit('server');
  const weights = new WeightsVolume(serverUnit, 'weights', { model, storage });
  new WeightsLoader(unit('weights', false), 'loader', { name: `${name}-loader`, weights });
  return new VllmServer(serverUnit, 'server', { name, weights, accelerator: Accelerator.L4, tensorParallelSize: 2 });
});
app.synth();
servers.forEach(({ servedModelName, url }) => console.log(`${servedModelName}: ${url}/v1`));
