import { Model } from '../catalog';
import { Refusal } from '../common/refusal';

/** Tokens of one block: `DEFAULT_BLOCK_SIZE` of `vllm-project/vllm vllm/config/cache.py`. */
const BLOCK_TOKENS = 16;

/** The largest block that an attention backend for latent attention asks for on the cards of the catalogue; it only rounds up. */
const LATENT_BLOCK_TOKENS = 64;

const VALUE_BYTES = new Map([
  ['float32', 4], ['float', 4], ['bfloat16', 2], ['float16', 2], ['half', 2], ['fp8', 1], ['fp8_e4m3', 1], ['fp8_e5m2', 1],
]);

/** Layers that cache the same bytes for the same tokens. */
interface LayerKind {
  readonly layers: number;
  readonly bytesPerToken: number;
  /** Absent: every token is kept. */
  readonly window?: number;
}

export interface KvCacheProps {
  readonly model: Model;
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly kvCacheDtype: string;
  /** Tokens that can be in flight beyond a sliding window: batched tokens times concurrent batches. */
  readonly tokensInFlight: number;
}

/**
 * How one GPU pages its KV cache: bytes per token and layer, groups of layers that share blocks, blocks that a request needs.
 *
 * @see https://docs.vllm.ai/en/latest/design/hybrid_kv_cache_manager.html
 */
export class KvCache {
  /** The dtypes whose size is known, and the bytes of one value. */
  static bytesPerValue(kvCacheDtype: string, modelDtype: string): number {
    const dtype = kvCacheDtype === 'auto' ? modelDtype : kvCacheDtype;
    const bytes = VALUE_BYTES.get(dtype);
    if (bytes === undefined) {
      throw new Refusal(`MemoryPlan: kvCacheDtype '${kvCacheDtype}' has no known size; use auto, bfloat16, float16, fp8, fp8_e4m3 or fp8_e5m2`);
    }
    return bytes;
  }

  private readonly kinds: { readonly groups: number; readonly window?: number; readonly blockTokens: number }[];
  private readonly blockBytes: number;

  constructor(private readonly props: KvCacheProps) {
    const kinds = this.layerKinds();
    const counts = kinds.map(kind => kind.layers);
    const least = Math.min(...counts);
    const most = Math.max(...counts);
    // Close counts are padded instead of split (vllm/v1/core/kv_cache_utils.py, _get_kv_cache_groups_uniform_page_size).
    const groupSize = most < least * 1.5 ? most : least;
    const widest = Math.max(...kinds.map(kind => kind.bytesPerToken));
    const block = props.model.mla ? LATENT_BLOCK_TOKENS : BLOCK_TOKENS;
    this.blockBytes = block * widest * groupSize;
    this.kinds = kinds.map(kind => ({
      groups: Math.ceil(kind.layers / groupSize),
      window: kind.window,
      // Narrower layers fill the same page with more tokens when that divides evenly, else the page is padded.
      blockTokens: widest % kind.bytesPerToken === 0 ? block * (widest / kind.bytesPerToken) : block,
    }));
  }

  /** Blocks in a pool of that many bytes. */
  poolBlocks(bytes: number): number {
    return Math.max(0, Math.floor(bytes / this.blockBytes));
  }

  /** Blocks that one request of that length can come to hold. */
  requestBlocks(tokens: number): number {
    return this.kinds.reduce((sum, kind) => sum + kind.groups * this.blocksOfGroup(kind, tokens), 0);
  }

  /** Bytes that one request of that length can come to hold, on each GPU. */
  requestBytes(tokens: number): number {
    return this.requestBlocks(tokens) * this.blockBytes;
  }

  /** Tokens that the pool holds, counted as vLLM prints them: concurrency at `maxModelLen` times `maxModelLen`. */
  poolTokens(bytes: number, maxModelLen: number): number {
    return Math.floor(this.poolBlocks(bytes) / this.requestBlocks(maxModelLen) * maxModelLen);
  }

  /** The longest request up to `limit` that the pool can hold; 0 when it holds none. */
  largestRequest(bytes: number, limit: number): number {
    const blocks = this.poolBlocks(bytes);
    let fits = 0;
    let above = limit + 1;
    while (above - fits > 1) {
      const middle = Math.floor((fits + above) / 2);
      if (this.requestBlocks(middle) <= blocks) {
        fits = middle;
      } else {
        above = middle;
      }
    }
    return fits;
  }

  private blocksOfGroup(kind: { readonly window?: number; readonly blockTokens: number }, tokens: number): number {
    if (kind.window === undefined) {
      return Math.ceil(tokens / kind.blockTokens);
    }
    // vllm/v1/kv_cache_interface.py, SlidingWindowSpec.max_admission_blocks_per_request
    const held = Math.min(kind.window - 1 + this.props.tokensInFlight, tokens);
    return Math.ceil(held / kind.blockTokens) + 1;
  }

  private layerKinds(): LayerKind[] {
    const { model, pipelineParallelSize } = this.props;
    const bytes = KvCache.bytesPerValue(this.props.kvCacheDtype, model.dtype);
    const stage = (layers: number) => Math.ceil(layers / pipelineParallelSize);
    if (model.mla) {
      // One latent vector a token, the same on every tensor-parallel rank.
      return [{ layers: stage(model.layers), bytesPerToken: (model.mla.kvLoraRank + model.mla.qkRopeHeadDim) * bytes }];
    }
    const kinds: LayerKind[] = [];
    const full = model.layers - model.slidingLayers;
    if (full > 0) {
      kinds.push({
        layers: stage(full),
        bytesPerToken: this.keysAndValues(model.globalKvHeads ?? model.kvHeads, model.globalHeadDim ?? model.headDim, bytes),
      });
    }
    if (model.slidingLayers > 0) {
      kinds.push({
        layers: stage(model.slidingLayers),
        bytesPerToken: this.keysAndValues(model.kvHeads, model.headDim, bytes),
        window: model.slidingWindow,
      });
    }
    return kinds;
  }

  private keysAndValues(kvHeads: number, headDim: number, bytesPerValue: number): number {
    // Heads are replicated, not split, once there are more GPUs than heads (config/model.py, get_num_kv_heads).
    const headsPerGpu = Math.max(1, Math.floor(kvHeads / this.props.tensorParallelSize));
    return 2 * headsPerGpu * headDim * bytesPerValue;
  }
}
