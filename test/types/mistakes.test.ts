import { join } from 'node:path';
import { PROJECT } from '../house/sources';
import { programOf, textOf } from './program';

const FILE = 'test/types/mistakes.ts';
const TEXT = textOf(FILE);
const DIRECTIVE = /@ts-expect-error (TS\d+) (.+)/;

/** `line: error` of the file as if it had that text. */
function errorsIn(text: string): string[] {
  const program = programOf([FILE], { file: FILE, text });
  const source = program.getSourceFile(join(PROJECT, FILE))!;
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    .map(({ start, code }) => `${source.getLineAndCharacterOfPosition(start!).line + 1}: TS${code}`);
}

const MISTAKES = TEXT.split('\n').flatMap((line, index) => {
  const [, code, name] = DIRECTIVE.exec(line) ?? [];
  return name === undefined ? [] : [[name, `${index + 2}: ${code}`] as const];
});
const found = errorsIn(TEXT.replaceAll('@ts-expect-error', ''));

test.each(MISTAKES)('%s does not compile', (_, error) => {
  expect(found).toContain(error);
});

test('each mistake is one, and there is nothing else that does not compile', () => {
  expect(MISTAKES.length).toBeGreaterThan(20);
  expect(found).toEqual(MISTAKES.map(([, error]) => error));
});

test('the file itself compiles', () => {
  expect(errorsIn(TEXT)).toEqual([]);
});

test('a planted use that is right fails below a directive', () => {
  const planted = TEXT.replace('dtype: \'bf16\' });', 'dtype: \'bfloat16\' });');
  expect(planted).not.toBe(TEXT);
  const [[, error]] = MISTAKES.filter(([name]) => name === 'a dtype that is none');
  expect(errorsIn(planted)).toEqual([`${Number(error.split(':')[0]) - 1}: TS2578`]);
});
