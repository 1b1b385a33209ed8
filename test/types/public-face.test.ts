import { join } from 'node:path';
import { PROJECT } from '../house/sources';
import { faultsOf, publicFace } from './docstrings';
import { programOf, textOf } from './program';

const ENTRIES = ['lib/index.ts', 'lib/gke/index.ts'];

function faceOf(planted: { file?: string; text?: string } = {}): ReturnType<typeof publicFace> {
  return publicFace(programOf(ENTRIES, planted), ENTRIES.map(entry => join(PROJECT, entry)));
}

const FACE = faceOf();

test('every public member has a docstring that begins with its subject, and says what holds without a prop', () => {
  expect(FACE.flatMap(faultsOf)).toEqual([]);
});

const FILE = 'lib/common/identity.ts';

test.each([
  ['  /** Name of the service account. */\n', '', 'ServiceIdentityProps.serviceAccountName: has no sentence'],
  ['/** Name of the service account. */', '/** Of the service account. */', 'ServiceIdentityProps.serviceAccountName: begins with what it is of, not with what it is'],
  ['/** Name of the service account. */', '/** Name of the service account */', 'ServiceIdentityProps.serviceAccountName: does not end as a sentence'],
  ['   * @default - nothing\n', '', 'ServiceIdentityProps.grants: does not say what holds without it'],
  ['/** Name of the service account. */', '/** Name of the service account. @default vllm */',
    'ServiceIdentityProps.serviceAccountName: has tags on the line of its sentence'],
])('a planted fault is found: %j for %j', (right, wrong, fault) => {
  const text = textOf(FILE);
  expect(text).toContain(right);
  expect(faceOf({ file: FILE, text: text.replace(right, wrong) }).flatMap(faultsOf)).toContain(`${FILE} ${fault}`);
});

test('internals are no part of the face', () => {
  const names = FACE.map(({ name }) => name);
  expect(names).toContain('VllmRelease.flag');
  expect(names.length).toBeGreaterThan(400);
  const internals = ['VllmRelease.largestCudaGraph', 'VllmRelease.slidingWindowBatches', 'VllmRelease.defaultMaxNumSeqs', 'Accelerator.isA100',
    'VllmRunnerSubject', 'nearestName', 'clientLabels', 'ProgramImageProps'];
  expect(names.filter(name => internals.includes(name))).toEqual([]);
  // Of two types with one name users would get the wrong one; the exception is the field of a value class beside its interface.
  const types = names.filter(name => !name.includes('.'));
  const twice = types.filter((name, index) => types.indexOf(name) !== index);
  expect(twice.sort()).toEqual(['Accelerator', 'MachineType', 'MemoryPlan', 'Model', 'ThroughputPlan', 'VllmMetric']);
});

const REPORTS = ['cdk8s-vllm', 'cdk8s-vllm-gke'].map(name => `api/${name}.api.md`);

test.each(REPORTS)('%s names every type, documents every member and knows nothing of the machine', (file) => {
  const text = textOf(file);
  expect(text.split('\n').length).toBeGreaterThan(300);
  expect(text.match(/\(undocumented\)|Warning:|ae-|_base\b|_2\b|\r/g)).toBeNull();
  expect(text).not.toContain(PROJECT);
});
