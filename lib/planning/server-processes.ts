import { GIB } from '../common/bytes';

/**
 * Virtual CPUs for each GPU, at the least: one of the engine or the GPU's worker, which polls, and one of the first API server, its
 * tokenizer and the loader. https://docs.vllm.ai/en/latest/configuration/optimization/#cpu-resources-for-gpu-deployments asks for 2 + N
 * cores of N GPUs.
 */
const VIRTUAL_CPUS_PER_GPU = 2;

/** More would have nothing to do: four were never busy on H200. */
export const MOST_API_SERVERS = 64;

/** Memory of each further API server: 1.0 GiB were resident on the CPU build of 0.33.0 with a tiny tokenizer, doubled for a large one. */
export const API_SERVER_BYTES = 2 * GIB;

/** Virtual CPUs of a server at the least: a process of its API server is busy with one of its own. */
export function virtualCpusNeeded(gpus: number, apiServerCount: number): number {
  return VIRTUAL_CPUS_PER_GPU * gpus + apiServerCount - 1;
}
