import { Accelerator, KustomizeApp, KustomizeUnit, Model, ServingNamespace, VllmHpa, VllmServer, WeightsStorage, WeightsVolume } from 'cdk8s-vllm';

const app = new KustomizeApp({ root: __dirname });

/** The same server for those who try something, and for those who count on it: what differs is said here and nowhere else. */
for (const { namespace, maxNodes } of [{ namespace: 'staging', maxNodes: 1 }, { namespace: 'production', maxNodes: 8 }]) {
  const unit = (id: string) => new KustomizeUnit(app, `${namespace}-${id}`, { cell: namespace, unit: id, namespace });
  new ServingNamespace(new KustomizeUnit(app, `${namespace}-cluster`, { cell: `${namespace}-cluster`, namespace }), 'namespace', { name: namespace });

  const serverUnit = unit('server');
  const storage = WeightsStorage.gcsFuse({ bucket: 'my-models' });
  const weights = new WeightsVolume(serverUnit, 'weights', { model: Model.QWEN3_8B, storage });
  const server = new VllmServer(serverUnit, 'server', { name: 'qwen', weights, accelerator: Accelerator.H100, maxModelLen: 8192, maxNodes });
  new VllmHpa(unit('autoscaling'), 'hpa', { server });
}
app.synth();
