import {
  Accelerator, KustomizeApp, KustomizeUnit, Model, VllmHpa, VllmMetric, VllmMonitoring, VllmRelease, VllmServer, VllmServerProps,
  WeightsStorage, WeightsVolume,
} from '../../../lib';

// An app of a user, in the working directory. It knows nothing of upgrades. Its arguments are flags and variables of one server.
const names = process.argv.slice(2);
const app = new KustomizeApp();
const storage = WeightsStorage.gcsFuse({ bucket: 'my-models' });

function unitOf(cell: string, name: string): KustomizeUnit {
  return new KustomizeUnit(app, `${cell}-${name}`, { cell, unit: name, namespace: 'planted', applyWithCell: true });
}

function serve(cell: string, model: Model, props: Omit<VllmServerProps, 'weights' | 'accelerator'>): VllmServer {
  const unit = unitOf(cell, 'server');
  return new VllmServer(unit, 'server', { ...props, name: cell, weights: new WeightsVolume(unit, 'weights', { model, storage }), accelerator: Accelerator.H100 });
}

// As long a context as 0.32.0 holds.
serve('long', Model.LLAMA_3_3_70B_INSTRUCT, { tensorParallelSize: 2, maxModelLen: 13_952 });
const server = serve('names', Model.QWEN3_8B, {
  tensorParallelSize: 1, imageDigest: `sha256:${'1'.repeat(64)}`, extraArgs: names.filter(name => name.startsWith('--')),
  extraEnv: Object.fromEntries(names.filter(name => name.startsWith('VLLM_')).map(name => [name, '1'])),
});
new VllmHpa(unitOf('names', 'autoscaling'), 'hpa', { server, metric: VllmMetric.KV_CACHE_USAGE, maxReplicas: 4 });
new VllmMonitoring(unitOf('names', 'monitoring'), 'monitoring', { server });
// One that was upgraded already, and stays.
serve('canary', Model.QWEN3_8B, { tensorParallelSize: 1, release: VllmRelease.V0_33 });
app.synth();
