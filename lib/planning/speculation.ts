import { Model } from '../catalog';
import { KvCache, KvCachePerRequest } from './kv-cache';
import { weightsPerGpu } from './weight-bytes';

/** How tokens are guessed ahead: from the prompt, by a head trained for it, by the model's own next-token layer, or by a small model. */
export type SpeculationMethod = 'ngram' | 'eagle' | 'eagle3' | 'mtp' | 'draft_model';

/** Speculative decoding: `--speculative-config`. */
export interface Speculation {
  /** Where the guesses come from. */
  readonly method: SpeculationMethod;
  /** Number of tokens that are guessed ahead, 1 or more. */
  readonly numTokens: number;
  /**
   * The draft model, or the EAGLE head as a model of its few layers.
   * @default - none: `ngram` and `mtp` need none
   */
  readonly draftModel?: Model;
  /**
   * Folder of the draft model below the mounted weights, for example `draft`.
   * @default - the last part of the draft model's id
   */
  readonly draftFolder?: string;
}

/** The methods that a draft model belongs to. */
export const DRAFTING: readonly SpeculationMethod[] = ['eagle', 'eagle3', 'draft_model'];

/** Architectures whose checkpoint has a next-token layer, in their bytes already: the reference beside `lib/catalog/models/other.ts`. */
export const WITH_NEXT_TOKEN_LAYER = ['DeepseekV3ForCausalLM'];

/** Tokens that one sequence computes in a step: the one that is due and those guessed. */
export function tokensPerStep(speculative: Speculation | undefined): number {
  return 1 + (speculative?.numTokens ?? 0);
}

/** Bytes of the draft model on the fullest GPU; the last stage of a pipeline has it whole. */
export function draftWeights(speculative: Speculation | undefined, tensorParallelSize: number): number {
  return speculative?.draftModel ? weightsPerGpu(speculative.draftModel, tensorParallelSize, 1) : 0;
}

/** The layers that cache on top of the model's: all of the draft model, or the next-token layer. */
export function draftedLayers({ method, draftModel }: Speculation, model: Model): Model | undefined {
  return method === 'mtp' ? Model.of({ ...model, layers: 1, slidingLayers: 0, slidingWindow: undefined, caches: undefined }) : draftModel;
}

/** What only speculation keeps on the GPU, as far as it goes with sequences and tokens (`vllm/v1/worker/gpu`, `states.py` and others). */
export function speculationBytes(
  speculative: Speculation | undefined, model: Model, shape: { maxNumSeqs: number; maxNumBatchedTokens: number; maxModelLen: number },
): number {
  if (!speculative) {
    return 0;
  }
  const { method, numTokens, draftModel } = speculative;
  // Each guess has its tokens in 64 bit, and a bit for every token that a grammar allows.
  const guesses = shape.maxNumSeqs * numTokens * (8 + model.vocabSize / 8);
  // Guessing from the prompt searches all tokens of every sequence on the GPU; the others get the model's hidden states.
  const source = method === 'ngram' ? shape.maxNumSeqs * shape.maxModelLen * 4
    : shape.maxNumBatchedTokens * (draftModel?.hiddenSize ?? model.hiddenSize) * 2 * (method === 'eagle3' ? 4 : 1);
  return guesses + source;
}

/** How one GPU pages the KV caches of a model and of what guesses for it; both hold the same tokens. */
export class SpeculatedKvCache {
  constructor(private readonly model: KvCache, private readonly drafted?: KvCache) {}

  /** Whether no layer caches anything, so that a request costs nothing here. */
  get isEmpty(): boolean {
    return this.model.isEmpty && (this.drafted?.isEmpty ?? true);
  }

  /** Whether layers keep a state for each sequence. */
  get hasStates(): boolean {
    return this.model.hasStates || (this.drafted?.hasStates ?? false);
  }

  /** Blocks of the model's own layers in so many bytes, of which the drafted ones have their share. */
  poolBlocks(bytes: number, tokens: number): number {
    return this.model.poolBlocks(this.shareOfModel(bytes, tokens));
  }

  /** Bytes of such a block. */
  get blockBytes(): number {
    return this.model.blockBytes;
  }

  /** What one request costs. */
  perRequest(tokens: number): KvCachePerRequest {
    const costs = [this.model, ...this.drafted ? [this.drafted] : []].map(cache => cache.perRequest(tokens));
    const sum = (part: keyof KvCachePerRequest) => costs.reduce((total, cost) => total + cost[part], 0);
    return { fixedBytes: sum('fixedBytes'), bytesPerToken: sum('bytesPerToken'), bytes: sum('bytes') };
  }

  /** Bytes that one request of that length can come to hold. */
  requestBytes(tokens: number): number {
    return this.model.requestBytes(tokens) + (this.drafted?.requestBytes(tokens) ?? 0);
  }

  /** Tokens that so many bytes hold, as vLLM prints them. */
  poolTokens(bytes: number, maxModelLen: number): number {
    return this.model.poolTokens(this.shareOfModel(bytes, maxModelLen), maxModelLen);
  }

  /** The longest request up to `limit` that so many bytes hold; 0 when they hold none. */
  largestRequest(bytes: number, limit: number): number {
    if (!this.drafted) {
      return this.model.largestRequest(bytes, limit);
    }
    let longest = this.model.largestRequest(bytes, limit);
    while (longest > 0 && this.requestBytes(longest) > bytes) {
      longest = Math.min(longest - 1, this.model.largestRequest(this.shareOfModel(bytes, longest), limit));
    }
    return longest;
  }

  private shareOfModel(bytes: number, tokens: number): number {
    return this.drafted ? bytes * this.model.requestBytes(tokens) / this.requestBytes(tokens) : bytes;
  }
}
