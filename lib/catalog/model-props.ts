import { VllmDtype } from '../../imports/vllm/values';
import { LayerCache, TensorParallelParts } from './layer-cache';

/** Latent attention (DeepSeek): one vector a token and layer instead of keys and values. */
export interface LatentAttention {
  /** Width of the compressed keys and values. */
  readonly kvLoraRank: number;
  /** Width of the part of a key that carries the position. */
  readonly qkRopeHeadDim: number;
}

/** Shape of a mixture of experts. */
export interface Experts {
  /** Number of routed experts in a layer. */
  readonly count: number;
  /** Number of experts that each token is sent to. */
  readonly perToken: number;
  /**
   * Number of layers that have experts.
   * @default - all
   */
  readonly layers?: number;
  /** Width of one expert's feed-forward layer. */
  readonly intermediateSize: number;
  /**
   * Number of columns that a GPU's part of an expert is padded to a multiple of.
   * @default - not padded
   */
  readonly shardMultiple?: number;
  /**
   * Number of columns that share a scale in an fp8 checkpoint, 0 where a whole tensor does.
   * @default 128
   */
  readonly fp8BlockColumns?: number;
}

/** A file of a Hugging Face repository. */
export interface ModelFile {
  /** Name of the file; served files lie at the root of the repository. */
  readonly path: string;
  /** Size of the file in bytes. */
  readonly size: number;
  /** Digest of the file's content, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Facts of a `Model`, as its `config.json` and the headers of its safetensors say them. */
export interface ModelProps {
  /** Hugging Face id, for example `google/gemma-2-9b-it`. */
  readonly id: string;
  /**
   * Commit of the Hugging Face repository, 40 hexadecimal digits.
   * @default - not pinned
   */
  readonly revision?: string;
  /** Class of the model: the first entry of `architectures` in `config.json`. */
  readonly architecture: string;
  /** Number of layers. */
  readonly layers: number;
  /** Width of the residual stream. */
  readonly hiddenSize: number;
  /** Width of the dense feed-forward layer. */
  readonly intermediateSize: number;
  /** Number of attention heads; tensor parallel sizes have to divide it. */
  readonly attentionHeads: number;
  /** Number of key-value heads. */
  readonly kvHeads: number;
  /** Width of one attention head. */
  readonly headDim: number;
  /**
   * Number of key-value heads of the full-attention layers, where they differ from those of the sliding-window layers.
   * @default - kvHeads
   */
  readonly globalKvHeads?: number;
  /**
   * Width of one attention head of the full-attention layers, where it differs from that of the sliding-window layers.
   * @default - headDim
   */
  readonly globalHeadDim?: number;
  /** Number of tokens in the vocabulary, padding included. */
  readonly vocabSize: number;
  /** Longest context in tokens that vLLM derives from `config.json`, rope scaling included. */
  readonly maxModelLen: number;
  /** Number format of the weights, and of the computation unless the server is told otherwise. */
  readonly dtype: Exclude<VllmDtype, 'auto'>;
  /**
   * Bytes of the weights that vLLM keeps on the GPUs: those of the safetensors, without an output head that is tied to the
   * embedding, and with keys counted twice where a layer uses them as values too.
   */
  readonly weightsBytes: number;
  /** Whether the output head is the embedding. */
  readonly tieWordEmbeddings: boolean;
  /**
   * Number of tokens that a sliding-window layer attends to.
   * @default - no layer has a window
   */
  readonly slidingWindow?: number;
  /**
   * How many of the layers attend to the sliding window, from 0 to `layers`.
   * @default 0
   */
  readonly slidingLayers?: number;
  /**
   * Whether the final logits are capped, which takes a second copy of them.
   * @default false
   */
  readonly finalLogitSoftcapping?: boolean;
  /**
   * Whether vLLM runs the model in float16; it refuses to for architectures that overflow, which leaves float32 on cards without
   * bfloat16.
   * @default true
   */
  readonly supportsFloat16?: boolean;
  /**
   * Shape of the latent attention.
   * @default - keys and values are cached
   */
  readonly mla?: LatentAttention;
  /**
   * What each kind of layer caches, where `kvHeads`, `headDim`, `slidingWindow` and `mla` do not say it: states, chunks, indexers, values
   * narrower than keys, layers that cache nothing. An empty list caches nothing.
   * @default - keys and values of every layer, or what `mla` and `slidingWindow` say
   */
  readonly caches?: readonly LayerCache[];
  /**
   * Bytes of the weights that every GPU holds whole under tensor parallelism: routers, latent projections, some towers.
   * @default 0
   */
  readonly wholeWeightBytes?: number;
  /**
   * Numbers that tensor parallelism has to divide besides attention heads, key-value heads and vocabulary.
   * @default - none
   */
  readonly tensorParallelParts?: readonly TensorParallelParts[];
  /**
   * Number format of the KV cache that the checkpoint brings.
   * @default - that of the weights
   */
  readonly kvCacheDtype?: 'fp8';
  /**
   * Shape of the mixture of experts.
   * @default - dense feed-forward layers only
   */
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
   * Every file that a server needs, as the model's lock names them.
   * @default - not locked: the loader takes what the hub lists at the revision
   */
  readonly files?: readonly ModelFile[];
  /**
   * First release of vLLM that knows the architecture, for example `0.28.0`.
   * @default - unknown
   */
  readonly minimumRelease?: string;
}
