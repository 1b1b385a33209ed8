import { Model } from '../../lib/catalog';
import { diskNames } from '../../lib/weights/disk-names';

const LONG = 'vllm-openai-hdml-a-very-long-variant-of-a-model-a100a';

test('named after the server and the revision', () => {
  expect(diskNames('vllm-openai-hdml-l4', Model.GEMMA_2_9B_IT)).toEqual({
    claim: 'vllm-openai-hdml-l4-11c9b309',
    snapshot: 'vllm-openai-hdml-l4-11c9b309',
    hydrationClaim: 'vllm-openai-hdml-l4-11c9b309-hydration',
    hydrationJob: 'vllm-openai-hdml-l4-hydration-11c9b309',
  });
});

test.each([44, 45, 53])('the Job of a server whose name has %s characters is a label', (length) => {
  const { hydrationJob } = diskNames(LONG.slice(0, length), Model.GEMMA_2_9B_IT);
  expect(hydrationJob).toMatch(/^[a-z]([a-z0-9-]*[a-z0-9])?-hydration-11c9b309$/);
  expect(hydrationJob.length).toBeLessThanOrEqual(63);
});

test('two long names that begin alike stay two', () => {
  const jobs = ['a', 'b', 'c'].map(last => diskNames(`${LONG.slice(0, 52)}${last}`, Model.GEMMA_2_9B_IT).hydrationJob);
  expect(new Set(jobs).size).toBe(3);
});
