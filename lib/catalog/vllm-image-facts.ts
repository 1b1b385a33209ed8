/** What the image of a release asks of the machine. */
export interface VllmImageFacts {
  /**
   * Compute capabilities that the kernels are compiled for, as the headers of the fat binaries in `vllm/_C_stable_libtorch.abi3.so` of the
   * wheel say (`scripts/vllm-registry/kernels.py`); the image is made of the same build.
   */
  readonly computeCapabilities: readonly number[];
  /** CUDA of the image: `vllm-project/vllm docker/versions.json`. */
  readonly cuda: string;
  /**
   * Least major version of the driver.
   *
   * @see https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/index.html, "minor version compatibility"
   */
  readonly leastDriver: number;
}

/** The same from 0.22.0 to 0.33.0. */
export const IMAGE_CUDA_13: VllmImageFacts = {
  computeCapabilities: [7.5, 8.0, 8.6, 8.9, 9.0, 10.0, 12.0], cuda: '13.0', leastDriver: 580,
};
