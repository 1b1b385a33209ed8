import { AcceleratorSpeed, SPEEDS } from './accelerator-speed';
import { GIB } from '../common/bytes';
import { Refusal } from '../common/refusal';
import { requireProps } from '../common/props';

export type { AcceleratorSpeed } from './accelerator-speed';

/** Facts of an `Accelerator`. */
export interface AcceleratorProps {
  /** Short id that cells are named after, for example `l4`. */
  readonly id: string;
  /** Name for people, for example `NVIDIA L4`. */
  readonly displayName: string;
  /** Value of the node label `cloud.google.com/gke-accelerator`. */
  readonly gkeLabel: string;
  /** Total device memory in bytes as `torch.cuda.mem_get_info` reports it, which is less than the marketed size. */
  readonly memoryBytes: number;
  /**
   * Device memory in bytes that is free on an idle card when a server starts.
   * @default - memoryBytes less 0.6 GiB, an estimate: the CUDA context takes 0.51 to 0.52 GiB on H100 and H200
   */
  readonly freeMemoryBytes?: number;
  /** CUDA compute capability, for example 8.9. */
  readonly computeCapability: number;
  /** Whether the GPUs of one machine talk over NVLink; otherwise they talk over PCIe. */
  readonly nvlink: boolean;
  /**
   * Speeds of the data sheet, which estimates of throughput need.
   * @default - throughput cannot be estimated
   */
  readonly speed?: AcceleratorSpeed;
}

/** The props are the fields, and those with a default always have a value. */
export interface Accelerator extends AcceleratorProps {
  /** Device memory in bytes that is free on an idle card when a server starts. */
  readonly freeMemoryBytes: number;
}

/**
 * A GPU model as GKE names it and as vLLM sees it.
 *
 * The memory is the smallest total that a public log line of that card shows, because the driver and its ECC setting move it by
 * up to 1 %, and a plan may be too careful but not too hopeful.
 *
 * @see https://docs.cloud.google.com/kubernetes-engine/docs/concepts/gpus for the labels
 * @see https://developer.nvidia.com/cuda-gpus for the compute capability
 * @see https://docs.cloud.google.com/compute/docs/gpus for NVLink
 */
export class Accelerator {
  // Out of memory on a Compute Engine T4, "total capacity of 14.56 GiB": https://github.com/Zheng-Chong/CatVTON/issues/133
  /** NVIDIA T4 with 16 GB, compute capability 7.5: no bfloat16. */
  static readonly T4 = new Accelerator({
    id: 't4', displayName: 'NVIDIA T4', gkeLabel: 'nvidia-tesla-t4', memoryBytes: 14.56 * GIB, computeCapability: 7.5, nvlink: false,
    speed: SPEEDS.t4,
  });

  // vLLM on four 24 GB cards, "21.96 GiB": https://github.com/rhymes-ai/Aria/issues/24; an L4 with another driver, "22.03 GiB":
  // https://github.com/ArcInstitute/evo2/issues/190
  /** NVIDIA L4 with 24 GB. */
  static readonly L4 = new Accelerator({
    id: 'l4', displayName: 'NVIDIA L4', gkeLabel: 'nvidia-l4', memoryBytes: 21.96 * GIB, computeCapability: 8.9, nvlink: false,
    speed: SPEEDS.l4,
  });

  // "39.38 GiB" on the 40 GB cards of Perlmutter: NERSC/sc24-dl-tutorial README.md@4cf5982f; others show 39.39 to 39.59
  /** NVIDIA A100 with 40 GB. */
  static readonly A100 = new Accelerator({
    id: 'a100', displayName: 'NVIDIA A100 40GB', gkeLabel: 'nvidia-tesla-a100', memoryBytes: 39.38 * GIB, computeCapability: 8.0, nvlink: true,
    speed: SPEEDS.a100,
  });

  // "79.18 GiB" with vLLM: https://huggingface.co/TheBloke/Mixtral-8x7B-Instruct-v0.1-AWQ/discussions/2; "79.25 GiB":
  // https://github.com/HiDream-ai/VAREdit/issues/6. 79.14 is an estimate: some public vLLM logs print it without naming the card
  /** NVIDIA A100 with 80 GB. */
  static readonly A100_80GB = new Accelerator({
    id: 'a100-80gb', displayName: 'NVIDIA A100 80GB', gkeLabel: 'nvidia-a100-80gb', memoryBytes: 79.14 * GIB, computeCapability: 8.0, nvlink: true,
    speed: SPEEDS['a100-80gb'],
  });

  // Measured, idle card, torch 2.11 (test/planning/measurements.jsonl)
  /** NVIDIA H100 with 80 GB. */
  static readonly H100 = new Accelerator({
    id: 'h100', displayName: 'NVIDIA H100 80GB', gkeLabel: 'nvidia-h100-80gb', memoryBytes: 79.18 * GIB, freeMemoryBytes: 78.66 * GIB,
    computeCapability: 9.0, nvlink: true,
    speed: SPEEDS.h100,
  });

  // Measured, idle card, torch 2.11 (test/planning/measurements.jsonl)
  /** NVIDIA H200 with 141 GB. */
  static readonly H200 = new Accelerator({
    id: 'h200', displayName: 'NVIDIA H200 141GB', gkeLabel: 'nvidia-h200-141gb', memoryBytes: 139.80 * GIB, freeMemoryBytes: 139.29 * GIB,
    computeCapability: 9.0, nvlink: true,
    speed: SPEEDS.h200,
  });

  // "total=94.97 GiB": https://github.com/antirez/ds4/issues/431
  /** NVIDIA RTX PRO 6000 (Blackwell) with 96 GB. */
  static readonly RTX_PRO_6000 = new Accelerator({
    id: 'rtx-pro-6000', displayName: 'NVIDIA RTX PRO 6000', gkeLabel: 'nvidia-rtx-pro-6000', memoryBytes: 94.97 * GIB,
    computeCapability: 12.0, nvlink: false,
    speed: SPEEDS['rtx-pro-6000'],
  });

  // "178.35 GiB": stas00/ml-engineering debug/pytorch.md@85fd2a00
  /** NVIDIA B200 with 180 GB. */
  static readonly B200 = new Accelerator({
    id: 'b200', displayName: 'NVIDIA B200', gkeLabel: 'nvidia-b200', memoryBytes: 178.35 * GIB, computeCapability: 10.0, nvlink: true,
    speed: SPEEDS.b200,
  });

  /** Every accelerator of the catalogue. */
  static all(): Accelerator[] {
    return Object.values(Accelerator).filter(value => value instanceof Accelerator);
  }

  /**
   * The accelerator of the catalogue with that id.
   *
   * @throws when the catalogue has no such id
   */
  static fromId(id: string): Accelerator {
    const found = Accelerator.all().find(accelerator => accelerator.id === id);
    if (!found) {
      const ids = Accelerator.all().map(accelerator => accelerator.id).join(', ');
      throw new Refusal(`Unknown accelerator '${id}'. Known: ${ids}. Use Accelerator.of(...) for a card that the catalogue lacks.`);
    }
    return found;
  }

  /** An accelerator that the catalogue lacks. */
  static of(props: AcceleratorProps): Accelerator {
    requireProps('AcceleratorProps', props, 'Accelerator.of');
    return new Accelerator(props);
  }

  private constructor(props: AcceleratorProps) {
    Object.assign(this, props, {
      memoryBytes: Math.floor(props.memoryBytes),
      freeMemoryBytes: Math.floor(props.freeMemoryBytes ?? props.memoryBytes - 0.6 * GIB),
    });
  }

  /**
   * Whether vLLM computes in bfloat16 on the card: from compute capability 8.0.
   *
   * @see vllm/platforms/cuda.py, `supported_dtypes`
   */
  get supportsBfloat16(): boolean {
    return this.computeCapability >= 8.0;
  }

  /**
   * Whether the card multiplies fp8 weights with fp8 activations: from compute capability 8.9.
   *
   * @see https://docs.vllm.ai/en/latest/features/quantization/fp8.html
   */
  get supportsFp8(): boolean {
    return this.computeCapability >= 8.9;
  }

  /**
   * Whether vLLM runs fp8 weights with 16-bit activations on the card: from compute capability 7.5.
   *
   * @see `is_fp8_marlin_supported()` of vLLM 0.22 to 0.32
   */
  get supportsFp8WeightOnly(): boolean {
    return this.computeCapability >= 7.5;
  }

  /**
   * Whether vLLM, which asks for the card's name, gives it the batch defaults of an A100; of both memory sizes.
   *
   * @internal
   */
  get isA100(): boolean {
    return this.id.split('-')[0] === 'a100';
  }
}
