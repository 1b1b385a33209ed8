import { Model } from '../../lib/catalog/model';

/** What an architecture has besides the two plain norms, the attention and the gated feed-forward of a layer. */
interface Extras {
  readonly norms?: number;
  readonly queryKeyNorm?: boolean;
  readonly queryKeyValueBias?: boolean;
  /** Falcon: no gate, and norms that have a bias. */
  readonly falcon?: boolean;
}

const EXTRAS: { [architecture: string]: Extras } = {
  Gemma2ForCausalLM: { norms: 4 },
  Gemma3ForCausalLM: { norms: 4, queryKeyNorm: true },
  Gemma3ForConditionalGeneration: { norms: 4, queryKeyNorm: true },
  Qwen2ForCausalLM: { queryKeyValueBias: true },
  Qwen3ForCausalLM: { queryKeyNorm: true },
  Qwen3MoeForCausalLM: { queryKeyNorm: true },
  // The old architecture (7B) has one norm a layer, the new one (40B) two; each has weights and biases
  FalconForCausalLM: { falcon: true },
};

export interface ParameterCount {
  readonly total: number;
  readonly linear: number;
}

/** Parameters of the language model, from its shapes alone. */
export function countParameters(model: Model): ParameterCount {
  const { layers, hiddenSize, headDim, attentionHeads, kvHeads, vocabSize, experts } = model;
  const { norms = 2, queryKeyNorm, queryKeyValueBias, falcon } = EXTRAS[model.architecture] ?? {};
  const queries = attentionHeads * headDim;
  const keys = kvHeads * headDim;
  const matrices = falcon ? 2 : 3;
  const attention = 2 * hiddenSize * queries + 2 * hiddenSize * keys;
  const feedForward = matrices * hiddenSize * (experts ? experts.count * experts.intermediateSize : model.intermediateSize);
  const linear = layers * (attention + feedForward);
  const normWeights = falcon ? (kvHeads === 1 ? 1 : 2) * 2 : norms;
  const small = normWeights * hiddenSize + (queryKeyNorm ? 2 * headDim : 0) + (queryKeyValueBias ? queries + 2 * keys : 0)
    + (experts ? experts.count * hiddenSize : 0);
  const embeddings = vocabSize * hiddenSize * (model.tieWordEmbeddings ? 1 : 2);
  return { total: linear + layers * small + embeddings + hiddenSize * (falcon ? 2 : 1), linear };
}
