import { Model } from '../catalog';
import { Refusal } from '../common/refusal';
import { bytesPerValue, LayerPage, layerPages } from './layer-pages';

/** Bytes on each GPU that one request of `maxModelLen` can come to hold of the KV cache. */
export interface KvCachePerRequest {
  /** Part that does not grow any more at that length: states, windows, chunks, the output of an encoder. */
  readonly fixedBytes: number;
  /** Part that every token adds. */
  readonly bytesPerToken: number;
  /** All of it, in whole blocks. */
  readonly bytes: number;
}

export interface KvCacheProps {
  readonly model: Model;
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly kvCacheDtype: string;
  /** Tokens that can be in flight beyond a sliding window or a chunk: batched tokens times concurrent batches. */
  readonly tokensInFlight: number;
  /**
   * Tokens of one batch, for which vLLM sizes what layers cache of an encoder.
   * @default tokensInFlight
   */
  readonly maxNumBatchedTokens?: number;
  /**
   * Whether every recurrent layer that can make states inside of a prefill has a block for it.
   * @default false
   */
  readonly checkpointsInPrefill?: boolean;
}

/** Layers that share a block table, so many times. */
interface Group extends Pick<LayerPage, 'blockTokens' | 'held'> {
  readonly groups: number;
}

/**
 * How one GPU pages its KV cache: layers of a kind in groups, blocks of the same size for all groups, blocks that a request needs
 * (vllm/v1/core/kv_cache_utils.py, get_kv_cache_groups, 0.32).
 *
 * @see https://docs.vllm.ai/en/latest/design/hybrid_kv_cache_manager.html
 */
export class KvCache {
  /** The dtypes whose size is known, and the bytes of one value. */
  static bytesPerValue(kvCacheDtype: string, modelDtype: Model['dtype']): number {
    return bytesPerValue(kvCacheDtype, { dtype: modelDtype });
  }

  /** Bytes of one block, over the layers of a group. */
  readonly blockBytes: number;
  private readonly groups: readonly Group[];

  constructor(private readonly props: KvCacheProps) {
    const pages = layerPages(props);
    const ofOneType = pages.every(page => page.type === pages[0].type && page.blockTokens === pages[0].blockTokens);
    // layers of one type need the same blocks, however wide they are: one group has them all
    if (ofOneType) {
      this.blockBytes = pages.reduce((sum, page) => sum + page.layers * page.bytes, 0);
      this.groups = pages.slice(0, 1).map(page => ({ ...page, groups: 1 }));
      return;
    }
    const widest = Math.max(...pages.map(page => page.bytes));
    const kinds = merged(pages.map(page => this.widened(page, widest)));
    const counts = kinds.map(kind => kind.layers);
    const least = Math.min(...counts);
    const most = Math.max(...counts);
    // close counts are padded instead of split (_get_kv_cache_groups_uniform_page_size)
    const groupSize = most < least * 1.5 ? most : least;
    this.blockBytes = widest * groupSize;
    this.groups = kinds.map(kind => ({ ...kind, groups: Math.ceil(kind.layers / groupSize) }));
  }

  /** Whether no layer caches anything, so that a request costs nothing here. */
  get isEmpty(): boolean {
    return this.groups.length === 0;
  }

  /** Whether layers keep a state for each sequence. */
  get hasStates(): boolean {
    return this.groups.some(group => 'pages' in group.held);
  }

  /** Blocks in a pool of that many bytes. */
  poolBlocks(bytes: number): number {
    return this.isEmpty ? 0 : Math.max(0, Math.floor(bytes / this.blockBytes));
  }

  /** Blocks that one request of that length can come to hold. */
  requestBlocks(tokens: number): number {
    return this.groups.reduce((sum, group) => sum + group.groups * this.blocksOfGroup(group, tokens), 0);
  }

  /** Bytes that one request of that length can come to hold, on each GPU. */
  requestBytes(tokens: number): number {
    return this.requestBlocks(tokens) * this.blockBytes;
  }

  /** The same, as what a request holds whatever its length and what each token adds. */
  perRequest(tokens: number): KvCachePerRequest {
    const growing = this.groups.filter(group => 'tokens' in group.held && group.held.tokens === 'all');
    const bounded = this.groups.filter(group => !growing.includes(group));
    return {
      fixedBytes: bounded.reduce((sum, group) => sum + group.groups * this.blocksOfGroup(group, tokens), 0) * this.blockBytes,
      bytesPerToken: growing.reduce((sum, group) => sum + group.groups * this.blockBytes / group.blockTokens, 0),
      bytes: this.requestBytes(tokens),
    };
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
      if (bytes >= 0 && this.requestBlocks(middle) <= blocks) {
        fits = middle;
      } else {
        above = middle;
      }
    }
    return fits;
  }

  /** Narrower layers fill the same page with more tokens, or their page is padded (unify_kv_cache_spec_page_size). */
  private widened(page: LayerPage, widest: number): LayerPage {
    const grows = page.type !== 'state' && widest % page.bytes === 0;
    if (!grows && !page.padded && page.bytes !== widest) {
      throw new Refusal(`MemoryPlan: ${this.props.model.id} has layers of ${page.bytes} and of ${widest} bytes a block, and vLLM cannot pad the`
        + ' former, so that it lays them out in a way that cannot be planned yet');
    }
    return grows ? { ...page, blockTokens: page.blockTokens * (widest / page.bytes) } : page;
  }

  private blocksOfGroup({ held, blockTokens }: Group, tokens: number): number {
    const { tokensInFlight } = this.props;
    if ('pages' in held) {
      return held.pages;
    }
    // vllm/v1/kv_cache_interface.py, max_admission_blocks_per_request of SlidingWindowSpec and of ChunkedLocalAttentionSpec
    if ('window' in held) {
      return Math.ceil(Math.min(held.window - 1 + tokensInFlight, tokens) / blockTokens) + 1;
    }
    if ('chunk' in held) {
      return Math.ceil(Math.min(held.chunk + tokensInFlight, tokens) / blockTokens);
    }
    // the encoder's output is as long as a batch may be, not as long as the text
    return Math.ceil((held.tokens === 'all' ? tokens : this.props.maxNumBatchedTokens ?? tokensInFlight) / blockTokens);
  }
}

/** Kinds with pages alike are one. */
function merged(pages: readonly LayerPage[]): LayerPage[] {
  const kinds = new Map<string, LayerPage>();
  for (const page of pages) {
    const key = [page.type, page.shape, page.blockTokens].join('|');
    kinds.set(key, { ...page, layers: page.layers + (kinds.get(key)?.layers ?? 0) });
  }
  return [...kinds.values()];
}
