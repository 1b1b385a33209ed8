import { Accelerator, Model } from '../../lib/catalog';
import { Refusal } from '../../lib/common/refusal';
import { MemoryPlan } from '../../lib/planning/memory-plan';
import { ArchitectureRow } from '../../scripts/architectures/row';
import { TinyFolder } from '../catalog/tiny-folder';

/** From here on a plan may not be too careful either. */
const PRECISE_FROM_TOKENS = 2048;
const LARGEST_EXCESS = 1.05;
/** A plan's pool is of whole blocks, so that the bytes of a request are known to a thousandth. */
const SMALLEST_SHARE = 0.999;
const SMALLEST_WEIGHTS_SHARE = 0.995;

/** What is wrong with the plans of a model, beside what vLLM makes of it. */
export function faultsOf({ config, truth }: ArchitectureRow): string[] {
  const folder = new TinyFolder().config(config).index({ weight: 'model.safetensors' }, truth.weightsBytesTP1 ?? 1);
  try {
    const model = Model.fromDirectory(folder.directory);
    if (truth.vllm === 'refuses') {
      return [`accepted, where vLLM says: ${truth.refusal}`];
    }
    return [
      ...Object.entries(truth.requestBytes!).flatMap(([size, lengths]) => Object.entries(lengths)
        .flatMap(([tokens, bytes]) => cacheFaults(model, sizeOf(size), tokens === 'any' ? model.maxModelLen : Number(tokens), bytes))),
      ...Object.entries(truth.weightsBytesPerGpu!).flatMap(([size, bytes]) => weightsFaults(model, sizeOf(size), bytes)),
      ...truth.refusedTensorParallelSizes!.filter(size => plan(model, size)).map(size => `TP ${size}: accepted, and vLLM refuses it`),
    ];
  } catch (error) {
    if (error instanceof Refusal) {
      return truth.vllm === 'refuses' ? [] : [`refused: ${error.message}`];
    }
    throw error;
  } finally {
    folder.remove();
  }
}

function sizeOf(text: string): number {
  return Number(text.replace('TP', ''));
}

/** H200s, as the truth is of them; nothing where the size is refused. */
function plan(model: Model, tensorParallelSize: number, maxModelLen?: number): MemoryPlan | undefined {
  try {
    return MemoryPlan.of({ model, accelerator: Accelerator.H200, tensorParallelSize, maxModelLen });
  } catch (error) {
    if (error instanceof Refusal) {
      return undefined;
    }
    throw error;
  }
}

function cacheFaults(model: Model, size: number, tokens: number, bytes: number): string[] {
  const planned = plan(model, size, tokens);
  if (!planned) {
    return [`TP ${size}, ${tokens} tokens: refused`];
  }
  // where the weights alone are too large there is no pool to read it from
  if (planned.perGpu.kvCacheBytes <= 0) {
    return [];
  }
  const held = planned.perGpu.kvCacheBytes / planned.kvCacheTokens * tokens;
  const precise = bytes === 0 || tokens >= PRECISE_FROM_TOKENS;
  const wrong = held < bytes * SMALLEST_SHARE || (precise && held > bytes * LARGEST_EXCESS);
  return wrong ? [`TP ${size}, ${tokens} tokens: ${Math.round(held)} bytes planned, ${bytes} held`] : [];
}

function weightsFaults(model: Model, size: number, bytes: number): string[] {
  const planned = plan(model, size)?.perGpu.weightsBytes ?? 0;
  return planned < bytes * SMALLEST_WEIGHTS_SHARE ? [`TP ${size}: ${Math.round(planned)} bytes of weights planned, ${bytes} loaded`] : [];
}
