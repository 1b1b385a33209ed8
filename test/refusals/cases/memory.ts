import { Accelerator, MachineType, Model, VllmRelease } from '../../../lib';
import { Refusals, serving } from '../case';

const LLAMA_70B = Model.LLAMA_3_3_70B_INSTRUCT;

export const MEMORY: Refusals = {
  'a model that does not fit': {
    '70 billion parameters on two L4': serving({ accelerator: Accelerator.L4, tensorParallelSize: 2 }, LLAMA_70B),
    'on the smallest size that none was asked for': serving({ accelerator: Accelerator.L4, maxModelLen: 131072 }, LLAMA_70B),
    'an fp8 giant on one B200': serving({ accelerator: Accelerator.B200, tensorParallelSize: 1 }, Model.DEEPSEEK_R1),
    'weights that leave the KV cache nothing': serving({ accelerator: Accelerator.L4, tensorParallelSize: 1 }, Model.GEMMA_2_9B_IT),
    'a share of the memory that is too small': serving({ tensorParallelSize: 1, gpuMemoryUtilization: 0.2 }),
    'a budget that leaves the sampler nothing': serving({ gpuMemoryUtilization: 0.99, release: VllmRelease.V0_32 }),
    'more than any machine holds': serving({ accelerator: Accelerator.T4, dtype: 'half' }, Model.LLAMA_3_1_405B_INSTRUCT),
    'a batch that fills the card': serving({ tensorParallelSize: 1, maxNumBatchedTokens: 2 ** 20, maxNumSeqs: 2 ** 14 }),
  },
  'a card that the image has no kernels for': {
    'an older one': serving({ accelerator: Accelerator.of({ ...Accelerator.T4, id: 'v100', displayName: 'NVIDIA V100', computeCapability: 7.0 }) }),
    'one of a release before': serving({
      release: VllmRelease.V0_22, accelerator: Accelerator.of({ ...Accelerator.T4, id: 'p100', displayName: 'NVIDIA P100', computeCapability: 6.0 }),
    }),
    'one that is between two': serving({
      accelerator: Accelerator.of({ ...Accelerator.B200, id: 'between', displayName: 'NVIDIA X', computeCapability: 11.0 }),
    }),
  },
  'a maxModelLen that does not fit': {
    'longer than the KV cache holds': serving({ accelerator: Accelerator.A100_80GB, tensorParallelSize: 1, maxModelLen: 40960 }, Model.QWEN3_32B),
    'longer than the model was made for': serving({ maxModelLen: 200_000 }),
    'by one token': serving({ maxModelLen: 40_961 }),
    'the model\'s own longest': serving({ accelerator: Accelerator.A100, tensorParallelSize: 4, maxModelLen: undefined }, LLAMA_70B),
  },
  'a tensor parallel size that does not divide the attention heads': {
    '3 of 32': serving({ tensorParallelSize: 3 }),
    '16 of 40': serving({ accelerator: Accelerator.A100, tensorParallelSize: 16 }, Model.VICUNA_13B_V1_3),
    '2 of 71': serving({ accelerator: Accelerator.A100, tensorParallelSize: 2 }, Model.FALCON_7B),
    'experts whose fp8 blocks would be cut': serving({
      accelerator: Accelerator.B200, tensorParallelSize: 32, release: VllmRelease.V0_28,
    }, Model.DEEPSEEK_R1),
  },
  'a tensor parallel size that exceeds the node\'s GPUs': {
    '16 where machines have 8': serving({ tensorParallelSize: 16 }),
    '4 where the machine that was asked for has 2': serving({
      accelerator: Accelerator.L4, tensorParallelSize: 4, machineType: MachineType.fromName('g2-standard-24'),
    }),
    '8 x 2 stages': serving({ tensorParallelSize: 8, pipelineParallelSize: 2 }),
    'a machine with another accelerator': serving({ machineType: MachineType.fromName('a2-highgpu-1g') }),
  },
  'bfloat16 on a card that lacks it': {
    'from the checkpoint': serving({ accelerator: Accelerator.T4, tensorParallelSize: 2 }),
    'asked for': serving({ accelerator: Accelerator.T4, tensorParallelSize: 2, dtype: 'bfloat16' }, Model.QWEN2_5_7B_INSTRUCT),
    'of a model that float16 overflows': serving({ accelerator: Accelerator.T4, tensorParallelSize: 4 }, Model.GEMMA_3_4B_IT),
    'and float16 of that model': serving({ accelerator: Accelerator.L4, dtype: 'half' }, Model.GEMMA_3_4B_IT),
    'a dtype that is none': serving({ dtype: 'bf16' as never }),
  },
  'fp8 on a card that lacks it': {
    'as the KV cache': serving({ accelerator: Accelerator.A100, kvCacheDtype: 'fp8' }),
    'as quantization': serving({ accelerator: Accelerator.A100, quantization: 'fp8' }),
    'of the other kind, on a T4': serving({ accelerator: Accelerator.T4, dtype: 'half', kvCacheDtype: 'fp8_e5m2' }, Model.QWEN2_5_7B_INSTRUCT),
    'a quantization that is no longer there': serving({ quantization: 'awq' }),
  },
  contradictions: {
    'more sequences than batched tokens': serving({ maxNumSeqs: 4096, maxNumBatchedTokens: 2048 }),
    'more stages than layers': serving({ pipelineParallelSize: 37 }),
    'a percentage for a share': serving({ gpuMemoryUtilization: 92 }),
    'a model that the release does not know': serving({ accelerator: Accelerator.H100, release: VllmRelease.V0_22 }, Model.of({
      ...Model.QWEN3_8B, id: 'Qwen/Qwen9-8B', minimumRelease: '0.30.0',
    })),
    'a KV cache of a size that nobody knows': serving({ kvCacheDtype: 'int3' as never }),
  },
  'adapters that find no place': {
    'a rank that vLLM has none for': serving({ lora: { maxRank: 24 } }),
    'more of them than places': serving({ lora: { maxLoras: 1, adapters: { sql: 'adapters/sql', law: 'adapters/law' } } }),
    'a folder that is not below the weights': serving({ lora: { adapters: { sql: '/adapters/sql' } } }),
    'a name that requests cannot ask for': serving({ lora: { adapters: { 'a b': 'adapters/sql' } } }),
    'a head with too many tokens': serving({ lora: {} }, Model.of({ ...Model.QWEN3_8B, vocabSize: 262144 })),
    'no memory for so many': serving({ accelerator: Accelerator.L4, tensorParallelSize: 1, lora: { maxLoras: 64, maxRank: 256 } }),
  },
  'speculation that cannot be': {
    'no guesses': serving({ speculative: { method: 'ngram', numTokens: 0 } }),
    'a draft model that is not given': serving({ speculative: { method: 'eagle3', numTokens: 3 } }),
    'a draft model that is not needed': serving({ speculative: { method: 'ngram', numTokens: 3, draftModel: Model.QWEN3_0_6B } }),
    'a draft model of another family': serving({
      speculative: { method: 'draft_model', numTokens: 3, draftModel: Model.LLAMA_3_1_8B_INSTRUCT },
    }),
    'a next-token layer that is not there': serving({ speculative: { method: 'mtp', numTokens: 1 } }),
    'beside an argument': serving({ extraArgs: ['--speculative-config={"method":"ngram","num_speculative_tokens":4}'] }),
  },
};
