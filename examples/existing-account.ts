import { Accelerator, KustomizeApp, KustomizeUnit, Model, VllmServer, WeightsLoader, WeightsStorage, WeightsVolume } from 'cdk8s-vllm';

const app = new KustomizeApp({ root: __dirname });
const unit = (id: string, applyWithCell = true) =>
  new KustomizeUnit(app, `accounts-${id}`, { cell: 'accounts', unit: id, namespace: 'vllm', applyWithCell });

const serverUnit = unit('server');
const weights = new WeightsVolume(serverUnit, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
// Both accounts are there already, in the same namespace. The one that writes to the bucket is not the one that people reach.
const server = new VllmServer(serverUnit, 'server', {
  name: 'accounts', weights, accelerator: Accelerator.L4, tensorParallelSize: 2, serviceAccountName: 'model-reader',
});
const loader = new WeightsLoader(unit('weights', false), 'loader', { name: 'accounts-loader', weights, serviceAccountName: 'model-writer' });
app.synth();

// What they have to be allowed in Google Cloud.
for (const { identity } of [server, loader]) {
  console.log(identity.serviceAccountName, JSON.stringify(identity.grants));
}
