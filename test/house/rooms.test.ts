import { execFileSync } from 'node:child_process';
import { builtinModules } from 'node:module';
import { cycleIn, importsOf, PROJECT, Sources, sourcesIn } from './sources';

const SOURCES: Sources = sourcesIn('lib', 'apps', 'imports', 'scripts', 'examples');
const HOUSE = importsOf(SOURCES);

/** What each room may know of the others. `index` is the package's face; `workloads` are also the files that the workloads share. */
const KNOWS: { readonly [room: string]: readonly string[] } = {
  common: [],
  imports: [],
  catalog: ['imports', 'common'],
  planning: ['catalog', 'common'],
  pods: ['common'],
  weights: ['catalog', 'planning', 'pods', 'common'],
  serving: ['catalog', 'planning', 'weights', 'pods', 'common', 'imports'],
  workloads: ['catalog', 'serving', 'weights', 'pods', 'common'],
  cli: ['catalog', 'planning', 'common'],
  cluster: ['pods', 'common', 'imports'],
  kustomize: ['common'],
  report: ['catalog', 'planning', 'common'],
  cells: ['catalog', 'pods', 'report', 'serving', 'weights', 'workloads', 'cluster', 'kustomize', 'common'],
  index: ['catalog', 'planning', 'weights', 'serving', 'workloads', 'cells', 'cluster', 'kustomize', 'pods', 'common'],
  gke: ['catalog', 'planning', 'common'],
  apps: ['index', 'catalog', 'gke', 'common'],
  examples: [],
  scripts: ['catalog', 'common', 'pods', 'apps'],
};

/** Single files that a room may know of another that it does not know else: facts without a framework. */
const KNOWN_FILES: { readonly [room: string]: readonly string[] } = {
  cluster: ['lib/serving/signals.ts'],
  gke: ['lib/serving/signals.ts'],
};

/** Workloads that know another one; all others know only what all of them share. */
const KNOWN_WORKLOADS: { readonly [workload: string]: readonly string[] } = { 'model-evaluation': ['batch-inference'] };

/** Packages and parts of node that each room may load; the files of a room that read or write say so themselves. */
const LOADS: { readonly [room: string]: readonly string[] } = {
  common: [],
  imports: ['cdk8s', 'constructs'],
  catalog: [],
  planning: [],
  pods: ['cdk8s', 'cdk8s-plus-28', 'constructs'],
  weights: ['cdk8s', 'cdk8s-plus-28', 'constructs'],
  serving: ['cdk8s', 'cdk8s-plus-28', 'constructs'],
  workloads: ['cdk8s', 'cdk8s-plus-28', 'constructs'],
  cli: ['child_process', 'crypto', 'fs', 'os', 'path', 'timers', 'util'],
  cluster: ['cdk8s-plus-28', 'constructs'],
  kustomize: ['cdk8s', 'constructs', 'fs', 'os', 'path', 'util'],
  report: [],
  cells: ['cdk8s', 'constructs'],
  index: [],
  gke: ['cdktf', '@cdktf/provider-google', 'constructs', 'fs', 'path'],
  apps: ['path'],
  examples: ['cdk8s', 'cdk8s-vllm'],
  scripts: ['@microsoft/api-extractor', 'child_process', 'fs', 'os', 'path', 'readline', 'typescript', 'util', 'yaml'],
};

const READS: { readonly [file: string]: readonly string[] } = {
  'apps/gke.ts': ['cdktf'],
  'apps/gke-stack.ts': ['cdktf', 'fs', 'os'],
  'apps/settings.ts': ['fs', 'util'],
  'lib/catalog/hugging-face-folder.ts': ['fs', 'path'],
  'lib/catalog/model-lock.ts': ['fs'],
  'lib/catalog/architectures/class-defaults.ts': ['fs', 'path'],
  'lib/catalog/model-folder.ts': ['fs', 'path'],
  'lib/catalog/safetensors.ts': ['fs', 'path'],
  'lib/catalog/vllm-registry.ts': ['fs', 'path'],
  'lib/common/digest.ts': ['crypto'],
  'lib/pods/program-files.ts': ['fs', 'path'],
  'lib/serving/upgrade-survey.ts': ['fs', 'path'],
  // The registries of the releases are made in the rig.
  'scripts/architectures/truth.ts': ['test'],
  'scripts/vllm-registry/defaults.ts': ['test'],
  'scripts/vllm-registry/dump.ts': ['test'],
  'scripts/docs/rooms.ts': ['test'],
};

function roomOf(file: string): string {
  const [top, room, ...rest] = file.split('/');
  return top !== 'lib' ? top : rest.length > 0 ? room : 'index';
}

/** The workload that a file belongs to; none for what all of them share. */
function workloadOf(file: string): string | undefined {
  return /^lib\/workloads\/([^/]+)\//.exec(file)?.[1];
}

/** Whether a file may know another one of the project. */
function mayKnow(file: string, other: string): boolean {
  const [workload, known] = [workloadOf(file), workloadOf(other)];
  if (roomOf(file) !== roomOf(other)) {
    return KNOWS[roomOf(file)].includes(roomOf(other)) || [...READS[file] ?? []].includes(roomOf(other))
      || (KNOWN_FILES[roomOf(file)] ?? []).includes(other);
  }
  return workload === known || known === undefined || (KNOWN_WORKLOADS[workload ?? ''] ?? []).includes(known) || file === 'lib/workloads/index.ts';
}

function packageOf(name: string): string {
  return name.replace(/^node:/, '').split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/');
}

/** `file -> what it imports against the rules` */
function wrongImports(imports: ReadonlyMap<string, string[]>): string[] {
  return [...imports].flatMap(([file, names]) => names.filter((name) => {
    const isJson = name.endsWith('.json');
    return /^(?:lib|apps|imports|scripts|test|bench)\//.test(name)
      ? !isJson && !mayKnow(file, name)
      : !isJson && ![...LOADS[roomOf(file)], ...READS[file] ?? []].includes(packageOf(name));
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
  const values = planted('lib/common/bytes.ts', 'export * from \'../planning/memory-plan\';');
  expect(cycleIn(values)).toContain('lib/common/bytes.ts');
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
  ['lib/common/x.ts', 'import { Model } from \'../catalog\';', 'lib/catalog/index.ts'],
  ['lib/weights/x.ts', 'import { WeightsLoader } from \'../workloads\';', 'lib/workloads/index.ts'],
  ['lib/workloads/x.ts', 'import { KustomizeUnit } from \'../kustomize\';', 'lib/kustomize/index.ts'],
  ['lib/workloads/gradio-chat/x.ts', 'import { LocustLoadTest } from \'../load-test/locust-load-test\';', 'lib/workloads/load-test/locust-load-test.ts'],
  ['lib/workloads/server-client.ts', 'import { GradioChat } from \'./gradio-chat/gradio-chat\';', 'lib/workloads/gradio-chat/gradio-chat.ts'],
  ['lib/serving/x.ts', 'import { linesOf } from \'../../scripts/changes/report\';', 'scripts/changes/report.ts'],
  ['lib/catalog/x.ts', 'import { install } from \'../../test/rig/vllm/install\';', 'test/rig/vllm/install'],
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
  const node = Object.values(READS).flat().filter(name => !/^(?:cdktf|constructs|test)$/.test(name));
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
