import { Accelerator, KustomizeApp, Model, VllmCell, VllmCluster } from 'cdk8s-vllm';

const app = new KustomizeApp({ root: __dirname });
const cell = new VllmCell(app, {
  accelerator: Accelerator.L4, storage: 'hdml', model: Model.QWEN3_8B, server: { maxModelLen: 16384 },
  units: ['monitoring', 'autoscaling', 'chat', 'weights', 'hydration', 'snapshot'],
  namespace: 'vllm', bucket: 'my-models', region: 'us-central1',
});
new VllmCluster(app, { namespace: 'vllm', cells: [cell] });
app.synth();
console.log(cell.line());
