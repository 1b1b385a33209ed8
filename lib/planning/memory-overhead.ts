import { gib, GIB } from '../common/bytes';
import { cudaGraphBytes } from './cuda-graphs';
import { expertWorkspaceBytes, keptBytes, lastStageBytes } from './kept-memory';
import { Model } from '../catalog';
import { loraStepBytes } from './lora';
import { ACTIVATION_BYTES } from './activation-bytes';
import { denseStepBytes, MemoryOverheadProps } from './memory-overhead-props';
import { tokensPerStep } from './speculation';

/**
 * Architectures whose largest image or video is known and small, so that a batch is filled by several of them: 256 tokens an image,
 * 32 frames of 78 tokens a video, 17 tiles of 144 tokens (vllm/model_executor/models/{gemma3,gemma4,mllama4}*.py, 0.32).
 */
const SMALL_ITEM_TOWERS = ['Gemma3ForConditionalGeneration', 'Gemma4ForConditionalGeneration', 'Llama4ForConditionalGeneration'];
const LARGEST_ITEM_TOKENS = 2560;

/** Logits in 32 bit, their sort and softmax, as V1 profiles them. */
const V1_SAMPLING_BYTES_PER_LOGIT = 15;

/** What sampling with every feature took when a server with 1,024 sequences warmed up, logits included: 17.6 to 20.3 and 21.3 to 25.2. */
const SAMPLING_BYTES_PER_LOGIT = 20.5;
const EAGER_SAMPLING_BYTES_PER_LOGIT = 25.5;
const SAMPLING_MARGIN = 0.15 * GIB;

/**
 * Handles and workspaces of cuBLAS and cuBLASLt, which before 0.33 are among what the profile counts. Not measured by themselves: torch
 * gives each 32 MiB on Hopper and less elsewhere (`pytorch/pytorch aten/src/ATen/cuda/CublasHandlePool.cpp`), and kernels come on top.
 */
const BLAS_BYTES = 0.1 * GIB;

/** Of the graphs that V2 estimates, 38 to 53 % were taken: the rest is there for the sampler. */
const SPARE_GRAPHS = 0.4;

/**
 * Latent attention decompresses cached context for its prefill, 65,536 tokens at once (`mla_attention.py`,
 * `determine_chunked_prefill_workspace_size`): 256 values a head, and 192 of each key and each padded value again. Chunks of ever other
 * sizes leave the allocator with about four times that, measured 4.7 GiB for the 16 heads of DeepSeek V2 Lite; it gives back what is short.
 */
const LATENT_CONTEXT_BYTES_PER_HEAD = 64 * 1024 * ACTIVATION_BYTES * (256 + 192 + 192);
const LATENT_HEADS_KEPT = 16;

/**
 * What a server uses besides weights and KV cache, per GPU. The terms are those of vLLM's own profile run
 * (`vllm-project/vllm vllm/v1/worker/gpu_worker.py`, `determine_available_memory`). Their coefficients are empirical where vLLM's
 * source does not give them: vLLM 0.26 and 0.32 on H200, dense models of 0.6 to 70 billion parameters at tensor parallel sizes 1 to 4
 * and mixtures of experts, 64 to 1024 sequences, 2048 to 16384 batched tokens (`test/planning/measurements*.jsonl`). Outside of that
 * range each is raised, and says so.
 */
export class MemoryOverhead {
  /** Peak of the profile run beyond the weights and what is kept. */
  readonly activationBytes: number;
  /** What is allocated past torch, NCCL, cuBLAS, kernels, and what the runner keeps where the release counts that. */
  readonly nonTorchBytes: number;
  /** Captured CUDA graphs. */
  readonly cudaGraphBytes: number;
  /** What a running server uses beyond its budget. */
  readonly outsideBudgetBytes: number;
  /** Where the figures are estimates beyond what was measured. */
  readonly notes: string[] = [];

  /** Whether what the runner keeps is taken from the KV cache. */
  private readonly countsKept: boolean;

  constructor(private readonly props: MemoryOverheadProps) {
    this.countsKept = props.release.countsKeptMemory(props.runner);
    this.cudaGraphBytes = Math.ceil(cudaGraphBytes(props));
    this.nonTorchBytes = Math.ceil(this.nonTorch());
    this.activationBytes = Math.ceil(this.activation());
    this.outsideBudgetBytes = Math.ceil(this.outsideBudget());
  }

  private activation(): number {
    const margin = (this.countsKept ? 0.03 : 0.05) * GIB;
    return Math.max(this.coldCompile(this.props.model), this.draftCompile(), this.warmActivation()) + margin + this.unmeasured();
  }

  /** What a container that restarts with its compile cache reserves: the rest goes to the KV cache and is not there for the sampler. */
  private warmActivation(): number {
    const { model, maxNumBatchedTokens } = this.props;
    const hidden = maxNumBatchedTokens * model.hiddenSize * ACTIVATION_BYTES;
    const workspace = this.countsKept ? 0 : expertWorkspaceBytes(this.props);
    const step = denseStepBytes(this.props, maxNumBatchedTokens) + loraStepBytes(this.props.lora, model, maxNumBatchedTokens);
    return workspace + Math.max(step, this.profiledSampling() + hidden, this.encoder());
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

  /** Only while the compile cache is empty, as it is on a new node: a copy of the embedding and 32-bit hidden states. */
  private coldCompile(model: Model): number {
    const { tensorParallelSize, maxNumBatchedTokens, enforceEager, pipelineParallelSize } = this.props;
    if (enforceEager) {
      return 0;
    }
    const bytes = model.vocabSize / tensorParallelSize * model.hiddenSize * 2 + 4 * maxNumBatchedTokens * model.hiddenSize;
    // The first stage of a pipeline has the embedding, but nothing of what the last one keeps, which is counted as well.
    return this.countsKept && pipelineParallelSize > 1 ? bytes - lastStageBytes(this.props) : bytes;
  }

  private draftCompile(): number {
    const draft = this.props.speculative?.draftModel;
    return draft ? this.coldCompile(draft) : 0;
  }

  private profiledSampling(): number {
    const { model, tensorParallelSize, maxNumSeqs, release, runner } = this.props;
    if (release.profilesSampling(runner)) {
      return runner === 'V1' ? maxNumSeqs * model.vocabSize * V1_SAMPLING_BYTES_PER_LOGIT : this.sampling();
    }
    // Until 0.22 the V2 profile copied the logits to 32 bit as well.
    const bytes = release.supports('0.23.0') ? 2 : 6;
    const gathered = tensorParallelSize === 1 ? 1 : 2 + 1 / tensorParallelSize;
    return maxNumSeqs * model.vocabSize * bytes * gathered * (model.finalLogitSoftcapping ? 2 : 1);
  }

  /** What sampling with every feature takes, beside the state that is kept for it. */
  private sampling(): number {
    const { model, maxNumSeqs, enforceEager } = this.props;
    const perLogit = enforceEager ? EAGER_SAMPLING_BYTES_PER_LOGIT : SAMPLING_BYTES_PER_LOGIT;
    return maxNumSeqs * model.vocabSize * perLogit + SAMPLING_MARGIN;
  }

  private nonTorch(): number {
    const { tensorParallelSize, accelerator } = this.props;
    if (this.countsKept) {
      // The communicators load some of the kernels before the server takes its first reading.
      return keptBytes(this.props) + (tensorParallelSize === 1 ? 0.33 : 0.12) * GIB;
    }
    if (tensorParallelSize === 1) {
      return 0.24 * GIB;
    }
    // Without NVLink NCCL goes through host memory with more buffers; not measured, so four times the figure.
    return (accelerator.nvlink ? 0.12 : 0.48) * GIB;
  }

  /** The context of the driver, graphs that the budget does not count, and what sampling real requests takes beyond the profile. */
  private outsideBudget(): number {
    const { accelerator, runner, release } = this.props;
    const context = accelerator.memoryBytes - accelerator.freeMemoryBytes;
    // the rest has room for cuBLAS as well
    if (runner === 'V1') {
      return context + 1.5 * GIB;
    }
    const graphs = release.estimatesCudaGraphs(runner) ? 0 : this.cudaGraphBytes;
    const blas = release.facts.blasBeforeFirstReading ? BLAS_BYTES : 0;
    return context + blas + graphs + Math.max(this.samplerOutside(), this.latentContext()) + this.collectivesOutside();
  }

  private latentContext(): number {
    const { model, tensorParallelSize } = this.props;
    const heads = model.mla ? model.attentionHeads / tensorParallelSize : 0;
    return LATENT_CONTEXT_BYTES_PER_HEAD * (heads + 3 * Math.min(heads, LATENT_HEADS_KEPT));
  }

  /** What the sampler needs beyond what the budget has for it or for something that is not there at the same time. */
  private samplerOutside(): number {
    const { release, runner } = this.props;
    if (release.profilesSampling(runner)) {
      return this.guessedLogits();
    }
    const uncounted = this.countsKept ? -SPARE_GRAPHS * this.cudaGraphBytes : lastStageBytes(this.props);
    return Math.max(0, this.sampling() + uncounted - this.warmActivation()) + this.guessedLogits();
  }

  /** The profile has the logits of one token a sequence; those of the guesses, of as many as a batch holds, come on top. */
  private guessedLogits(): number {
    const { model, maxNumSeqs, maxNumBatchedTokens, speculative } = this.props;
    const rows = Math.min(maxNumSeqs * tokensPerStep(speculative), maxNumBatchedTokens);
    return Math.max(0, rows - maxNumSeqs) * model.vocabSize * ACTIVATION_BYTES;
  }

  /**
   * Measured over NVLink; without it reports range from 0.4 GiB with the context (Sandermage/genesis-vllm-patches issue 24) to 2.28
   * (pytorch/pytorch issue 175666), so there is no reason for less. The stages of a pipeline first meet after the profile.
   */
  private collectivesOutside(): number {
    const { tensorParallelSize, pipelineParallelSize } = this.props;
    const afterProfile = this.countsKept ? 0.3 * GIB : 1.05 * GIB;
    return (tensorParallelSize > 1 ? afterProfile : 0) + (pipelineParallelSize > 1 ? 1.05 * GIB : 0);
  }

  /** Raises the estimate for each way in which the server differs from all that were measured. */
  private unmeasured(): number {
    const { model, accelerator, tensorParallelSize, maxNumSeqs, maxNumBatchedTokens } = this.props;
    const raise = (reason: string, bytes: number) => {
      this.notes.push(`${reason}: not measured, ${gib(bytes)} more activation is assumed`);
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
    if (model.mla && !this.countsKept) {
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
