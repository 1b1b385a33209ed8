import { AttentionCache, LayerCache, Model, RecurrentCache, StatePart } from '../catalog';
import { Refusal } from '../common/refusal';

/** Tokens of one block: `DEFAULT_BLOCK_SIZE` of `vllm-project/vllm vllm/config/cache.py`. */
const BLOCK_TOKENS = 16;
/** The largest block that an attention backend for latent attention asks for on the cards of the catalogue; it only rounds up. */
const LATENT_BLOCK_TOKENS = 64;
/** What the block of a latent cache beside states is a multiple of: vllm/platforms/interface.py, _align_hybrid_block_size, 0.32. */
const LATENT_BLOCK_BESIDE_STATES = 128;

const VALUE_BYTES = new Map([
  ['float32', 4], ['float', 4], ['bfloat16', 2], ['float16', 2], ['half', 2], ['fp8', 1], ['fp8_e4m3', 1], ['fp8_e5m2', 1],
]);

/** Bytes of one value of the KV cache; `auto` is what the checkpoint brings, else the dtype of the weights. */
export function bytesPerValue(kvCacheDtype: string, model: Pick<Model, 'dtype' | 'kvCacheDtype'>): number {
  const dtype = kvCacheDtype === 'auto' ? model.kvCacheDtype ?? model.dtype : kvCacheDtype;
  const bytes = VALUE_BYTES.get(dtype);
  if (bytes === undefined) {
    throw new Refusal(`MemoryPlan: kvCacheDtype '${kvCacheDtype}' has no known size; use auto, bfloat16, float16, fp8, fp8_e4m3 or fp8_e5m2`);
  }
  return bytes;
}

/** What each kind of layer caches: as the model lists it, or as its plain props say it. */
export function cachesOf(model: Model): readonly LayerCache[] {
  if (model.caches) {
    return model.caches;
  }
  if (model.mla) {
    return [{ kind: 'latent', layers: model.layers, values: model.mla.kvLoraRank + model.mla.qkRopeHeadDim }];
  }
  const full = model.globalHeadDim ?? model.headDim;
  const kinds: AttentionCache[] = [
    { kind: 'full', layers: model.layers - model.slidingLayers, kvHeads: model.globalKvHeads ?? model.kvHeads, keyDim: full, valueDim: full },
    {
      kind: 'sliding', layers: model.slidingLayers, kvHeads: model.kvHeads, keyDim: model.headDim, valueDim: model.headDim,
      window: model.slidingWindow,
    },
  ];
  return kinds.filter(cache => cache.layers > 0);
}

/** Heads are replicated, not split, once there are more GPUs than heads (vllm/config/model.py, get_num_kv_heads). */
export function headsPerGpu(kvHeads: number, tensorParallelSize: number): number {
  return Math.max(1, Math.floor(kvHeads / tensorParallelSize));
}

/** One kind of layer as vLLM pages it. */
export interface LayerPage {
  readonly layers: number;
  /** Layers whose pages are alike may share a group, and those of one type may share a block table. */
  readonly type: string;
  readonly shape: string;
  readonly blockTokens: number;
  readonly bytes: number;
  /** Whether a page may be padded to a larger one. */
  readonly padded: boolean;
  /** How much of a request is kept. */
  readonly held: { readonly tokens: 'all' | 'encoder' } | { readonly window: number } | { readonly chunk: number } | { readonly pages: number };
}

export interface PageProps {
  readonly model: Model;
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly kvCacheDtype: string;
  /** Whether every recurrent layer that can make states inside of a prefill has a block for it. @default false */
  readonly checkpointsInPrefill?: boolean;
}

/** A page of each kind of layer that caches anything, before they are made equal. */
export function layerPages(props: PageProps): LayerPage[] {
  const caches = cachesOf(props.model).filter(cache => cache.kind !== 'shared' && cache.kind !== 'none' && cache.layers > 0);
  const blockTokens = blockOf(caches, props);
  return caches.map(cache => ({ ...pageOf(cache, blockTokens, props), layers: Math.ceil(cache.layers / props.pipelineParallelSize) }));
}

/** With states beside, the smallest block whose page holds a whole state. */
function blockOf(caches: readonly LayerCache[], props: PageProps): number {
  const latent = caches.some(cache => cache.kind === 'latent');
  const usual = latent ? LATENT_BLOCK_TOKENS : BLOCK_TOKENS;
  const state = caches.find(cache => cache.kind === 'recurrent');
  const attending = caches.find(cache => cache.kind !== 'recurrent');
  if (!state || !attending) {
    return usual;
  }
  // each of these is a multiple of the one before
  const step = Math.max(latent ? LATENT_BLOCK_BESIDE_STATES : BLOCK_TOKENS, props.checkpointsInPrefill ? state.checkpointTokens ?? 0 : 0);
  return Math.max(usual, step * Math.ceil(stateBytes(state, props) / (step * bytesPerToken(attending, props))));
}

function pageOf(cache: LayerCache, blockTokens: number, props: PageProps): Omit<LayerPage, 'layers'> {
  if (cache.kind === 'recurrent') {
    const pages = cache.states + (props.checkpointsInPrefill && cache.checkpointTokens ? 1 : 0);
    return { type: 'state', shape: 'state', blockTokens, bytes: stateBytes(cache, props), padded: true, held: { pages } };
  }
  const bytes = blockTokens * bytesPerToken(cache, props);
  if (cache.kind === 'latent' || cache.kind === 'indexer') {
    return { type: 'full', shape: `${cache.kind} ${bytes}`, blockTokens, bytes, padded: false, held: { tokens: 'all' } };
  }
  const shape = [cache.kvHeads, cache.keyDim, cache.valueDim].join(' ');
  const window = cache.window ?? 0;
  switch (cache.kind) {
    case 'sliding': return { type: `sliding ${window}`, shape, blockTokens, bytes, padded: true, held: { window } };
    case 'chunked': return { type: `chunked ${window}`, shape, blockTokens, bytes, padded: true, held: { chunk: window } };
    case 'cross': return { type: 'cross', shape, blockTokens, bytes, padded: true, held: { tokens: 'encoder' } };
    default: return { type: 'full', shape, blockTokens, bytes, padded: true, held: { tokens: 'all' } };
  }
}

/** Bytes of one token in one layer, on one GPU. */
export function bytesPerToken(cache: Exclude<LayerCache, RecurrentCache>, { model, tensorParallelSize, kvCacheDtype }: PageProps): number {
  const bytes = bytesPerValue(kvCacheDtype, model);
  switch (cache.kind) {
    case 'indexer': return cache.bytesPerToken;
    // one vector, the same on every tensor-parallel rank
    case 'latent': return bytes === 1 ? cache.packedBytes ?? cache.values : cache.values * bytes;
    default: return headsPerGpu(cache.kvHeads, tensorParallelSize) * (cache.keyDim + cache.valueDim) * bytes;
  }
}

export function stateBytes({ state }: RecurrentCache, { model, tensorParallelSize }: PageProps): number {
  const bytes = (part: StatePart) => bytesPerValue(part.dtype ?? model.dtype, model);
  return state.reduce((sum, part) => sum + Math.ceil(valuesPerGpu(part, tensorParallelSize)) * bytes(part), 0);
}

/** vllm/model_executor/layers/mamba/mamba_utils.py, extra_groups_for_head_shards, 0.32. */
function valuesPerGpu({ values, groups }: StatePart, tensorParallelSize: number): number {
  const count = groups === undefined ? 0 : groups.count % tensorParallelSize === 0 ? groups.count : tensorParallelSize;
  return (values + count * (groups?.values ?? 0)) / tensorParallelSize;
}
