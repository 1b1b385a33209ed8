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

// A sheet that gives rates with sparsity is halved
export const T4: AcceleratorSpeed = {
  // https://www.nvidia.com/en-us/data-center/tesla-t4/; PCIe 3.0 x16
  memoryBytesPerSecond: 320e9, halfOperationsPerSecond: 65e12, linkBytesPerSecond: 32e9,
};
export const L4: AcceleratorSpeed = {
  // https://www.nvidia.com/en-us/data-center/l4/; PCIe 4.0 x16
  memoryBytesPerSecond: 300e9, halfOperationsPerSecond: 121e12, fp8OperationsPerSecond: 242e12, linkBytesPerSecond: 64e9,
};
export const A100: AcceleratorSpeed = {
  // https://www.nvidia.com/en-us/data-center/a100/
  memoryBytesPerSecond: 1555e9, halfOperationsPerSecond: 312e12, linkBytesPerSecond: 600e9,
};
export const A100_80GB: AcceleratorSpeed = { ...A100, memoryBytesPerSecond: 2039e9 };
export const H100: AcceleratorSpeed = {
  // https://www.nvidia.com/en-us/data-center/h100/, SXM
  memoryBytesPerSecond: 3350e9, halfOperationsPerSecond: 989e12, fp8OperationsPerSecond: 1979e12, linkBytesPerSecond: 900e9,
};
// https://www.nvidia.com/en-us/data-center/h200/, SXM
export const H200: AcceleratorSpeed = { ...H100, memoryBytesPerSecond: 4800e9 };
export const RTX_PRO_6000: AcceleratorSpeed = {
  // https://www.nvidia.com/en-us/data-center/rtx-pro-6000-blackwell-server-edition/; PCIe 5.0 x16
  memoryBytesPerSecond: 1597e9, halfOperationsPerSecond: 503e12, fp8OperationsPerSecond: 1007e12, linkBytesPerSecond: 128e9,
};
export const B200: AcceleratorSpeed = {
  // https://www.nvidia.com/en-us/data-center/hgx/, one of eight
  memoryBytesPerSecond: 7700e9, halfOperationsPerSecond: 2250e12, fp8OperationsPerSecond: 4500e12, linkBytesPerSecond: 1800e9,
};
