import { gib } from '../common/bytes';
import { MemoryPlan } from '../planning';
import { bar, BarPart } from './bar';
import { grouped } from './figures';
import { Html, html } from './html';

/** What each GPU of the server holds. */
export function memoryFigure(memory: MemoryPlan): Html {
  const { totalBytes, budgetBytes } = memory.perGpu;
  const { maxModelLen, maxConcurrency, gpuMemoryUtilization } = memory;
  return html`<figure>
<figcaption>Each GPU has ${gib(totalBytes)}; vLLM uses ${gib(budgetBytes)} of it at most (gpuMemoryUtilization ${gpuMemoryUtilization}), up to the \
line.</figcaption>
${bar('Bar of the figures below', memoryParts(memory), budgetBytes)}
</figure>
<p>The KV cache holds ${grouped(memory.kvCacheTokens)} tokens: ${maxConcurrency.toFixed(1)} requests of ${grouped(maxModelLen)} tokens at once.</p>
${memory.notes.map(note => html`<p class=note>${note}.</p>\n`)}`;
}

/** The parts of the GPU's memory, which fill it. */
export function memoryParts({ perGpu }: Pick<MemoryPlan, 'perGpu'>): BarPart[] {
  const { totalBytes, budgetBytes, weightsBytes, activationBytes, nonTorchBytes } = perGpu;
  const { cudaGraphBytes, kvCacheBytes, outsideBudgetBytes } = perGpu;
  const others = weightsBytes + activationBytes + nonTorchBytes + kvCacheBytes;
  // Where the release does not estimate them, the KV cache takes their place, and they are outside.
  const graphsInside = Math.min(cudaGraphBytes, Math.max(0, budgetBytes - others));
  const graphsOutside = cudaGraphBytes - graphsInside;
  const part = (colour: string, name: string, size: number): BarPart => ({ colour, name, size, figure: gib(size, 2) });
  return [
    part('w', 'weights', weightsBytes),
    part('a', 'activation', activationBytes),
    part('d', 'driver and libraries', nonTorchBytes),
    part('g', 'CUDA graphs', graphsInside),
    part('k', 'KV cache', kvCacheBytes),
    part('o', 'outside the budget', outsideBudgetBytes - graphsOutside),
    part('g', 'CUDA graphs, outside the budget', graphsOutside),
    part('r', 'reserve', totalBytes - others - graphsInside - outsideBudgetBytes),
  ];
}
