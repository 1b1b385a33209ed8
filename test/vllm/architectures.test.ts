import { join } from 'node:path';
import { differences } from '../../scripts/architectures/differences';
import { ArchitectureRow, Truth } from '../../scripts/architectures/row';
import { requestOf, textsIn, truths } from '../../scripts/architectures/truth';
import { DEFAULT_RELEASE } from '../rig/vllm';
import { faultsOf } from './planned-row';

/** One of each kind of cache, made by `scripts/architectures/truth.ts`. */
const TEXTS = textsIn(join(__dirname, 'architectures.jsonl')).map(([, text]) => text);
const ROWS = TEXTS.map(text => JSON.parse(text) as ArchitectureRow);

/** What the library does not read rightly yet; whoever teaches it takes the name away. */
const MISREAD = [
  'Llama-4-Maverick', 'default-hy_v4', 'Nemotron-Nano-9B-v2', 'Qwen3.5-9B', 'default-lfm2_moe', 'whisper-large-v3', 'bge-base-en-v1.5',
  'gemma-3n-E4B-text', 'Qwen3-8B-bnb-4bit',
];

const fresh = new Map<string, Truth>();

beforeAll(async () => {
  for await (const line of truths(TEXTS.map(requestOf), DEFAULT_RELEASE)) {
    const { name, truth } = JSON.parse(line) as ArchitectureRow;
    fresh.set(name, truth);
  }
});

test('there are twelve models that vLLM accepts, of different kinds, and one that it refuses', () => {
  expect(ROWS.filter(row => row.truth.vllm === 'accepts')).toHaveLength(12);
  expect(new Set(ROWS.map(row => row.truth.kvKind?.replace(/\d+ /g, ''))).size).toBeGreaterThanOrEqual(9);
  expect(ROWS.filter(row => row.truth.vllm === 'refuses')).toHaveLength(1);
});

test.each(ROWS)('$name: the committed truth is what the real package says', ({ name, truth }) => {
  expect(differences(truth, fresh.get(name)!)).toEqual([]);
});

test.each(ROWS.filter(row => !MISREAD.includes(row.name)))('$name is planned as vLLM allocates', (row) => {
  expect(faultsOf(row)).toEqual([]);
});

test('the list of what is misread has nothing else', () => {
  expect(ROWS.filter(row => faultsOf(row).length > 0).map(row => row.name)).toEqual(MISREAD);
});
