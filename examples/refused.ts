import { Chart, Testing } from 'cdk8s';
import { Accelerator, Model, Refusal, VllmServer, WeightsStorage, WeightsVolume } from 'cdk8s-vllm';

const chart = new Chart(Testing.app(), 'refused', { namespace: 'vllm' });
const weights = new WeightsVolume(chart, 'weights', { model: Model.LLAMA_3_3_70B_INSTRUCT, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
try {
  new VllmServer(chart, 'server', { weights, accelerator: Accelerator.L4, tensorParallelSize: 2 });
} catch (error) {
  console.log(error instanceof Refusal ? error.message : error);
}
