import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Ended, ended } from '../kustomize/child-program';

const SCRIPTS = resolve(__dirname, '../../scripts');
const SUCRASE = dirname(require.resolve('sucrase/package.json'));

/** A project of its own with the runner; its transpiler is the real one, and notes what it is asked for. */
class Project {
  readonly folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'run-ts-')));
  readonly cache = join(this.folder, 'node_modules/.cache/cdk8s-vllm');

  constructor() {
    for (const name of ['run-ts.cjs', 'run-ts-cache.cjs', 'run-ts-resolve.cjs']) {
      this.write(`scripts/${name}`, fs.readFileSync(join(SCRIPTS, name), 'utf8'));
    }
    this.write('node_modules/sucrase/package.json', fs.readFileSync(join(SUCRASE, 'package.json'), 'utf8'));
    this.write('node_modules/sucrase/dist/index.js', `exports.transform = (code, options) => {
      require('node:fs').appendFileSync(${JSON.stringify(join(this.folder, 'transpiled'))}, require('node:path').basename(options.filePath) + ' ');
      return require(${JSON.stringify(SUCRASE)}).transform(code, options);
    };`);
    this.write('main.ts', 'import { greeting } from \'./greeting\';\nconst name: string = \'world\';\nconsole.log(greeting(name));\n');
    this.write('greeting.ts', 'import tool from \'tool\';\nexport const greeting = (name: string): string => tool.shout(`hello ${name}`);\n');
    this.write('node_modules/tool/package.json', '{"name": "tool", "version": "1.0.0", "main": "lib/tool.js"}');
    this.write('node_modules/tool/lib/tool.js', '\'use strict\';\nconst end = require(\'./end\');\nexports.shout = text => text + end;\n'
    + '//# sourceMappingURL=data:application/json;base64,e30=\n');
    this.write('node_modules/tool/lib/end.js', 'module.exports = "!";\n');
  }

  write(name: string, content: string): void {
    fs.mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    fs.writeFileSync(join(this.folder, name), content);
  }

  start(flags: readonly string[] = [], program = 'main.ts'): Promise<Ended> {
    return ended(spawn(process.execPath, [...flags, '-r', './scripts/run-ts.cjs', program], { cwd: this.folder }));
  }

  /** What it prints, and which files were transpiled for that. */
  async run(...flags: string[]): Promise<[output: string, transpiled: string]> {
    const { code, output } = await this.start(flags);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    return [output.trim(), this.transpiled()];
  }

  transpiled(): string {
    const file = join(this.folder, 'transpiled');
    const names = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : '';
    fs.rmSync(file, { force: true });
    return names;
  }

  get cached(): string[] {
    return fs.existsSync(this.cache) ? fs.readdirSync(this.cache) : [];
  }
}

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => fs.rmSync(project.folder, { recursive: true }));

test('the second run compiles nothing, and says the same', async () => {
  expect(await project.run()).toEqual(['hello world!', 'main.ts greeting.ts']);
  expect(project.cached).toHaveLength(1);
  const before = fs.statSync(join(project.cache, project.cached[0]));
  expect(await project.run()).toEqual(['hello world!', '']);
  expect(fs.statSync(join(project.cache, project.cached[0])).ino).toBe(before.ino);
});

test('a file that changes is compiled again, also when only its bytes tell', async () => {
  await project.run();
  for (const [name, from, to, expected, transpiled] of [
    ['greeting.ts', 'hello', 'HELLO', 'HELLO world!', 'greeting.ts'],
    ['main.ts', 'world', 'WORLD', 'HELLO WORLD!', 'main.ts'],
    ['node_modules/tool/lib/end.js', '!', '?', 'HELLO WORLD?', ''],
    ['node_modules/tool/lib/tool.js', 'text + end', 'end + text', '?HELLO WORLD', ''],
  ]) {
    const file = join(project.folder, name);
    const { atime, mtime, size } = fs.statSync(file);
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(from, to));
    fs.utimesSync(file, atime, mtime);
    expect(fs.statSync(file)).toMatchObject({ mtime, size });
    expect(await project.run()).toEqual([expected, transpiled]);
    expect(await project.run()).toEqual([expected, '']);
  }
});

test('another file is found where it now lies first', async () => {
  await project.run();
  project.write('greeting.js', 'exports.greeting = () => "from JavaScript";\n');
  expect(await project.run()).toEqual(['from JavaScript', '']);
  fs.rmSync(join(project.folder, 'greeting.js'));
  project.write('greeting/index.ts', 'export const greeting = () => "from a folder";\n');
  expect(await project.run()).toEqual(['hello world!', 'greeting.ts']);
  fs.rmSync(join(project.folder, 'greeting.ts'));
  expect(await project.run()).toEqual(['from a folder', 'index.ts']);
});

test('another V8, or V8 with other flags, has its own', async () => {
  await project.run();
  expect(await project.run('--no-opt')).toEqual(['hello world!', 'main.ts greeting.ts']);
  expect(project.cached).toHaveLength(2);
  expect(await project.run('--no-opt')).toEqual(['hello world!', '']);
  expect(await project.run()).toEqual(['hello world!', '']);
});

test('programs of one name in several folders have each its own', async () => {
  project.write('other/main.ts', 'console.log(\'other\');\n');
  await project.run();
  expect(await project.start([], 'other/main.ts')).toEqual({ code: 0, output: 'other\n' });
  expect(project.cached).toHaveLength(2);
  project.transpiled();
  expect(await project.run()).toEqual(['hello world!', '']);
});

test('another transpiler makes all of it again', async () => {
  await project.run();
  const file = 'node_modules/sucrase/package.json';
  project.write(file, fs.readFileSync(join(project.folder, file), 'utf8').replace(/"version": "[^"]*"/, '"version": "99.0.0"'));
  expect(await project.run()).toEqual(['hello world!', 'main.ts greeting.ts']);
});

test.each<[string, (file: string) => void]>([
  ['is empty', file => fs.truncateSync(file)],
  ['ends in the middle', file => fs.truncateSync(file, fs.statSync(file).size / 2)],
  ['is something else', file => fs.writeFileSync(file, 'something else, and long enough for that')],
])('a cache that %s is made again', async (_, spoil) => {
  await project.run();
  spoil(join(project.cache, project.cached[0]));
  expect(await project.run()).toEqual(['hello world!', 'main.ts greeting.ts']);
  expect(await project.run()).toEqual(['hello world!', '']);
});

test('code that V8 does not take is made again', async () => {
  await project.run();
  const file = join(project.cache, project.cached[0]);
  const bytes = fs.readFileSync(file);
  // V8 begins its code with a magic number and its version.
  const index = JSON.parse(String(bytes.subarray(8, 8 + bytes.readUInt32LE(0)))) as [string, number, number][];
  let start = 8 + Math.ceil(bytes.readUInt32LE(0) / 8) * 8;
  for (const [, source, code] of index) {
    start += Math.ceil(source / 8) * 8;
    bytes.fill(0, start, start + 16);
    start += Math.ceil(code / 8) * 8;
  }
  fs.writeFileSync(file, bytes);
  expect(await project.run()).toEqual(['hello world!', '']);
  expect(fs.readFileSync(file).equals(bytes)).toBe(false);
});

test('without a place to keep it, it compiles each time', async () => {
  project.write('node_modules/.cache', 'a file');
  for (const expected of ['hello world!', 'hello world!']) {
    expect(await project.run()).toEqual([expected, 'main.ts greeting.ts']);
  }
});

test('packages that another checkout keeps are read and not written', async () => {
  const [packages, elsewhere] = [join(project.folder, 'node_modules'), join(project.folder, 'elsewhere')];
  fs.renameSync(packages, elsewhere);
  fs.symlinkSync(elsewhere, packages);
  await project.run();
  expect(fs.existsSync(join(elsewhere, '.cache'))).toBe(false);
});

test('runs at the same time do not disturb each other', async () => {
  const runs = await Promise.all(Array.from({ length: 8 }, () => project.start()));
  expect(runs).toEqual(runs.map(() => ({ code: 0, output: 'hello world!\n' })));
  expect(project.cached).toHaveLength(1);
  project.transpiled();
  expect(await project.run()).toEqual(['hello world!', '']);
});

test('an error names the line of the source, compiled or not', async () => {
  project.write('main.ts', 'interface Nothing {}\n\nconst fail = (): never => {\n  throw new Error(\'here\');\n};\nfail();\n');
  for (const { code, output } of [await project.start(), await project.start()]) {
    expect(code).toBe(1);
    expect(output).toContain(`${project.folder}/main.ts:4`);
    expect(output).toMatch(/at fail \(.*main\.ts:4:9\)\n.*main\.ts:6:1\)/);
  }
});

test('a module knows itself as with node', async () => {
  project.write('data.json', '{"value": 1}');
  project.write('main.ts', `import data from './data.json';
import * as part from './part';
export function value(): string {
  return 'round';
}
console.log(JSON.stringify([data.value, part.isMain, require.main === module, __filename, __dirname, require.resolve('./part'), module.paths[0],
  typeof require.resolve.paths('tool'), Object.keys(require.cache).length > 2, part.again.value()]));
`);
  project.write('part.ts', 'import * as again from \'./main\';\nexport { again };\nexport const isMain = require.main === module;\n');
  const { folder } = project;
  for (let round = 0; round < 2; round++) {
    const [output] = await project.run();
    expect(JSON.parse(output)).toEqual([
      1, false, true, `${folder}/main.ts`, folder, `${folder}/part.ts`, `${folder}/node_modules`, 'object', true, 'round',
    ]);
  }
});

test('what packages load without need is loaded when it is used', async () => {
  project.write('node_modules/yaml/index.js', 'console.log("loaded");\nexports.parse = text => `parsed ${text}`;\nclass Document {}\nexports.Document = Document;\n');
  project.write('node_modules/tool/lib/end.js', 'const yaml = require("yaml");\nmodule.exports = "!";\nmodule.exports.use = () => yaml;\n'
    .replace('module.exports = "!";', 'module.exports = { toString: () => "!" };'));
  project.write('use.ts', 'import { use } from \'tool/lib/end\';\nconst yaml = use();\n'
  + 'console.log(yaml.parse(\'x\'), Object.keys(yaml).join(), \'parse\' in yaml, new yaml.Document() instanceof yaml.Document);\n');
  for (let round = 0; round < 2; round++) {
    expect(await project.run()).toEqual(['hello world!', expect.anything()]);
    expect((await project.start([], 'use.ts')).output).toBe('loaded\nparsed x parse,Document true true\n');
  }
});

test('it says what is wrong with a file that is no TypeScript, and with one that is not there', async () => {
  project.write('greeting.ts', 'export const = ;\n');
  expect((await project.start()).output).toMatch(/SyntaxError.*greeting\.ts/);
  fs.rmSync(join(project.folder, 'greeting.ts'));
  expect((await project.start()).output).toMatch(/Cannot find module '\.\/greeting'/);
});

test('a program may be given by -e', async () => {
  project.write('main.ts', 'export const value: number = 1;\n');
  for (let round = 0; round < 2; round++) {
    expect(await project.start(['-e', 'console.log(require("./main").value)'])).toEqual({ code: 0, output: '1\n' });
  }
});
