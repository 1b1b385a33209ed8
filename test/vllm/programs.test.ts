import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { programFolder } from '../rig/program-folder';
import { programSets, pythonOfLibrary } from '../rig/program-sets';
import { imagePython, IMAGES, ProgramImage } from '../rig/python/environment';
import { DEFAULT_RELEASE } from '../rig/vllm';
import { pythonOf } from '../rig/vllm/install';
import { installPythonTools } from '../rig/vllm/python-tools';

const PROJECT = resolve(__dirname, '..', '..');
const SETS = programSets();
const folder = mkdtempSync(join(tmpdir(), 'programs-'));
let tools: string;

beforeAll(() => {
  tools = installPythonTools(pythonOf(DEFAULT_RELEASE));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** As modules: the scripts of the environment name the folder in which it was built. */
function run(tool: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(join(tools, 'bin', 'python'), ['-m', tool, ...args], { encoding: 'utf8' });
  return (stdout + stderr).trim();
}

const OF_SCRIPTS = 'E,F,W,I,UP,SIM,RET,PLE';
const OF_PROGRAMS = `${OF_SCRIPTS},A,ARG,B,BLE,C4,N818,PIE,PLW,RUF,S110`;

function lint(rules: string, files: string[]): string {
  return run('ruff', 'check', '--isolated', '--no-cache', '--line-length=140', '--target-version=py311', '--output-format=concise',
    `--select=${rules}`, ...files);
}

/** What a package of an image does not say of its types is no fault of ours; that the image has no such package is. */
function checkTypes(image: ProgramImage, files: string[]): string {
  return run('mypy', '--strict', '--allow-untyped-calls', '--allow-subclassing-any', '--disable-error-code=import-untyped', '--config-file=',
    `--cache-dir=${join(folder, image)}`, `--python-executable=${imagePython(image)}`, `--python-version=${IMAGES[image]}`, ...files);
}

function pythonIn(directory: string): string[] {
  return (readdirSync(directory, { recursive: true }) as string[]).filter(name => name.endsWith('.py')).map(name => join(directory, name));
}

test('the linter has nothing against the scripts of the project', () => {
  expect(lint(OF_SCRIPTS, ['scripts', 'test'].flatMap(directory => pythonIn(join(PROJECT, directory))))).toBe('All checks passed!');
});

describe.each(SETS.map(set => [set.name, set] as const))('the programs of %s, as they lie in a container', (_, { image, files }) => {
  const programs = pythonIn(programFolder(files));

  test('have nothing that the linter is against', () => {
    expect(lint(OF_PROGRAMS, programs)).toBe('All checks passed!');
  });

  test(`have the right types on ${image}, and import only what is there`, () => {
    expect(checkTypes(image, programs)).toMatch(new RegExp(`^Success: no issues found in ${programs.length} source files?$`));
  });
});

test('every program of the library is in one of them', () => {
  const strangers = [...pythonOfLibrary()].filter(([path, text]) => !SETS.some(({ files }) => files[basename(path)] === text));
  expect(strangers.map(([path]) => path)).toEqual([]);
});

test('an unused import, a swallowed error, an error without its name, a wrong type and a missing package are found', () => {
  const file = join(folder, 'planted.py');
  writeFileSync(file, [
    'import os', 'import gradio', '', '', 'class Broken(Exception):', '    pass', '', '',
    'def size(path: str) -> int:', '    try:', '        return path', '    except Exception:', '        pass', '',
  ].join('\n'));
  const found = lint(OF_PROGRAMS, [file]);
  expect(['F401', 'N818', 'BLE001'].filter(rule => !found.includes(rule))).toEqual([]);
  const types = checkTypes('vllm-openai', [file]);
  expect(types).toContain('Incompatible return value type (got "str", expected "int")');
  expect(types).toContain('Cannot find implementation or library stub for module named "gradio"');
  expect(checkTypes('gradio-app', [file])).not.toContain('gradio"');
});
