import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differences } from '../../scripts/architectures/differences';
import { Truth } from '../../scripts/architectures/row';
import { requestOf, textsIn } from '../../scripts/architectures/truth';

const TRUTH: Truth = {
  vllm: 'accepts', requestBytes: { TP1: { 512: 100, 2048: 400 }, TP8: { 512: 13 } }, weightsBytesPerGpu: { TP2: 7 },
  blockTokens: 16, attentionBackends: ['FLASH_ATTN'], refusedTensorParallelSizes: [5], source: 'vLLM 0.32.0',
};

test('equal truths have no differences, whoever spoke', () => {
  expect(differences(TRUTH, { ...TRUTH, source: 'vLLM 0.33.0' })).toEqual([]);
});

test('a difference has its place and both figures', () => {
  const after: Truth = { ...TRUTH, requestBytes: { TP1: { 512: 100, 2048: 401 }, TP8: {} }, attentionBackends: ['TRITON_ATTN'] };
  expect(differences(TRUTH, after)).toEqual([
    'requestBytes.TP1.2048: 400 -> 401', 'requestBytes.TP8.512: 13 -> undefined', 'attentionBackends: ["FLASH_ATTN"] -> ["TRITON_ATTN"]',
  ]);
});

test('a refusal says why, and stands for all the figures that are not there', () => {
  const refused: Truth = { vllm: 'refuses', refusal: 'no' };
  expect(differences(TRUTH, refused)).toEqual(['vllm: accepts -> refuses, no']);
  expect(differences(refused, TRUTH)).toEqual(['vllm: refuses -> accepts, no']);
  expect(differences(refused, { ...refused, refusal: 'no!' })).toEqual([]);
});

test('a row asks for the sizes and the lengths of its truth', () => {
  const asked = (truth: Truth) => requestOf(JSON.stringify({ name: 'a', config: {}, truth }));
  expect(asked(TRUTH)).toMatchObject({ name: 'a', sizes: [1, 2, 5, 8], tokens: [512, 2048] });
  expect(asked({ vllm: 'accepts', requestBytes: { TP1: { any: 0 } } })).toMatchObject({ sizes: [1], tokens: [] });
  expect(asked({ vllm: 'refuses' })).toMatchObject({ sizes: [1], tokens: [] });
});

test('models are named after their folder or their file, rows by themselves; no text is changed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'configs-'));
  mkdirSync(join(folder, 'one'));
  const texts = ['{"time_step_limit": [0.0, Infinity]}', '{"name": "three", "config": {"a": 1.0}}', '{"a": 1.0}'];
  writeFileSync(join(folder, 'one', 'config.json'), texts[0]);
  writeFileSync(join(folder, 'rows.jsonl'), `${texts[1]}\n`);
  writeFileSync(join(folder, 'two.json'), texts[2]);
  expect(textsIn(folder)).toEqual([['one', texts[0]], ['three', texts[1]], ['two', texts[2]]]);
  rmSync(folder, { recursive: true });
});
