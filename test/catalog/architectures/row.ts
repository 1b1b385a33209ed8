import * as fs from 'node:fs';
import { Accelerator, Model } from '../../../lib/catalog';
import { Refusal } from '../../../lib/common/refusal';
import { KvCache } from '../../../lib/planning/kv-cache';
import { MemoryPlan } from '../../../lib/planning/memory-plan';
import { weightsPerGpu } from '../../../lib/planning/weight-bytes';
import { TinyFolder } from '../tiny-folder';

/** Bytes by tensor parallel size, `TP8`, and there by tokens. */
type BytesByLength = { readonly [parallel: string]: { readonly [tokens: string]: number } };

/** A configuration, and what vLLM's own code makes of it: it built the model without weights and sized its cache. */
export interface Row {
  readonly name: string;
  /** `config.json`; `"@Infinity@"` stands for the bare word. */
  readonly config: { readonly architectures: readonly string[]; readonly torch_dtype?: string; readonly dtype?: string };
  readonly truth: {
    readonly vllm: 'accepts' | 'refuses';
    readonly weightsBytesTP1: number;
    readonly weightsBytesPerGpu?: { readonly [parallel: string]: number };
    readonly requestBytes?: BytesByLength;
    readonly requestBytesFp8Kv?: BytesByLength;
    readonly refusedTensorParallelSizes?: readonly number[];
    /** Of vLLM 0.32 without it. */
    readonly source?: string;
    readonly tokensInFlight?: number;
  };
}

/** A figure of ours beside vLLM's. */
export interface Figure {
  readonly what: string;
  readonly ours: number;
  readonly truth: number;
  /** What is wrong with it. */
  readonly wrong?: string;
}

const BATCHED_TOKENS = 8192;
/** A shorter request has so few blocks that one of them is more. */
const SHORTEST_JUDGED = 2048;

export function readRows(file: string): Row[] {
  return fs.readFileSync(file, 'utf8').trim().split('\n').map(line => JSON.parse(line) as Row);
}

/** The model of a row, from a folder with `config.json` and the index. */
export function modelOf({ name, config, truth }: Pick<Row, 'name' | 'config' | 'truth'>): Model {
  const folder = new TinyFolder();
  try {
    folder.file('config.json', JSON.stringify(config).replaceAll('"@Infinity@"', 'Infinity'));
    // vLLM serves float32 in 16 bits, and the figures are what it holds
    const fileBytes = (truth.weightsBytesTP1 ?? 1e9) * (config.torch_dtype === 'float32' || config.dtype === 'float32' ? 2 : 1);
    folder.index({ 'model.embed_tokens.weight': 'model-00001-of-00001.safetensors' }, fileBytes);
    return Model.fromDirectory(folder.directory, { id: name });
  } finally {
    folder.remove();
  }
}

/** Our figures of a row beside the truth; a refusal of ours is one too. */
export function judge(row: Row): Figure[] {
  try {
    const model = modelOf(row);
    const refused = (row.truth.refusedTensorParallelSizes ?? []).map(size => legality(model, size, false));
    if (row.truth.vllm === 'refuses') {
      return [{ ...legality(model, 1, false), what: 'vLLM refuses' }];
    }
    return [...cacheFigures(model, row), ...weightFigures(model, row), ...refused, ...accepted(model, row)];
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
    const wrong = row.truth.vllm === 'refuses' ? undefined : error.message;
    return [{ what: 'refused', ours: 0, truth: row.truth.vllm === 'refuses' ? 0 : 1, wrong }];
  }
}

function cacheFigures(model: Model, { truth }: Row): Figure[] {
  const all: [BytesByLength | undefined, string][] = [[truth.requestBytes, 'auto'], [truth.requestBytesFp8Kv, 'fp8']];
  return all.flatMap(([bytes, kvCacheDtype]) => each(bytes).flatMap(([tensorParallelSize, lengths]) => {
    const cache = new KvCache({
      model, tensorParallelSize, pipelineParallelSize: 1, kvCacheDtype, tokensInFlight: truth.tokensInFlight ?? 2 * BATCHED_TOKENS,
      maxNumBatchedTokens: BATCHED_TOKENS, checkpointsInPrefill: truth.source?.startsWith('vLLM 0.33'),
    });
    return Object.entries(lengths).map(([length, right]) => {
      const tokens = length === 'any' ? 512 : Number(length);
      const ours = cache.requestBytes(tokens);
      const wrong = ours < right ? 'too small' : tokens >= SHORTEST_JUDGED && ours > 1.05 * right ? 'too large' : undefined;
      return { what: `TP ${tensorParallelSize} ${kvCacheDtype} ${tokens} tokens`, ours, truth: right, wrong };
    });
  }));
}

function weightFigures(model: Model, { truth }: Row): Figure[] {
  return each(truth.weightsBytesPerGpu).map(([tensorParallelSize, right]) => {
    const ours = weightsPerGpu(model, tensorParallelSize, 1);
    return { what: `TP ${tensorParallelSize} weights`, ours, truth: right, wrong: ours < 0.995 * right ? 'too small' : undefined };
  });
}

/** Sizes that vLLM ran with. */
function accepted(model: Model, { truth }: Row): Figure[] {
  const sizes = [truth.requestBytes, truth.weightsBytesPerGpu].flatMap(bytes => each<unknown>(bytes).map(([size]) => size));
  return [...new Set(sizes)].map(size => legality(model, size, true));
}

function legality(model: Model, tensorParallelSize: number, legal: boolean): Figure {
  let message: string | undefined;
  try {
    MemoryPlan.of({ model, accelerator: Accelerator.H200, tensorParallelSize });
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
    message = error.message;
  }
  const wrong = legal === (message === undefined) ? undefined : message ?? 'accepted';
  return { what: `TP ${tensorParallelSize} legal`, ours: Number(message === undefined), truth: Number(legal), wrong };
}

function each<T>(byParallel: { readonly [parallel: string]: T } | undefined): [number, T][] {
  return Object.entries(byParallel ?? {}).map(([parallel, value]) => [Number(parallel.slice(2)), value]);
}
