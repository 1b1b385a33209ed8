import { Accelerator, MemoryPlan, Model } from 'cdk8s-vllm';

for (const accelerator of Accelerator.all()) {
  const plan = MemoryPlan.of({ model: Model.LLAMA_3_1_8B_INSTRUCT, accelerator, maxModelLen: 'auto', dtype: 'half' });
  const { maxModelLen, maxConcurrency, reasons } = plan;
  console.log(accelerator.id.padEnd(14), plan.fits ? `${maxModelLen} tokens, ${maxConcurrency.toFixed(1)} requests of that length at once` : reasons[0]);
}
