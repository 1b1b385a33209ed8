/** Latent attention (DeepSeek): one vector a token and layer instead of keys and values. */
export interface LatentAttention {
  readonly kvLoraRank: number;
  readonly qkRopeHeadDim: number;
}

export interface Experts {
  readonly count: number;
  readonly perToken: number;
  readonly intermediateSize: number;
}

/** A file of a Hugging Face repository. */
export interface ModelFile {
  readonly path: string;
  readonly size: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

export interface ModelProps {
  /** Hugging Face id, for example `google/gemma-2-9b-it`. */
  readonly id: string;
  /**
   * Commit of the Hugging Face repository, 40 hexadecimal digits.
   * @default - not pinned
   */
  readonly revision?: string;
  /** First entry of `architectures` in `config.json`. */
  readonly architecture: string;
  readonly layers: number;
  readonly hiddenSize: number;
  /** Width of the dense feed-forward layer. */
  readonly intermediateSize: number;
  readonly attentionHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /**
   * Key-value heads of the full-attention layers, where they differ from those of the sliding-window layers.
   * @default - kvHeads
   */
  readonly globalKvHeads?: number;
  /**
   * Head dimension of the full-attention layers, where it differs from that of the sliding-window layers.
   * @default - headDim
   */
  readonly globalHeadDim?: number;
  readonly vocabSize: number;
  /** Longest context that vLLM derives from `config.json`, rope scaling included. */
  readonly maxModelLen: number;
  /** `bfloat16`, `float16` or `float32`. */
  readonly dtype: string;
  /**
   * Bytes of the weights that vLLM keeps on the GPUs: those of the safetensors, without an output head that is tied to the
   * embedding, and with keys counted twice where a layer uses them as values too.
   */
  readonly weightsBytes: number;
  readonly tieWordEmbeddings: boolean;
  /**
   * Tokens that a sliding-window layer attends to.
   * @default - no layer has a window
   */
  readonly slidingWindow?: number;
  /**
   * How many of `layers` use the window.
   * @default 0
   */
  readonly slidingLayers?: number;
  /** @default false */
  readonly finalLogitSoftcapping?: boolean;
  /**
   * Whether vLLM runs the model in float16; it refuses to for architectures that overflow, which leaves float32 on cards without
   * bfloat16.
   * @default true
   */
  readonly supportsFloat16?: boolean;
  /** @default - keys and values are cached */
  readonly mla?: LatentAttention;
  /** @default - dense feed-forward layers only */
  readonly experts?: Experts;
  /**
   * Quantization method of the checkpoint itself, for example `fp8` or `mxfp4`.
   * @default - not quantized
   */
  readonly quantization?: string;
  /**
   * Bytes of the linear layers in the checkpoint, those that `--quantization` can shrink.
   * @default - unknown
   */
  readonly linearWeightBytes?: number;
  /**
   * Whether the model has a vision or audio tower, which vLLM profiles on top.
   * @default false
   */
  readonly multimodal?: boolean;
  /**
   * Whether the Hugging Face repository asks for a licence agreement.
   * @default - unknown
   */
  readonly gated?: boolean;
  /**
   * Every file that a server needs, as its lock names them.
   * @default - not locked: the loader takes what the hub lists at the revision
   */
  readonly files?: readonly ModelFile[];
  /**
   * First vLLM release that knows the architecture.
   * @default - unknown
   */
  readonly minimumRelease?: string;
}
