import { execFileSync } from 'node:child_process';
import { builtinModules } from 'node:module';
import { repeatedLines } from './house/repeated-lines';
import { cycleIn, importsOf, PROJECT, Sources, sourcesIn } from './house/sources';

/** Generates what is in `imports`, with the rig; nothing imports it. */
const SCRIPT = 'imports/vllm/dump.ts';
const SOURCES: Sources = new Map([...sourcesIn('lib', 'apps', 'imports')].filter(([file]) => file !== SCRIPT));
const HOUSE = importsOf(SOURCES);

/** What each room may know of the others; `lib` are the small files that belong to no room. */
const KNOWS: { readonly [room: string]: readonly string[] } = {
  catalog: ['imports'],
  planning: ['catalog'],
  pods: ['lib'],
  weights: ['catalog', 'planning', 'pods', 'lib'],
  serving: ['catalog', 'planning', 'weights', 'pods', 'lib', 'imports'],
  clients: ['catalog', 'serving', 'pods', 'lib'],
  cli: ['catalog', 'planning'],
  cluster: ['pods', 'lib', 'imports'],
  kustomize: ['lib'],
  lib: [],
  imports: [],
  index: ['catalog', 'planning', 'weights', 'serving', 'clients', 'cluster', 'kustomize', 'pods', 'lib'],
  gke: ['catalog', 'planning', 'lib'],
  apps: ['index', 'catalog', 'gke'],
};

/** Packages and parts of node that each room may load; the files of a room that read or write say so themselves. */
const LOADS: { readonly [room: string]: readonly string[] } = {
  catalog: [],
  planning: [],
  pods: ['cdk8s-plus-28', 'constructs', 'crypto'],
  weights: ['cdk8s', 'cdk8s-plus-28', 'constructs'],
  serving: ['cdk8s', 'cdk8s-plus-28', 'constructs'],
  clients: ['cdk8s', 'cdk8s-plus-28', 'constructs', 'crypto'],
  cli: ['crypto', 'fs', 'os', 'path', 'timers', 'util'],
  cluster: ['cdk8s-plus-28', 'constructs'],
  kustomize: ['cdk8s', 'constructs', 'fs', 'os', 'path'],
  lib: [],
  imports: ['cdk8s', 'constructs'],
  index: [],
  gke: ['cdktf', '@cdktf/provider-google', 'constructs', 'fs', 'path'],
  apps: ['path'],
};

const READS: { readonly [file: string]: readonly string[] } = {
  'apps/gke.ts': ['cdktf', 'fs', 'os', 'path'],
  'apps/gke-stack.ts': ['cdktf', 'constructs'],
  'apps/settings.ts': ['fs', 'util'],
  'lib/catalog/hugging-face-folder.ts': ['fs', 'path'],
  'lib/catalog/model-lock.ts': ['crypto', 'fs'],
  'lib/catalog/safetensors.ts': ['fs', 'path'],
  'lib/pods/program.ts': ['fs', 'path'],
};

function roomOf(file: string): string {
  const [top, room, ...rest] = file.split('/');
  return top !== 'lib' ? top : rest.length > 0 ? room : room === 'index.ts' ? 'index' : 'lib';
}

function packageOf(name: string): string {
  return name.replace(/^node:/, '').split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/');
}

/** `file -> what it imports against the rules` */
function wrongImports(imports: ReadonlyMap<string, string[]>): string[] {
  return [...imports].flatMap(([file, names]) => names.filter((name) => {
    const room = roomOf(file);
    return /^(?:lib|apps|imports|test|bench)\//.test(name)
      ? roomOf(name) !== room && !KNOWS[room].includes(roomOf(name))
      : !name.endsWith('.json') && ![...LOADS[room], ...READS[file] ?? []].includes(packageOf(name));
  }).map(name => `${file} -> ${name}`));
}

/** The house with one more file, or another one. */
function planted(file: string, text: string): Map<string, string[]> {
  return importsOf(new Map([...SOURCES, [file, text]]));
}

test('imports have no cycle, types included', () => {
  expect(HOUSE.size).toBeGreaterThan(60);
  expect(cycleIn(HOUSE)).toBeUndefined();
});

test('a planted cycle is found, of values and of types', () => {
  const types = planted('lib/catalog/accelerator.ts', 'import type { MachineType } from \'./machine-type\';');
  expect(cycleIn(types)).toEqual(['lib/catalog/accelerator.ts', 'lib/catalog/machine-type.ts', 'lib/catalog/accelerator.ts']);
  const values = planted('lib/planning/gib.ts', 'export * from \'./memory-plan\';');
  expect(cycleIn(values)).toContain('lib/planning/gib.ts');
});

test('no arrow between the rooms points back, and each loads only what is its business', () => {
  expect(wrongImports(HOUSE)).toEqual([]);
});

test.each([
  ['lib/planning/x.ts', 'import { VllmServer } from \'../serving\';', 'lib/serving/index.ts'],
  ['lib/catalog/x.ts', 'import type { MemoryPlan } from \'../planning\';', 'lib/planning/index.ts'],
  ['lib/weights/x.ts', 'export * from \'../serving/labels\';', 'lib/serving/labels.ts'],
  ['lib/kustomize/x.ts', 'import { Model } from \'../catalog\';', 'lib/catalog/index.ts'],
  ['lib/cluster/x.ts', 'import { KustomizeUnit } from \'../kustomize\';', 'lib/kustomize/index.ts'],
  ['lib/serving/x.ts', 'import { CELLS } from \'../../apps/matrix\';', 'apps/matrix.ts'],
  ['lib/cli/x.ts', 'import { WeightsVolume } from \'../weights\';', 'lib/weights/index.ts'],
  ['lib/cli/x.ts', 'import { App } from \'cdk8s\';', 'cdk8s'],
  ['lib/planning/x.ts', 'import { readFileSync } from \'node:fs\';', 'node:fs'],
  ['lib/planning/x.ts', 'import { Chart } from \'cdk8s\';', 'cdk8s'],
  ['lib/catalog/x.ts', 'import { Construct } from \'constructs\';', 'constructs'],
  ['lib/catalog/model.ts', 'const fs = require(\'fs\');', 'fs'],
  ['lib/serving/x.ts', 'const kplus = await import(\'cdktf\');', 'cdktf'],
  ['apps/matrix.ts', 'import { TerraformStack } from \'cdktf/lib/terraform-stack\';', 'cdktf/lib/terraform-stack'],
])('a planted %s with %s is found', (file, text, imported) => {
  expect(wrongImports(planted(file, text))).toEqual([`${file} -> ${imported}`]);
});

test('the rules name rooms and parts that exist', () => {
  const rooms = new Set([...HOUSE.keys()].map(roomOf));
  expect(Object.keys(KNOWS).sort()).toEqual([...rooms].sort());
  expect(Object.keys(LOADS).sort()).toEqual([...rooms].sort());
  const node = Object.values(READS).flat().filter(name => !/^(?:cdktf|constructs)$/.test(name));
  expect(node.filter(name => !builtinModules.includes(name))).toEqual([]);
});

/** Everything that a program loads, also what is not installed. */
function loadedBy(program: string): string[] {
  const listing = `const { Module } = require('node:module'); const load = Module._load; const seen = new Set();
    Module._load = function (name, ...rest) { seen.add(name); return load.call(this, name, ...rest); };
    ${program}; console.log(JSON.stringify([...seen, ...Object.keys(require.cache)]));`;
  return JSON.parse(execFileSync(process.execPath, ['-r', 'sucrase/register/ts', '-e', listing], { cwd: PROJECT, encoding: 'utf8' })) as string[];
}

const CDKTF = /^(?:@cdktf\/|cdktf(?:\/|$))|node_modules\/(?:@cdktf|cdktf)\//;

test('the package\'s face never loads cdktf', () => {
  const loaded = loadedBy('require(\'./lib\')');
  expect(loaded.filter(name => name.startsWith(`${PROJECT}/lib/`)).length).toBeGreaterThan(50);
  expect(loaded.filter(name => CDKTF.test(name))).toEqual([]);
  expect(loadedBy('require(\'./lib\'); try { require(\'cdktf\') } catch {}').filter(name => CDKTF.test(name))).not.toEqual([]);
});

test('the command line loads facts and plans, no framework', () => {
  const loaded = loadedBy('require(\'./lib/cli/command-line\')');
  expect(loaded.filter(name => name.startsWith(`${PROJECT}/lib/`)).length).toBeGreaterThan(30);
  expect(loaded.filter(name => /^(?:cdk8s|constructs|cdktf)|node_modules\/(?:cdk8s|constructs|cdktf)/.test(name))).toEqual([]);
});

test('no six lines stand twice in lib and apps', () => {
  expect(repeatedLines(sourcesIn('lib', 'apps')).map(({ text }) => text)).toEqual([]);
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
