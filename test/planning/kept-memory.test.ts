import { Accelerator, Model, VllmRelease } from '../../lib/catalog';
import { GIB } from '../../lib/common/bytes';
import { expertWorkspaceBytes, keptBytes, lastStageBytes, samplerBytes } from '../../lib/planning/kept-memory';
import { MemoryOverheadProps } from '../../lib/planning/memory-overhead-props';

const PROPS: MemoryOverheadProps = {
  model: Model.LLAMA_3_1_8B_INSTRUCT, accelerator: Accelerator.H200, release: VllmRelease.V0_32, runner: 'V2', tensorParallelSize: 1,
  pipelineParallelSize: 1, maxNumSeqs: 1024, maxNumBatchedTokens: 8192, enforceEager: false, maxModelLen: 131072,
};

test('the sampler counts every token of the vocabulary for every sequence', () => {
  // 1,024 x (128,256 x (4 + 2/8) + 17,924 bytes of lists): 0.54 GiB
  expect(samplerBytes(PROPS)).toBe(1024 * (128256 * 4.25 + 17924));
  expect(keptBytes(PROPS)).toBe(samplerBytes(PROPS));
});

test('the last stage of a pipeline has the sampler and what it is handed', () => {
  expect(lastStageBytes({ ...PROPS, pipelineParallelSize: 2 })).toBe(samplerBytes(PROPS) + 8192 * 4096 * 4);
});

test('collectives have buffers, more without NVLink', () => {
  expect(keptBytes({ ...PROPS, tensorParallelSize: 2 }) - samplerBytes(PROPS)).toBe(GIB);
  expect(keptBytes({ ...PROPS, tensorParallelSize: 2, accelerator: Accelerator.L4 }) - samplerBytes(PROPS)).toBeCloseTo(1.1 * GIB, 0);
});

test('experts have two buffers of a batch, as often as a token has experts', () => {
  const { QWEN3_30B_A3B, MIXTRAL_8X7B_V0_1: MIXTRAL, GPT_OSS_20B, DEEPSEEK_V3 } = Model;
  // 8 experts of 768 in a width of 2,048: 8,192 x 8 x 2 x (2,048 + 2,048), half a GiB
  expect(expertWorkspaceBytes({ ...PROPS, model: QWEN3_30B_A3B })).toBe(GIB / 2);
  // 2 of 14,336 in 4,096: 14,336 + 28,672
  expect(expertWorkspaceBytes({ ...PROPS, model: MIXTRAL })).toBe(8192 * 2 * 2 * (14336 + 28672));
  expect(expertWorkspaceBytes({ ...PROPS, model: MIXTRAL, tensorParallelSize: 2 })).toBe(8192 * 2 * 2 * (7168 + 14336));
  // blockwise fp8: 256 experts rounded up to 128 tokens each
  expect(expertWorkspaceBytes({ ...PROPS, model: DEEPSEEK_V3 })).toBe((8192 * 8 + 256 * 128) * 2 * (7168 + 7168));
  // mxfp4 on Hopper keeps most of it in its kernels, the release before all of it; elsewhere as others
  const gptOss = { ...PROPS, model: GPT_OSS_20B };
  expect(expertWorkspaceBytes(gptOss)).toBe(8192 * 2 * (4 * 2880 + 2880));
  expect(expertWorkspaceBytes({ ...gptOss, release: VllmRelease.V0_28 })).toBe(8192 * 2 * 2880);
  expect(expertWorkspaceBytes({ ...gptOss, accelerator: Accelerator.L4 })).toBe(8192 * 4 * 2 * (2880 + 5760));
  expect(expertWorkspaceBytes(PROPS)).toBe(0);
});
