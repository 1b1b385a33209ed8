import { Accelerator, Model, VllmRelease } from '../../lib/catalog';
import { GIB, MIB } from '../../lib/common/bytes';
import { captureSizes, cudaGraphBytes } from '../../lib/planning/cuda-graphs';
import { MemoryOverheadProps } from '../../lib/planning/memory-overhead-props';

const PROPS: MemoryOverheadProps = {
  model: Model.LLAMA_3_1_8B_INSTRUCT, accelerator: Accelerator.H200, release: VllmRelease.V0_32, runner: 'V2', tensorParallelSize: 1,
  pipelineParallelSize: 1, maxNumSeqs: 1024, maxNumBatchedTokens: 8192, enforceEager: false, maxModelLen: 131072,
};

/** The two largest sizes whole, in MiB: split attention of 32 heads x 128 and 512 tokens, activations, cuBLAS, 51 graphs. */
const LARGEST = 2 * (256 + 512 * 2 * (3 * 14336 + 4 * 4096) / MIB) + 32 + 51;

test('the sizes are those of vLLM', () => {
  expect(captureSizes(PROPS)).toHaveLength(51);
  expect(captureSizes(PROPS).slice(0, 5)).toEqual([1, 2, 4, 8, 16]);
  expect(Math.max(...captureSizes(PROPS))).toBe(512);
  expect(captureSizes({ ...PROPS, maxNumSeqs: 3 })).toEqual([1, 2, 4, 3]);
  expect(captureSizes({ ...PROPS, maxNumSeqs: 64 })).toHaveLength(19);
  expect(Math.max(...captureSizes({ ...PROPS, maxNumBatchedTokens: 300, maxNumSeqs: 256 }))).toBe(288);
  expect(Math.max(...captureSizes({ ...PROPS, accelerator: Accelerator.B200 }))).toBe(1024);
});

test('every layer has its share of each size', () => {
  expect(cudaGraphBytes(PROPS)).toBeCloseTo((LARGEST + 32 * 51 * 0.17) * MIB, -1);
  expect(cudaGraphBytes({ ...PROPS, pipelineParallelSize: 2 })).toBeCloseTo((LARGEST + 16 * 51 * 0.17) * MIB, -1);
  expect(cudaGraphBytes({ ...PROPS, enforceEager: true })).toBe(0);
});

test('deep models, experts and collectives have more kernels', () => {
  const qwen = cudaGraphBytes({ ...PROPS, model: Model.QWEN3_32B });
  // 64 layers and heads, 25,600 wide
  expect(qwen).toBeCloseTo((2 * (512 + 512 * 2 * (3 * 25600 + 4 * 5120) / MIB) + 83 + 64 * 51 * 0.3) * MIB, -1);
  const two = cudaGraphBytes({ ...PROPS, tensorParallelSize: 2 });
  expect(two).toBeCloseTo((2 * (128 + 512 * 2 * (3 * 7168 + 4 * 4096) / MIB) + 83 + 32 * 51 * 0.24) * MIB, -1);
});

test('attention is split on Hopper only', () => {
  expect(cudaGraphBytes(PROPS) - cudaGraphBytes({ ...PROPS, accelerator: Accelerator.L4 })).toBeCloseTo(512 * MIB, -1);
});

test('a release that does not estimate them has what was captured', () => {
  expect(cudaGraphBytes({ ...PROPS, release: VllmRelease.V0_28 })).toBe(0.031 * 32 * GIB);
  expect(cudaGraphBytes({ ...PROPS, release: VllmRelease.V0_28, maxNumSeqs: 64 })).toBe(0.008 * 32 * GIB);
});
