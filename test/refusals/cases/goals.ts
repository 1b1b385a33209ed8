import { Accelerator, MachineType, Model } from '../../../lib';
import { Refusals, serving } from '../case';

const GEMMA = Model.GEMMA_2_9B_IT;
const LLAMA = Model.LLAMA_3_1_8B_INSTRUCT;

export const GOALS: Refusals = {
  'a goal that no arguments keep': {
    'a first token that is too soon': serving({
      accelerator: Accelerator.L4, tensorParallelSize: 2, maxModelLen: undefined, timeToFirstTokenSeconds: 0.2, clients: 64,
    }, GEMMA),
    'tokens that are too close': serving({ accelerator: Accelerator.H200, interTokenLatencyMs: 2, tensorParallelSize: 1 }, LLAMA),
    'both of them, where each alone can be': serving({
      accelerator: Accelerator.H200, tensorParallelSize: 1, timeToFirstTokenSeconds: 0.1, interTokenLatencyMs: 10,
      inputTokens: 128, outputTokens: 512, clients: 256,
    }, LLAMA),
    'more requests than it answers': serving({
      accelerator: Accelerator.L4, tensorParallelSize: 2, maxModelLen: undefined, optimizeFor: 'throughput', requestsPerSecond: 5,
    }, GEMMA),
    'with arguments that were given': serving({
      accelerator: Accelerator.H200, tensorParallelSize: 1, timeToFirstTokenSeconds: 1, clients: 256, maxNumSeqs: 16, apiServerCount: 1,
    }, LLAMA),
    'on any number of GPUs': serving({ accelerator: Accelerator.T4, dtype: 'half', interTokenLatencyMs: 0.5, clients: 1 }, Model.QWEN2_5_7B_INSTRUCT),
  },
  'a goal that is none': {
    'a priority of another kind': serving({ optimizeFor: 'price' as 'latency' }),
    'a load that nothing is chosen for': serving({ clients: 64 }),
    'clients and a rate': serving({ optimizeFor: 'latency', clients: 64, requestsPerSecond: 2 }),
    'requests that are longer than the server takes': serving({ optimizeFor: 'latency', inputTokens: 8000 }),
    'an hour and more': serving({ timeToFirstTokenSeconds: 7200 }),
  },
  'more API servers than the machine has virtual CPUs for': {
    'on a machine that was given': serving({
      accelerator: Accelerator.L4, machineType: MachineType.fromName('g2-standard-8'), tensorParallelSize: 1, apiServerCount: 8,
    }),
    'on any machine': serving({ apiServerCount: 64, accelerator: Accelerator.T4, dtype: 'half', tensorParallelSize: 2 }, Model.QWEN2_5_7B_INSTRUCT),
    'beside many servers of a node': serving({ accelerator: Accelerator.H200, tensorParallelSize: 1, apiServerCount: 30 }),
  },
};
