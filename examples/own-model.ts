import {
  Accelerator, GradioChat, KustomizeApp, KustomizeUnit, LocustLoadTest, MetricsAdapter, Model, ServingNamespace, ServingReport, VllmHpa,
  VllmMetric, VllmMonitoring, VllmServer, WeightsLoader, WeightsStorage, WeightsVolume,
} from 'cdk8s-vllm';

const bucket = 'my-models';
const namespace = 'support';

const app = new KustomizeApp({ root: __dirname });
const unit = (name: string, applyWithCell = true) =>
  new KustomizeUnit(app, `support-${name}`, { cell: 'support', unit: name, namespace, applyWithCell });

// Once a cluster: a namespace that lets nothing in by default, and what an autoscaler reads metrics with. The matrix of cdk8s-vllm has
// both in dist/kustomize/cluster: leave them out where that is applied.
const cluster = new KustomizeUnit(app, 'support-cluster', { cell: 'support-cluster', namespace });
new ServingNamespace(cluster, 'namespace', { name: namespace });
new MetricsAdapter(cluster, 'metrics-adapter');

// A fine-tuned model. Its folder holds config.json and the index of the safetensors; the weights are not needed to plan.
const model = Model.fromDirectory(`${__dirname}/models/support-7b`, { id: 'my-org/support-7b', revision: 'run-7' });

const serverUnit = unit('server');
const weights = new WeightsVolume(serverUnit, 'weights', { model, storage: WeightsStorage.gcsFuse({ bucket }) });
const server = new VllmServer(serverUnit, 'server', { name: 'support', weights, accelerator: Accelerator.L4, maxNodes: 4 });
new VllmHpa(unit('autoscaling'), 'hpa', { server, minReplicas: 1, maxReplicas: 4, metric: VllmMetric.REQUESTS_WAITING, target: 10 });
new VllmMonitoring(unit('monitoring'), 'monitoring', { server, timeToFirstTokenSeconds: 2 });
new GradioChat(unit('chat'), 'chat', { server, title: 'Support', systemPrompt: 'Answer in two sentences.' });

// The training job left its weights in the bucket: they get a manifest and a marker, and are copied within the bucket.
new WeightsLoader(unit('weights', false), 'loader', { name: 'support-loader', weights, source: 'adopt', adoptFrom: 'runs/7/output' });
new LocustLoadTest(unit('load-test', false), 'load-test', {
  server, users: 50, thresholds: { ttftP95Seconds: 2, errorRate: 0.01 }, output: { bucket },
});
app.addFolder('dist/report', ServingReport.of([server]).files);
app.synth();
