import { Accelerator, MemoryPlan, Model, Placement, ThroughputPlan, TokenPrice } from 'cdk8s-vllm';

const accelerator = Accelerator.L4;
const memory = MemoryPlan.of({ model: Model.GEMMA_2_9B_IT, accelerator, tensorParallelSize: 2 });
const throughput = ThroughputPlan.of({ memory, inputTokens: 1024, outputTokens: 256, clients: 16 });
const { timeToFirstTokenSeconds: first, interTokenLatencySeconds: next } = throughput;
console.log(`${throughput.outputTokensPerSecond.toFixed(0)} tokens/s, bound by ${throughput.boundBy}, ${throughput.basis}`);
console.log(`first token after ${first.median.toFixed(2)} s, another every ${(1000 * next.median).toFixed(0)} ms`);

const price = TokenPrice.of({ throughput, placement: Placement.of({ accelerator, gpus: 2 }), kind: 'spot' });
const busy = price.breakEvenUtilization({ inputUsd: 0.1, outputUsd: 0.3 });
console.log(`$${price.atLoad.total.toFixed(2)} a million tokens; cheaper than that API from ${(100 * busy).toFixed(0)} % of its time on`);
