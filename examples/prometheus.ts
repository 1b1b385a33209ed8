import { Accelerator, GrafanaDashboard, KustomizeApp, KustomizeUnit, MetricsCollector, Model, VllmCell } from 'cdk8s-vllm';

const app = new KustomizeApp({ root: __dirname });
new VllmCell(app, {
  accelerator: Accelerator.L4, storage: 'gcs', model: Model.QWEN3_8B, server: { maxModelLen: 16384 },
  units: ['monitoring', 'chat', 'weights'], namespace: 'vllm', bucket: 'my-models', region: 'us-central1',
  collector: MetricsCollector.prometheusOperator({ prometheusNamespace: 'monitoring', labels: { release: 'kube-prometheus-stack' } }),
});
new GrafanaDashboard(new KustomizeUnit(app, 'grafana', { cell: 'grafana', namespace: 'monitoring' }), 'dashboard');
app.synth();
