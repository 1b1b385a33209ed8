import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import { PROJECT } from '../house/sources';

const FILE = join(__dirname, 'mistakes.ts');
const TEXT = readFileSync(FILE, 'utf8');
const DIRECTIVE = /@ts-expect-error (TS\d+) (.+)/;

/** What a user's compiler sees of the library; a config of one's own would be another compiler. */
const OPTIONS = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(PROJECT, 'tsconfig.json'), ts.sys.readFile).config, ts.sys, PROJECT).options;

let oldProgram: ts.Program | undefined;

/** `line: error` of the file as if it had that text. */
function errorsIn(text: string): string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) => name === FILE
    ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022)
    : oldProgram?.getSourceFile(name) ?? getSourceFile(name, ...rest);
  const program = ts.createProgram([FILE], OPTIONS, host, oldProgram);
  oldProgram = program;
  const source = program.getSourceFile(FILE)!;
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    .map(({ start, code }) => `${source.getLineAndCharacterOfPosition(start!).line + 1}: TS${code}`);
}

const LINES = TEXT.split('\n');
const MISTAKES = LINES.flatMap((line, index) => {
  const [, code, name] = DIRECTIVE.exec(line) ?? [];
  return name === undefined ? [] : [[name, `${index + 2}: ${code}`] as const];
});
const bare = errorsIn(LINES.map(line => line.replace(/@ts-expect-error/, '')).join('\n'));

test.each(MISTAKES)('%s does not compile', (_, error) => {
  expect(bare).toContain(error);
});

test('each mistake is one, and there is nothing else that does not compile', () => {
  expect(MISTAKES.length).toBeGreaterThan(20);
  expect(bare).toEqual(MISTAKES.map(([, error]) => error));
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
