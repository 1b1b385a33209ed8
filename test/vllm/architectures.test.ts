import { join } from 'node:path';
import { differences } from '../../scripts/architectures/differences';
import { ArchitectureRow, Truth } from '../../scripts/architectures/row';
import { requestOf, textsIn, truths } from '../../scripts/architectures/truth';
import { judge, Row } from '../catalog/architectures/row';
import { DEFAULT_RELEASE } from '../rig/vllm';

/** One of each kind of cache, made by `scripts/architectures/truth.ts`. */
const TEXTS = textsIn(join(__dirname, 'architectures.jsonl')).map(([, text]) => text);
const ROWS = TEXTS.map(text => JSON.parse(text) as ArchitectureRow);

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

test.each(ROWS)('$name is planned as vLLM allocates', (row) => {
  expect(judge(row as Row).filter(({ wrong }) => wrong !== undefined)).toEqual([]);
});
