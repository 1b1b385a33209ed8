import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differences } from '../../scripts/architectures/differences';
import { Truth } from '../../scripts/architectures/row';
import { readPath, requestOf } from '../../scripts/architectures/truth';

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
  expect(differences(TRUTH, { vllm: 'refuses', refusal: 'no' })).toContain('vllm: "accepts" -> "refuses"');
});

test('a row asks for the sizes and the lengths of its truth', () => {
  expect(requestOf({ name: 'a', config: { b: 1 }, truth: TRUTH })).toEqual({ name: 'a', config: { b: 1 }, sizes: [1, 2, 5, 8], tokens: [512, 2048] });
  expect(requestOf({ name: 'a', config: {}, truth: { vllm: 'accepts', requestBytes: { TP1: { any: 0 } } } })).toMatchObject({ sizes: [1], tokens: [] });
  expect(requestOf({ name: 'a', config: {}, truth: { vllm: 'refuses' } })).toMatchObject({ sizes: [1], tokens: [] });
});

test('models are named after their folder or their file, rows by themselves; a bare infinity is read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'configs-'));
  mkdirSync(join(folder, 'one'));
  writeFileSync(join(folder, 'one', 'config.json'), '{"time_step_limit": [0.0, Infinity], "name": "Infinity, no less"}');
  writeFileSync(join(folder, 'rows.jsonl'), '{"name": "three", "config": {}}\n');
  writeFileSync(join(folder, 'two.json'), '{"a": 1}');
  expect(readPath(folder)).toEqual([
    { name: 'one', config: { time_step_limit: [0, '@Infinity@'], name: 'Infinity, no less' } },
    { name: 'three', config: {} },
    { name: 'two', config: { a: 1 } },
  ]);
  rmSync(folder, { recursive: true });
});
