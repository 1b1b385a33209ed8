/** Figures by tensor parallel size: `TP8`. */
type BySize<T> = { readonly [size: string]: T };

/** What vLLM makes of a model on H200s with the defaults of its server. All bytes are those of one GPU. */
export interface Truth {
  readonly vllm: 'accepts' | 'refuses';
  /** Its words, of the smallest tensor parallel size. */
  readonly refusal?: string;
  /** Values of all weights; null with quantized ones. */
  readonly parameters?: number | null;
  readonly weightsBytesTP1?: number;
  readonly weightsBytesPerGpu?: BySize<number>;
  /** How many layers cache what, in their order. */
  readonly kvKind?: string;
  /** What grows without end: no window, no state. */
  readonly kvBytesPerTokenTP1?: number;
  /** One state of each recurrent layer. */
  readonly stateBytesPerSequence?: number;
  /** What one request of so many tokens holds; `any` where nothing is cached. */
  readonly requestBytes?: BySize<{ readonly [tokens: string]: number }>;
  readonly blockTokens?: number;
  readonly cacheLayout?: string | null;
  readonly mambaCacheMode?: string;
  readonly tokensInFlight?: number;
  readonly maxModelLenDefault?: number;
  readonly attentionBackends?: readonly string[];
  /** Those of the sizes asked for that vLLM refuses. */
  readonly refusedTensorParallelSizes?: readonly number[];
  readonly source?: string;
}

export interface ArchitectureRow {
  readonly name: string;
  readonly config: object;
  readonly truth: Truth;
}
