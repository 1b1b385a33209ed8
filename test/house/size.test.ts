import { repeatedLines } from './repeated-lines';
import { pythonIn, Sources, sourcesIn } from './sources';

const LONGEST_FILE = 300;
const LARGEST_WEIGHTS = 700;

const TYPESCRIPT = sourcesIn('lib', 'apps', 'scripts');
const PYTHON = pythonIn('lib', 'scripts');

function linesOf(text: string): number {
  return text.trimEnd().split('\n').length;
}

function tooLong(sources: Sources): string[] {
  return [...sources].filter(([, text]) => linesOf(text) > LONGEST_FILE).map(([file, text]) => `${file}: ${linesOf(text)}`);
}

test('no file is longer than 300 lines, in either language', () => {
  expect(tooLong(TYPESCRIPT)).toEqual([]);
  expect(tooLong(PYTHON)).toEqual([]);
  expect(tooLong(new Map([['long.py', 'a = 1\n'.repeat(301)]]))).toEqual(['long.py: 301']);
});

test('the room of the storages holds storages, and stays small', () => {
  const lines = [...TYPESCRIPT].filter(([file]) => file.startsWith('lib/weights/')).reduce((sum, [, text]) => sum + linesOf(text), 0);
  expect(lines).toBeGreaterThan(300);
  expect(lines).toBeLessThanOrEqual(LARGEST_WEIGHTS);
});

test('no six lines stand twice, in either language', () => {
  expect(repeatedLines(TYPESCRIPT).map(({ text }) => text)).toEqual([]);
  expect(repeatedLines(PYTHON).map(({ text }) => text)).toEqual([]);
});

test('planted repetitions are found, whatever stands between and around them', () => {
  const block = ['const a = 1;', 'const b = 2;', 'call(a);', 'call(b);', 'if (a) {', 'return b;'];
  const sources = new Map([
    ['a.ts', ['before();', ...block, 'after();'].join('\n')],
    ['b.ts', ['/** Why. */', ...block.flatMap(line => [`  ${line}`, '', '  // reason']), 'other();'].join('\n')],
    ['c.ts', [...block.slice(0, 5), 'return a;', ...block.slice(1)].join('\n')],
  ]);
  expect(repeatedLines(sources).map(({ text }) => text)).toEqual(['a.ts:2 ~ b.ts:2: 6 lines']);
  expect(repeatedLines(sources, 5).map(({ text }) => text)).toEqual([
    'a.ts:2 ~ b.ts:2: 6 lines', 'a.ts:2 ~ c.ts:1: 5 lines', 'a.ts:3 ~ c.ts:7: 5 lines',
  ]);
});

test('planted repetitions of Python are found', () => {
  const block = ['a = 1', 'b = 2', 'call(a)', 'call(b)', 'if a:', '    return b'];
  const sources = new Map([
    ['a.py', ['import os', ...block].join('\n')],
    ['b.py', ['from os import path', '# why', ...block.flatMap(line => [`    ${line}`, '', '    # reason'])].join('\n')],
  ]);
  expect(repeatedLines(sources).map(({ text }) => text)).toEqual(['a.py:2 ~ b.py:3: 6 lines']);
});
