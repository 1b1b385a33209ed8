/** Speeds of a GPU by its data sheet; what a program reaches is less. */
export interface AcceleratorSpeed {
  /** Bytes a second between the GPU and its own memory. */
  readonly memoryBytesPerSecond: number;
  /** Operations a second of 16-bit matrix products, without sparsity; a multiplication and an addition are two. */
  readonly halfOperationsPerSecond: number;
  /**
   * Operations a second of fp8 matrix products, without sparsity.
   * @default halfOperationsPerSecond
   */
  readonly fp8OperationsPerSecond?: number;
  /** Bytes a second between two GPUs of a machine, both directions together. */
  readonly linkBytesPerSecond: number;
}

const A100: AcceleratorSpeed = { memoryBytesPerSecond: 1555e9, halfOperationsPerSecond: 312e12, linkBytesPerSecond: 600e9 };
const H100: AcceleratorSpeed = {
  memoryBytesPerSecond: 3350e9, halfOperationsPerSecond: 989e12, fp8OperationsPerSecond: 1979e12, linkBytesPerSecond: 900e9,
};

/**
 * By the id of the accelerator. Where a sheet gives rates with sparsity, they are halved. Besides the vendor's sheets, the figures were
 * read in the files of NVIDIA's own estimates, SYSTEMS below, where bandwidth between GPUs is in one direction, or on the page named.
 * SYSTEMS: aisimulate_core/systems of the package aisimulate 0.13.0.dev202610270000000085, https://github.com/ai-dynamo/aisimulate
 */
export const SPEEDS = {
  // https://www.nvidia.com/en-us/data-center/tesla-t4/; PCIe 3.0 x16. 320 GB/s, 65 TFLOP/s: https://sysrqmts.com/en/gpus/nvidia/tesla/t4
  t4: { memoryBytesPerSecond: 320e9, halfOperationsPerSecond: 65e12, linkBytesPerSecond: 32e9 },
  // https://www.nvidia.com/en-us/data-center/l4/; PCIe 4.0 x16. SYSTEMS/l4.yaml: 300 GB/s, 121 and 242 TFLOP/s dense, 32 GB/s
  l4: { memoryBytesPerSecond: 300e9, halfOperationsPerSecond: 121e12, fp8OperationsPerSecond: 242e12, linkBytesPerSecond: 64e9 },
  // https://www.nvidia.com/en-us/data-center/a100/, SXM. SYSTEMS/a100_sxm.yaml: 312 TFLOP/s, 300 GB/s. 1555 GB/s of the 40 GB card:
  // https://huggingface.co/RajBhope/gpu-runtime-predictor/blob/main/gpu_catalog.json
  a100: A100,
  // SYSTEMS/a100_sxm.yaml: 2.039 TB/s
  'a100-80gb': { ...A100, memoryBytesPerSecond: 2039e9 },
  // https://www.nvidia.com/en-us/data-center/h100/, SXM. SYSTEMS/h100_sxm.yaml: 3350 GB/s, 989 and 1978 TFLOP/s, 450 GB/s
  h100: H100,
  // https://www.nvidia.com/en-us/data-center/h200/, SXM. SYSTEMS/h200_sxm.yaml: 4800 GB/s, 989 and 1978 TFLOP/s, 450 GB/s
  h200: { ...H100, memoryBytesPerSecond: 4800e9 },
  // https://www.nvidia.com/en-us/data-center/rtx-pro-6000-blackwell-server-edition/; PCIe 5.0 x16. Not read elsewhere:
  // SYSTEMS/rtx_pro_6000_server.yaml has 1792 GB/s of the workstation's card, and 468 and 936 TFLOP/s at the clock of one such machine
  'rtx-pro-6000': {
    memoryBytesPerSecond: 1597e9, halfOperationsPerSecond: 503e12, fp8OperationsPerSecond: 1007e12, linkBytesPerSecond: 128e9,
  },
  // https://www.nvidia.com/en-us/data-center/hgx/, one of the eight of HGX B200. SYSTEMS/b200_sxm.yaml:
  // 7.7 TB/s, 2250 and 4500 TFLOP/s, 900 GB/s
  b200: { memoryBytesPerSecond: 7700e9, halfOperationsPerSecond: 2250e12, fp8OperationsPerSecond: 4500e12, linkBytesPerSecond: 1800e9 },
} satisfies { readonly [id: string]: AcceleratorSpeed };
