/** Layers that cache keys and values. */
export interface AttentionCache {
  /**
   * Which tokens are kept: all (`full`), those of a window that moves with the text (`sliding`), those of the current chunk (`chunked`),
   * or those of an encoder (`cross`). Layers that read the cache of an earlier one (`shared`) and those of an encoder (`none`) keep none.
   */
  readonly kind: 'full' | 'sliding' | 'chunked' | 'cross' | 'shared' | 'none';
  /** Number of such layers. */
  readonly layers: number;
  /** Number of key-value heads; tensor parallelism divides them, and replicates what is left of one. */
  readonly kvHeads: number;
  /** Width of a key. */
  readonly keyDim: number;
  /** Width of a value. */
  readonly valueDim: number;
  /**
   * Number of tokens in the window or chunk.
   * @default - every token is kept
   */
  readonly window?: number;
}

/** Layers that cache one compressed vector a token, whole on every GPU. */
export interface LatentCache {
  /** Kind of the cache: one vector for keys and values together. */
  readonly kind: 'latent';
  /** Number of such layers. */
  readonly layers: number;
  /** Values of the vector: compressed keys and values, and the part of a key that carries the position. */
  readonly values: number;
  /**
   * Bytes of one vector in an fp8 cache, where it is packed with its scales.
   * @default - one byte a value
   */
  readonly packedBytes?: number;
}

/** Layers that cache keys of their own to choose the tokens that are attended to, whole on every GPU. */
export interface IndexerCache {
  /** Kind of the cache: keys that choose. */
  readonly kind: 'indexer';
  /** Number of such layers. */
  readonly layers: number;
  /** Bytes of one token, whatever the dtype of the cache. */
  readonly bytesPerToken: number;
}

/** A part of a recurrent state. */
export interface StatePart {
  /** Number of values that tensor parallelism divides. */
  readonly values: number;
  /**
   * Groups that are divided as well, and replicated where tensor parallelism does not divide their number.
   * @default - none
   */
  readonly groups?: { readonly count: number; readonly values: number };
  /**
   * Number format, where it is not the model's.
   * @default - the model's
   */
  readonly dtype?: 'float32' | 'bfloat16' | 'float16';
}

/** Layers that keep a state of one size for each sequence, however long it is. */
export interface RecurrentCache {
  /** Kind of the cache: a state. */
  readonly kind: 'recurrent';
  /** Number of such layers. */
  readonly layers: number;
  /** Parts of the state. */
  readonly state: readonly StatePart[];
  /** Number of states that a sequence holds: with prefix caching more than the one that it works on. */
  readonly states: number;
  /**
   * Number of tokens that a block is a multiple of, and then one state more is held, from vLLM 0.33 on.
   * @default - vLLM 0.33 changes nothing
   */
  readonly checkpointTokens?: number;
}

/** Layers of a model that cache the same bytes for the same tokens. */
export type LayerCache = AttentionCache | LatentCache | IndexerCache | RecurrentCache;

/** A number of parts that tensor parallelism has to divide. */
export interface TensorParallelParts {
  /** What the parts are, in the plural: `vision heads`. */
  readonly what: string;
  /** Number of parts. */
  readonly count: number;
  /**
   * Whether GPUs beyond the parts hold copies, so that it is enough when one number divides the other.
   * @default false
   */
  readonly replicated?: boolean;
}
