import { Accelerator, KustomizeApp, KustomizeUnit, Model, VllmHpa, VllmServer, WeightsStorage, WeightsVolume } from 'cdk8s-vllm';

const app = new KustomizeApp({ root: __dirname });
const unit = (name: string) => new KustomizeUnit(app, `chat-${name}`, { cell: 'chat', unit: name, namespace: 'vllm' });

const model = Model.LLAMA_3_1_8B_INSTRUCT;
const serverUnit = unit('server');
const weights = new WeightsVolume(serverUnit, 'weights', { model, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
const server = new VllmServer(serverUnit, 'server', {
  weights, accelerator: Accelerator.H200, tensorParallelSize: 1,
  optimizeFor: 'throughput', interTokenLatencyMs: 20, inputTokens: 128, outputTokens: 512, clients: 256,
});
new VllmHpa(unit('autoscaling'), 'hpa', { server });
app.synth();

const { sentence, largestBatch } = server.plan.choice!;
console.log(sentence);
console.log(`${largestBatch} requests at once keep the goal`);
