import { LayerCache, Model } from '../catalog';
import { bytesPerToken, bytesPerValue, cachesOf, PageProps, stateBytes } from './layer-pages';
import { MemoryPlan } from './memory-plan';

/** Layers that read the tokens before, up to a window; per GPU. */
interface Reader {
  readonly window: number;
  /** Bytes of the KV cache that one token has in these layers. */
  readonly bytesPerToken: number;
  /** Operations that a token spends on each earlier one. */
  readonly operationsPerToken: number;
}

/** What one step of a server has to move and compute, on each GPU of a stage that holds all layers. */
export class StepWork {
  /** Bytes of weights that every step reads. */
  readonly commonBytes: number;
  /** Bytes of all routed experts. */
  readonly expertBytes: number;
  /** Operations of one token beside attention and experts. */
  readonly operationsPerToken: number;
  /** Operations of one token in the experts that it is sent to. */
  readonly expertOperationsPerToken: number;
  /** Bytes of the state that each sequence reads and writes in a step. */
  readonly stateBytes: number;
  private readonly readers: readonly Reader[];

  constructor(private readonly plan: MemoryPlan) {
    const { model, tensorParallelSize } = plan;
    const valueBytes = bytesPerValue(model.dtype, model);
    const embedding = model.vocabSize * model.hiddenSize * valueBytes;
    const shrunk = plan.props.quantization === 'fp8' && model.quantization === undefined;
    const unshrunk = model.weightsBytes - (model.tieWordEmbeddings ? 1 : 2) * embedding;
    const linear = Math.min(unshrunk, model.linearWeightBytes ?? unshrunk);
    // bytes of a linear weight as the checkpoint has it; mxfp4 has experts only
    const storedBytes = storedValueBytes(model, valueBytes);
    const commonStoredBytes = model.quantization === 'mxfp4' ? valueBytes : storedBytes;
    const kept = shrunk ? 1 / valueBytes : 1;
    const storedExperts = Math.min(expertValuesOf(model) * storedBytes, linear);
    const storedCommon = linear - storedExperts;
    this.expertBytes = storedExperts * kept / tensorParallelSize;
    // an untied embedding is looked up, not read
    this.commonBytes = (storedCommon * kept + unshrunk - linear + embedding) / tensorParallelSize;
    const active = model.experts ? model.experts.perToken / model.experts.count : 0;
    this.operationsPerToken = 2 * storedCommon / commonStoredBytes / tensorParallelSize;
    this.expertOperationsPerToken = 2 * storedExperts / storedBytes * active / tensorParallelSize;
    this.readers = this.readersOf();
    this.stateBytes = this.stateBytesOf();
  }

  /** Operations of the output head, for a token that is sampled. */
  get headOperations(): number {
    const { model, tensorParallelSize } = this.plan;
    return 2 * model.vocabSize * model.hiddenSize / tensorParallelSize;
  }

  /** The share of the experts that so many tokens are sent to. */
  expertsTouched(tokens: number): number {
    const { experts } = this.plan.model;
    return experts ? 1 - (1 - experts.perToken / experts.count) ** tokens : 0;
  }

  /** Bytes of the KV cache that sequences of such a length read in a step. */
  cacheBytes(sequences: number, tokensEach: number): number {
    let bytes = this.stateBytes;
    for (const reader of this.readers) {
      bytes += reader.bytesPerToken * Math.min(tokensEach, reader.window);
    }
    return sequences * bytes;
  }

  /** Operations of attention of the tokens of a prompt from one place to another. */
  attentionOperations(from: number, to: number): number {
    let operations = 0;
    for (const { window, operationsPerToken } of this.readers) {
      operations += operationsPerToken * (to - from) * Math.min((from + to) / 2, window);
    }
    return operations;
  }

  private readersOf(): Reader[] {
    const { model, tensorParallelSize } = this.plan;
    return cachesOf(model).flatMap(cache => cache.kind === 'recurrent' || cache.kind === 'none' ? [] : [{
      window: 'window' in cache && cache.window ? cache.window : Number.POSITIVE_INFINITY,
      bytesPerToken: cache.layers * bytesPerToken(cache, this.pageProps),
      operationsPerToken: cache.layers * attentionPerToken(cache, model) / tensorParallelSize,
    }]);
  }

  /** A state is read and written. */
  private stateBytesOf(): number {
    return cachesOf(this.plan.model).reduce((sum, cache) =>
      sum + (cache.kind === 'recurrent' ? 2 * cache.layers * stateBytes(cache, this.pageProps) : 0), 0);
  }

  private get pageProps(): PageProps {
    const { model, tensorParallelSize, props } = this.plan;
    return { model, tensorParallelSize, pipelineParallelSize: 1, kvCacheDtype: props.kvCacheDtype ?? 'auto' };
  }
}

/** Operations of one token on one earlier one, over all heads of a layer: a product with its key and one with its value. */
function attentionPerToken(cache: LayerCache, model: Model): number {
  if ('keyDim' in cache) {
    return 2 * model.attentionHeads * (cache.keyDim + cache.valueDim);
  }
  return cache.kind === 'latent' ? 4 * model.attentionHeads * model.headDim : 0;
}

function expertValuesOf({ experts, layers, hiddenSize }: Model): number {
  return experts ? (experts.layers ?? layers) * experts.count * 3 * hiddenSize * experts.intermediateSize : 0;
}

/** Bytes of a quantized weight: half a byte and its share of a scale in 4 bits, one in 8. */
function storedValueBytes({ quantization }: Model, valueBytes: number): number {
  switch (quantization) {
    case undefined: return valueBytes;
    case 'mxfp4': return 4.25 / 8;
    case 'awq': case 'gptq': case 'awq_marlin': case 'gptq_marlin': return 0.53;
    default: return 1;
  }
}
