import { GIB } from '../common/bytes';
import { Refusal } from '../common/refusal';

export interface AcceleratorProps {
  /** Short id used in cell names, for example `l4`. */
  readonly id: string;
  readonly displayName: string;
  /** Value of the node label `cloud.google.com/gke-accelerator`. */
  readonly gkeLabel: string;
  /** Total device memory as `torch.cuda.mem_get_info` reports it, which is less than the marketed size. */
  readonly memoryBytes: number;
  /**
   * Device memory free at start on an idle card.
   * @default - memoryBytes less 0.6 GiB, an estimate: the CUDA context takes 0.51 to 0.52 GiB on H100 and H200
   */
  readonly freeMemoryBytes?: number;
  /** CUDA compute capability, for example 8.9. */
  readonly computeCapability: number;
  /** Whether the GPUs of one machine talk over NVLink; otherwise PCIe. */
  readonly nvlink: boolean;
}

/**
 * A GPU model as GKE names it and as vLLM sees it.
 *
 * Labels: https://docs.cloud.google.com/kubernetes-engine/docs/concepts/gpus; compute capability:
 * https://developer.nvidia.com/cuda-gpus; NVLink: https://docs.cloud.google.com/compute/docs/gpus.
 * The memory is the smallest total that a public log line of that card shows, because the driver and its ECC setting move it by
 * up to 1 %, and a plan may be too careful but not too hopeful.
 */
export class Accelerator implements AcceleratorProps {
  // Out of memory on a Compute Engine T4, "total capacity of 14.56 GiB": https://github.com/Zheng-Chong/CatVTON/issues/133
  static readonly T4 = new Accelerator({
    id: 't4', displayName: 'NVIDIA T4', gkeLabel: 'nvidia-tesla-t4', memoryBytes: 14.56 * GIB, computeCapability: 7.5, nvlink: false,
  });

  // vLLM on four 24 GB cards, "21.96 GiB": https://github.com/rhymes-ai/Aria/issues/24; an L4 with another driver, "22.03 GiB":
  // https://github.com/ArcInstitute/evo2/issues/190
  static readonly L4 = new Accelerator({
    id: 'l4', displayName: 'NVIDIA L4', gkeLabel: 'nvidia-l4', memoryBytes: 21.96 * GIB, computeCapability: 8.9, nvlink: false,
  });

  // "39.38 GiB" on the 40 GB cards of Perlmutter: NERSC/sc24-dl-tutorial README.md@4cf5982f; others show 39.39 to 39.59
  static readonly A100 = new Accelerator({
    id: 'a100', displayName: 'NVIDIA A100 40GB', gkeLabel: 'nvidia-tesla-a100', memoryBytes: 39.38 * GIB, computeCapability: 8.0, nvlink: true,
  });

  // "79.18 GiB" with vLLM: https://huggingface.co/TheBloke/Mixtral-8x7B-Instruct-v0.1-AWQ/discussions/2; "79.25 GiB":
  // https://github.com/HiDream-ai/VAREdit/issues/6. 79.14 is an estimate: some public vLLM logs print it without naming the card
  static readonly A100_80GB = new Accelerator({
    id: 'a100-80gb', displayName: 'NVIDIA A100 80GB', gkeLabel: 'nvidia-a100-80gb', memoryBytes: 79.14 * GIB, computeCapability: 8.0, nvlink: true,
  });

  // Measured, idle card, torch 2.11 (test/planning/measurements.jsonl)
  static readonly H100 = new Accelerator({
    id: 'h100', displayName: 'NVIDIA H100 80GB', gkeLabel: 'nvidia-h100-80gb', memoryBytes: 79.18 * GIB, freeMemoryBytes: 78.66 * GIB,
    computeCapability: 9.0, nvlink: true,
  });

  // Measured, idle card, torch 2.11 (test/planning/measurements.jsonl)
  static readonly H200 = new Accelerator({
    id: 'h200', displayName: 'NVIDIA H200 141GB', gkeLabel: 'nvidia-h200-141gb', memoryBytes: 139.80 * GIB, freeMemoryBytes: 139.29 * GIB,
    computeCapability: 9.0, nvlink: true,
  });

  // "total=94.97 GiB": https://github.com/antirez/ds4/issues/431
  static readonly RTX_PRO_6000 = new Accelerator({
    id: 'rtx-pro-6000', displayName: 'NVIDIA RTX PRO 6000', gkeLabel: 'nvidia-rtx-pro-6000', memoryBytes: 94.97 * GIB,
    computeCapability: 12.0, nvlink: false,
  });

  // "178.35 GiB": stas00/ml-engineering debug/pytorch.md@85fd2a00
  static readonly B200 = new Accelerator({
    id: 'b200', displayName: 'NVIDIA B200', gkeLabel: 'nvidia-b200', memoryBytes: 178.35 * GIB, computeCapability: 10.0, nvlink: true,
  });

  static all(): Accelerator[] {
    return Object.values(Accelerator).filter(value => value instanceof Accelerator);
  }

  static fromId(id: string): Accelerator {
    const found = Accelerator.all().find(accelerator => accelerator.id === id);
    if (!found) {
      const ids = Accelerator.all().map(accelerator => accelerator.id).join(', ');
      throw new Refusal(`Unknown accelerator '${id}'. Known: ${ids}. Use Accelerator.of(...) for a card that the catalogue lacks.`);
    }
    return found;
  }

  static of(props: AcceleratorProps): Accelerator {
    return new Accelerator(props);
  }

  readonly id: string;
  readonly displayName: string;
  readonly gkeLabel: string;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly computeCapability: number;
  readonly nvlink: boolean;

  private constructor(props: AcceleratorProps) {
    this.id = props.id;
    this.displayName = props.displayName;
    this.gkeLabel = props.gkeLabel;
    this.memoryBytes = Math.floor(props.memoryBytes);
    this.freeMemoryBytes = Math.floor(props.freeMemoryBytes ?? props.memoryBytes - 0.6 * GIB);
    this.computeCapability = props.computeCapability;
    this.nvlink = props.nvlink;
  }

  /** vllm/platforms/cuda.py, supported_dtypes. */
  get supportsBfloat16(): boolean {
    return this.computeCapability >= 8.0;
  }

  /** fp8 weights with fp8 activations: https://docs.vllm.ai/en/latest/features/quantization/fp8.html */
  get supportsFp8(): boolean {
    return this.computeCapability >= 8.9;
  }

  /** fp8 weights with 16-bit activations: is_fp8_marlin_supported() in vLLM 0.22 to 0.32 asks for 7.5. */
  get supportsFp8WeightOnly(): boolean {
    return this.computeCapability >= 7.5;
  }
}
