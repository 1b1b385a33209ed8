import { joinedName, nameWords, shortened } from '../../lib/common/short-name';

test.each([
  ['Llama-3.1-8B', 'llama-3-1-8b'], ['L40S_48GB', 'l40s-48gb'], ['-a--b-', 'a-b'], ['', ''], ['模型', ''],
])('%s as a part of a name is %s', (text, words) => {
  expect(nameWords(text)).toBe(words);
});

test('a name that is short enough stays as it is', () => {
  expect(shortened('vllm', '-chat', 9)).toBe('vllm-chat');
  expect(joinedName(['vllm', undefined, 'l4'], 7)).toBe('vllm-l4');
});

test('a name that is cut keeps its suffix and a checksum of the whole', () => {
  const names = ['a', 'b'].map(last => shortened(`${'x'.repeat(60)}${last}`, '-chat', 52));
  expect(names).toEqual([expect.stringMatching(/^x{38}-[0-9a-f]{8}-chat$/), expect.stringMatching(/^x{38}-[0-9a-f]{8}-chat$/)]);
  expect(names[0]).not.toBe(names[1]);
});
