import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { imagePython, IMAGES, ProgramImage } from '../rig/python/environment';
import { DEFAULT_RELEASE } from '../rig/vllm';
import { pythonOf } from '../rig/vllm/install';
import { installPythonTools } from '../rig/vllm/python-tools';

const PROJECT = resolve(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'programs-'));
let tools: string;

beforeAll(() => {
  tools = installPythonTools(pythonOf(DEFAULT_RELEASE));
});

afterAll(() => rmSync(folder, { recursive: true }));

function pythonIn(...directories: string[]): string[] {
  return directories.flatMap(directory => (readdirSync(join(PROJECT, directory), { recursive: true }) as string[])
    .filter(name => name.endsWith('.py')).map(name => join(PROJECT, directory, name)));
}

/** As modules: the scripts of the environment name the folder in which it was built. */
function run(tool: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(join(tools, 'bin', 'python'), ['-m', tool, ...args], { encoding: 'utf8' });
  return (stdout + stderr).trim();
}

const OF_SCRIPTS = 'E,F,W,I,UP,SIM,RET,PLE';
const OF_PROGRAMS = `${OF_SCRIPTS},A,ARG,B,BLE,C4,PIE,PLW,RUF,S110`;

function lint(rules: string, files: string[]): string {
  return run('ruff', 'check', '--isolated', '--no-cache', '--line-length=140', '--target-version=py311', '--output-format=concise',
    `--select=${rules}`, ...files);
}

function checkTypes(...files: string[]): string {
  return run('mypy', '--strict', '--config-file=', '--cache-dir=/dev/null', ...files);
}

test.each([
  ['the programs that run in a cluster', OF_PROGRAMS, ['lib']],
  ['the scripts of the project', OF_SCRIPTS, ['imports', 'test']],
])('the linter has nothing against %s', (_, rules, directories) => {
  expect(lint(rules, pythonIn(...directories))).toBe('All checks passed!');
});

/** The image that each program is mounted on. */
const IMAGE_OF: readonly (readonly [ProgramImage, RegExp])[] = [
  ['vllm-openai', /^(?:weights|batch|model_evaluation|vllm_server)_/], ['gradio-app', /^gradio_/], ['locust', /^locust_/],
];
/** Its own packages say what they take. Those of the others are untyped or half typed: there they are left out. */
const TYPED: readonly ProgramImage[] = ['gradio-app'];

test.each(IMAGE_OF)('the types of what runs on %s are right', (image, names) => {
  const programs = pythonIn('lib').filter(file => names.test(`${basename(file, '.py')}_`));
  const python = TYPED.includes(image) ? imagePython(image) : pythonOf(DEFAULT_RELEASE);
  expect(checkTypes(...programs, `--python-executable=${python}`, `--python-version=${IMAGES[image]}`))
    .toMatch(new RegExp(`^Success: no issues found in ${programs.length} source files?$`));
});

test('every program is of one image', () => {
  const images = pythonIn('lib').map(file => IMAGE_OF.filter(([, names]) => names.test(`${basename(file, '.py')}_`)).length);
  expect(images.filter(count => count !== 1)).toEqual([]);
});

test('an unused import, a swallowed error and a wrong type are found', () => {
  const file = join(folder, 'planted.py');
  writeFileSync(file, 'import os\n\n\ndef size(path: str) -> int:\n    try:\n        return path\n    except Exception:\n        pass\n');
  expect(lint(OF_PROGRAMS, [file])).toMatch(/F401.*BLE001/s);
  expect(checkTypes(file)).toContain('Incompatible return value type (got "str", expected "int")');
});
