import { Accelerator, KustomizeApp, Model, PodProps, VllmCell } from 'cdk8s-vllm';

const pods: PodProps = {
  nodeSelector: { 'example.com/pool': 'services' },
  tolerations: [{ key: 'example.com/dedicated', operator: 'Equal', value: 'search', effect: 'NoSchedule' }],
  imagePullSecrets: ['registry'],
  podLabels: { 'cost-center': 'search' },
  podAnnotations: { 'example.com/on-call': 'search' },
  serviceAccountName: 'search',
};

const app = new KustomizeApp({ root: __dirname });
new VllmCell(app, {
  accelerator: Accelerator.L4, storage: 'gcs', model: Model.QWEN3_8B, namespace: 'search', bucket: 'my-models', region: 'us-central1',
  units: ['chat', 'batch', 'weights'],
  // For every pod of the cell; the server's own nodes are others.
  pods,
  server: {
    maxModelLen: 16384,
    nodeSelector: { 'cloud.google.com/gke-nodepool': 'search-gpus' },
    secretEnv: { PLUGIN_LICENCE: { secretName: 'plugin', key: 'licence' } },
  },
});
app.synth();
