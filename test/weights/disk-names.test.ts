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

test.each([44, 45, 53])('all names of a server whose name has %s characters are labels', (length) => {
  const names = diskNames(LONG.slice(0, length), Model.GEMMA_2_9B_IT);
  expect(names.hydrationJob).toMatch(/-hydration-11c9b309$/);
  expect(names.hydrationClaim).toMatch(/-11c9b309-hydration$/);
  expect(Object.values(names).filter(name => !/^[a-z][a-z0-9-]{0,61}[a-z0-9]$/.test(name))).toEqual([]);
});

test('two long names that begin alike stay two', () => {
  const names = ['a', 'b', 'c'].map(last => diskNames(`${LONG.slice(0, 52)}${last}`, Model.GEMMA_2_9B_IT));
  expect(new Set(names.flatMap(({ claim, hydrationClaim, hydrationJob }) => [claim, hydrationClaim, hydrationJob])).size).toBe(9);
});
