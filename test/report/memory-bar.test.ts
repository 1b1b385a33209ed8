import { Accelerator, MemoryPlan, Model, VllmRelease } from '../../lib';
import { memoryFigure, memoryParts } from '../../lib/report/memory-bar';

const plan = (release: string) =>
  MemoryPlan.of({ model: Model.GEMMA_2_9B_IT, accelerator: Accelerator.L4, tensorParallelSize: 2, release: VllmRelease.of(release) });

test.each(VllmRelease.all().map(({ version }) => version))('the parts of vLLM %s fill the GPU and nothing more', (version) => {
  const memory = plan(version);
  const parts = memoryParts(memory);
  expect(Math.abs(parts.reduce((sum, { size }) => sum + size, 0) - memory.perGpu.totalBytes)).toBeLessThanOrEqual(1);
  expect(parts.filter(({ size }) => size < 0)).toEqual([]);
  const graphs = parts.filter(({ name }) => name.startsWith('CUDA graphs')).reduce((sum, { size }) => sum + size, 0);
  expect(graphs).toBe(memory.perGpu.cudaGraphBytes);
});

test('every part of the bar stands below it as text, and the bar has a name', () => {
  const memory = plan('0.33.0');
  const { text } = memoryFigure(memory);
  const shown = memoryParts(memory).filter(({ size }) => size > 0);
  expect(shown.length).toBeGreaterThan(5);
  for (const { name, figure } of shown) {
    expect(text).toContain(`${name} <b>${figure}</b>`);
  }
  expect(text).toMatch(/<svg [^>]*role=img aria-label="[^"]+"/);
  const ends = [...text.matchAll(/d="M(\d+) 10H(\d+)"/g)].map(([, start, end]) => [Number(start), Number(end)]);
  expect(ends[0][0]).toBe(0);
  expect(ends.at(-1)![1]).toBe(1000);
  expect(ends.slice(1).map(([start]) => start)).toEqual(ends.slice(0, -1).map(([, end]) => end));
});
