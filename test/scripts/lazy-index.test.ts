import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const SCRIPT = resolve(__dirname, '../../scripts/lazy-index.cjs');
const SOURCES = {
  'index.ts': 'export * from \'./first\';\nexport { Second } from \'./second\';\nexport type { Props } from \'./second\';\nexport * from \'./third\';\n',
  'first.ts': 'console.log(\'first\');\nexport const both = \'first\';\nexport function first(): string { return \'1\'; }\n',
  'second.ts': 'console.log(\'second\');\nexport interface Props { a: 1 }\nexport class Second {}\nexport const hidden = 1;\n',
  'third.ts': 'import { Second } from \'./second\';\nconsole.log(\'third\');\nexport const third = new Second();\n',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lazy-index-'));
  for (const [name, source] of Object.entries(SOURCES)) {
    const { outputText } = transpileModule(source, { compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 } });
    writeFileSync(join(folder, name.replace('.ts', '.js')), outputText);
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

function printed(...args: string[]): string[] {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).trim().split('\n').filter(line => line !== '');
}

test('a room is loaded when one of its names is first read', () => {
  const names = printed('-p', 'Object.keys(require("./index")).sort().join()').at(-1);
  printed(SCRIPT, 'index.js');
  expect(printed('-p', 'Object.keys(require("./index")).sort().join()')).toEqual([names]);
  expect(printed('-e', 'const { first } = require("./index"); console.log(first())')).toEqual(['first', '1']);
  expect(printed('-e', 'const { third, Second } = require("./index"); console.log(third instanceof Second)')).toEqual(['second', 'third', 'true']);
  expect(printed('-e', 'const all = require("./index"); console.log(all.first === all.first, all.hidden)')).toEqual(['first', 'true undefined']);
});

test('ES modules import its names', () => {
  printed(SCRIPT, 'index.js');
  writeFileSync(join(folder, 'program.mjs'), 'import { both, Second, third } from "./index.js";\nconsole.log(both, third instanceof Second);\n');
  expect(printed('program.mjs').at(-1)).toBe('first true');
});

test('an index that exports what no room of it has is refused', () => {
  writeFileSync(join(folder, 'index.js'), `${readFileSync(join(folder, 'index.js'), 'utf8')}exports.own = 1;\n`);
  expect(() => printed(SCRIPT, 'index.js')).toThrow(/index\.js exports own, which none of \.\/first, \.\/second, \.\/third has/);
});
