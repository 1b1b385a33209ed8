import { App, Chart } from 'cdk8s';
import { Accelerator, Model, VllmServer, WeightsStorage, WeightsVolume } from '../../../lib';

// An app of cdk8s alone, which writes where it is told to, or where cdk8s does by itself.
const [outdir] = process.argv.slice(2);
const app = new App(outdir === undefined ? {} : { outdir });
const chart = new Chart(app, 'plain', { namespace: 'plain' });
const weights = new WeightsVolume(chart, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
new VllmServer(chart, 'server', { name: 'plain', weights, accelerator: Accelerator.L4, tensorParallelSize: 2 });
app.synth();
