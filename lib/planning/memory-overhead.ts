import { Accelerator, Model, VllmModelRunner, VllmRelease } from '../catalog';
import { GIB } from '../common/bytes';

/**
 * What a server uses besides weights and KV cache, per GPU. The terms are those of vLLM's own profile run
 * (`vllm-project/vllm vllm/v1/worker/gpu_worker.py`, `determine_available_memory`). Their coefficients are empirical: vLLM 0.26 on
 * H200, dense models of 0.6 to 70 billion parameters at tensor parallel sizes 1 to 4 and two mixture-of-experts models, 64 to 1024
 * sequences, 2048 to 16384 batched tokens (`test/planning/measurements.jsonl`). Outside of that range each is raised, and says so.
 */
export interface MemoryOverheadProps {
  readonly model: Model;
  readonly accelerator: Accelerator;
  readonly release: VllmRelease;
  readonly runner: VllmModelRunner;
  readonly tensorParallelSize: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly enforceEager: boolean;
}

/**
 * Architectures whose largest image or video is known and small, so that a batch is filled by several of them: 256 tokens an image,
 * 32 frames of 78 tokens a video, 17 tiles of 144 tokens (vllm/model_executor/models/{gemma3,gemma4,mllama4}*.py, 0.32).
 */
const SMALL_ITEM_TOWERS = ['Gemma3ForConditionalGeneration', 'Gemma4ForConditionalGeneration', 'Llama4ForConditionalGeneration'];
const LARGEST_ITEM_TOKENS = 2560;

export class MemoryOverhead {
  /** Peak of the profile run beyond the weights. */
  readonly activationBytes: number;
  /** What is allocated past torch: NCCL, cuBLAS, kernels. */
  readonly nonTorchBytes: number;
  /** Captured CUDA graphs. */
  readonly cudaGraphBytes: number;
  /** What a running server uses beyond its budget. */
  readonly outsideBudgetBytes: number;
  /** Where the figures are estimates beyond what was measured. */
  readonly notes: string[] = [];

  constructor(private readonly props: MemoryOverheadProps) {
    this.cudaGraphBytes = Math.ceil(this.cudaGraphs());
    this.nonTorchBytes = Math.ceil(this.nonTorch());
    this.activationBytes = Math.ceil(this.activation());
    this.outsideBudgetBytes = Math.ceil(this.outsideBudget());
  }

  private activation(): number {
    const margin = 0.05 * GIB;
    return Math.max(this.coldCompile(), this.warmActivation()) + margin + this.unmeasured();
  }

  /** What a container that restarts with its compile cache reserves: the rest goes to the KV cache and is not there for the sampler. */
  private warmActivation(): number {
    return Math.max(this.forward(), this.profiledLogits(), this.encoder());
  }

  /**
   * The tower is profiled on its own before the text model: at 16 patches a token (Gemma 3, the most of those listed), each with the
   * residual, its norm and twice the feed-forward layer of SigLIP so400m, 16-bit. It is not cut by tensor parallelism here.
   */
  private encoder(): number {
    const { model, maxNumBatchedTokens } = this.props;
    const tokens = SMALL_ITEM_TOWERS.includes(model.architecture) ? Math.max(maxNumBatchedTokens, LARGEST_ITEM_TOKENS) : 0;
    return tokens * 16 * 2 * (2 * 1152 + 2 * 4304);
  }

  /** Activations of one step of `maxNumBatchedTokens`, 16-bit: gate, up and their product, and the residual stream. */
  private forward(): number {
    const { model, tensorParallelSize, maxNumBatchedTokens } = this.props;
    if (model.experts) {
      const { perToken, intermediateSize } = model.experts;
      return maxNumBatchedTokens * perToken * 2 * (3 * intermediateSize / tensorParallelSize + model.hiddenSize) + 0.5 * GIB;
    }
    return maxNumBatchedTokens * 2 * (3 * model.intermediateSize / tensorParallelSize + 4 * model.hiddenSize);
  }

  /** Only while the compile cache is empty, as it is on a new node: a copy of the output head and 32-bit hidden states. */
  private coldCompile(): number {
    const { model, tensorParallelSize, maxNumBatchedTokens, enforceEager } = this.props;
    return enforceEager ? 0 : model.vocabSize / tensorParallelSize * model.hiddenSize * 2 + 4 * maxNumBatchedTokens * model.hiddenSize;
  }

  private profiledLogits(): number {
    const { model, tensorParallelSize, maxNumSeqs, maxNumBatchedTokens, release, runner } = this.props;
    const hidden = maxNumBatchedTokens * model.hiddenSize * 2;
    if (runner === 'V1' || model.experts) {
      // The V1 profile samples with top-p and top-k: 32-bit logits, their sort and softmax.
      return maxNumSeqs * model.vocabSize * 15;
    }
    // Until 0.28 the V2 profile copied the logits to 32 bit as well.
    const bytes = release.supports('0.23.0') ? 2 : 6;
    const gathered = tensorParallelSize === 1 ? 1 : 2 + 1 / tensorParallelSize;
    return maxNumSeqs * model.vocabSize * bytes * gathered * (model.finalLogitSoftcapping ? 2 : 1) + hidden;
  }

  private nonTorch(): number {
    const { tensorParallelSize, accelerator } = this.props;
    if (tensorParallelSize === 1) {
      return 0.24 * GIB;
    }
    // Without NVLink NCCL goes through host memory with more buffers; not measured, so four times the figure.
    return (accelerator.nvlink ? 0.12 : 0.48) * GIB;
  }

  private cudaGraphs(): number {
    const { model, tensorParallelSize, maxNumSeqs, enforceEager, release, accelerator } = this.props;
    if (enforceEager) {
      return 0;
    }
    const perLayer = this.graphsPerLayer(maxNumSeqs, tensorParallelSize, model);
    const moreSizes = maxNumSeqs > 256 ? release.largestCudaGraph(accelerator.computeCapability) / 512 : 1;
    return perLayer * moreSizes * model.layers * GIB;
  }

  private graphsPerLayer(maxNumSeqs: number, tensorParallelSize: number, model: Model): number {
    if (model.mla || model.experts) {
      return 0.044;
    }
    if (maxNumSeqs <= 64) {
      return 0.008;
    }
    return maxNumSeqs <= 256 ? 0.022 : tensorParallelSize > 1 ? 0.02 : 0.031;
  }

  /** The context of the driver, graphs that the budget does not count, and what sampling real requests takes beyond the profile. */
  private outsideBudget(): number {
    const { accelerator, runner, release, model, maxNumSeqs, tensorParallelSize, enforceEager } = this.props;
    const context = accelerator.memoryBytes - accelerator.freeMemoryBytes;
    if (runner === 'V1') {
      return context + 1.5 * GIB;
    }
    const graphs = release.estimatesCudaGraphs(runner) ? 0 : this.cudaGraphBytes;
    const sampler = Math.max(0, (enforceEager ? 30 : 27) * maxNumSeqs * model.vocabSize - this.warmActivation());
    // Measured over NVLink; without it reports range from 0.4 GiB with the context (Sandermage/genesis-vllm-patches issue 24)
    // to 2.28 (pytorch/pytorch issue 175666), so there is no reason for less
    const collectives = tensorParallelSize > 1 ? 1.05 * GIB : 0;
    return context + graphs + sampler + collectives;
  }

  /** Raises the estimate for each way in which the server differs from all that were measured. */
  private unmeasured(): number {
    const { model, accelerator, tensorParallelSize, maxNumSeqs, maxNumBatchedTokens } = this.props;
    const raise = (reason: string, bytes: number) => {
      this.notes.push(`${reason}: not measured, ${(bytes / GIB).toFixed(1)} GiB more activation is assumed`);
      return bytes;
    };
    let bytes = 0;
    if (Math.floor(accelerator.computeCapability) === 10 || accelerator.computeCapability === 12 || accelerator.computeCapability < 8) {
      // FlashInfer's workspace: vllm/v1/attention/backends/flashinfer.py, VLLM_FLASHINFER_WORKSPACE_BUFFER_SIZE, 394 MiB.
      bytes += raise(`attention backend of ${accelerator.displayName}`, 0.5 * GIB);
    }
    if (model.multimodal) {
      const outputs = maxNumBatchedTokens * model.hiddenSize * 2;
      bytes += raise('vision or audio encoder', SMALL_ITEM_TOWERS.includes(model.architecture) ? 0.5 * GIB + outputs : 1.5 * GIB);
    }
    if (model.mla) {
      bytes += raise('workspace of latent attention', 1 * GIB);
    }
    if (tensorParallelSize > 4) {
      bytes += raise(`tensorParallelSize ${tensorParallelSize}`, 0.25 * GIB);
    }
    if (maxNumBatchedTokens > 16384 || maxNumSeqs > 1024) {
      bytes += raise(`${maxNumBatchedTokens} batched tokens, ${maxNumSeqs} sequences`, 0.5 * GIB);
    }
    return bytes;
  }
}
