import { accessFaults } from './access-faults';
import { mountFaults, needsOf } from './bucket-needs';
import { BucketPolicy } from './bucket-policy';
import { Block } from './synthesized';
import { committedWorlds, objects, resources, Worlds } from './worlds';

const WORLDS = committedWorlds();
const POLICY = new BucketPolicy(WORLDS);
const BUCKET = 'vllm-models';
const SERVER = 'vllm/vllm-openai-gcs-l4';
const NEEDS = needsOf(WORLDS);
const MODELS = [...new Set(NEEDS.filter(({ by, verb }) => verb === 'read' && by.startsWith('Deployment/')).map(({ folder }) => folder))];
const MODEL = NEEDS.find(({ account }) => account === SERVER)!.folder;

const mayRead = (account: string, folder: string) => POLICY.may(account, 'storage.objects.get', BUCKET, `${folder}/file`);
const mayWrite = (account: string, folder: string) => (['storage.objects.create', 'storage.objects.update', 'storage.objects.delete'] as const)
  .some(permission => POLICY.may(account, permission, BUCKET, `${folder}/file`));
const writersOf = (folder: string) => POLICY.accounts.filter(account => mayWrite(account, folder));

test('who may do what is exactly what the pods mount and their programs say that they do', () => {
  expect(NEEDS.length).toBeGreaterThan(100);
  expect(POLICY.accounts.length).toBeGreaterThan(60);
  expect(accessFaults(WORLDS)).toEqual([]);
});

test('a model is written by its loaders alone', () => {
  expect(MODELS.length).toBeGreaterThan(3);
  for (const model of MODELS) {
    expect(writersOf(model).length).toBeGreaterThan(0);
    expect(writersOf(model).filter(account => !account.endsWith('-loader'))).toEqual([]);
  }
});

test('a server reads its own model and no other, and writes nothing', () => {
  expect(MODELS.filter(folder => mayRead(SERVER, folder))).toEqual([MODEL]);
  expect([...MODELS, 'batch/l4-gcs/output', 'load-test/l4-gcs', 'new'].filter(folder => mayWrite(SERVER, folder))).toEqual([]);
});

test.each([['load-test', ['load-test/l4-gcs']], ['batch', ['batch/l4-gcs/output']], ['evaluation', ['batch/l4-gcs/evaluation']], ['loader', [MODEL]],
  ['hydration', []]])('a %s writes its own folder, and no model but a loader', (what, folders) => {
  const account = what === 'hydration' ? 'vllm/vllm-openai-hdml-l4-hydration' : `${SERVER}-${what}`;
  const all = [...new Set(NEEDS.map(({ folder }) => folder))];
  expect(all.filter(folder => mayWrite(account, folder))).toEqual(folders);
});

test('no role is without a condition, and none is wider than objects', () => {
  const grants = resources(WORLDS, 'google_storage_bucket_iam_member');
  expect(grants.filter(({ condition }) => condition === undefined)).toEqual([]);
  expect([...new Set(grants.map(({ role }) => role))].sort()).toEqual(['roles/storage.objectCreator', 'roles/storage.objectUser', 'roles/storage.objectViewer']);
});

const grantOf = (worlds: Worlds, account: string, role: string) => resources(worlds, 'google_storage_bucket_iam_member')
  .find(grant => grant.member.endsWith(`/sa/${account}`) && grant.role === `roles/storage.${role}`)!;
const widened = (grant: Block, folder: string, wide: string) => {
  grant.condition.expression = grant.condition.expression.replaceAll(`objects/${folder}`, `objects/${wide}`);
};

const podOf = (worlds: Worlds): Block => objects(worlds, 'Deployment').find(({ metadata }) => metadata.name === 'vllm-openai-gcs-l4')!.spec.template.spec;

/** What is changed, and the account and the way in which that must be said. */
const PLANTS: { readonly [name: string]: readonly [(worlds: Worlds) => void, string] } = {
  'a load test that may write everything': [worlds => widened(grantOf(worlds, 'vllm-openai-gcs-l4-load-test', 'objectUser'), 'load-test/l4-gcs/', ''),
    `${SERVER}-load-test may, and need not: ${MODEL} (objects.get, objects.create, objects.update, objects.delete)`],
  'a load test that may write the folder of all': [
    worlds => widened(grantOf(worlds, 'vllm-openai-gcs-l4-load-test', 'objectUser'), 'load-test/l4-gcs/', 'load-test/'),
    `${SERVER}-load-test may, and need not: load-test/l4-pd (objects.get, objects.create, objects.update, objects.delete)`],
  'a prefix without its slash': [worlds => widened(grantOf(worlds, 'vllm-openai-gcs-l4-load-test', 'objectUser'), 'load-test/l4-gcs/', 'load-test/l4-gcs'),
    `${SERVER}-load-test may, and need not: load-test/l4-gcs (objects.get, objects.create, objects.update, objects.delete)`],
  'no condition': [(worlds) => { delete grantOf(worlds, 'vllm-openai-gcs-l4', 'objectViewer').condition; },
    `${SERVER} may, and need not: load-test/l4-gcs (objects.get, folders.get)`],
  'a server that may write': [(worlds) => { grantOf(worlds, 'vllm-openai-gcs-l4', 'objectViewer').role = 'roles/storage.objectUser'; },
    `${SERVER} may, and need not: ${MODEL} (objects.create, folders.create, objects.update, objects.delete, folders.delete, folders.rename)`],
  'no listing': [(worlds) => {
    const { condition } = grantOf(worlds, 'vllm-openai-gcs-l4', 'objectViewer');
    condition.expression = condition.expression.replace('resource.type == "storage.googleapis.com/Bucket" || ', '');
  }, `${SERVER} may not, and has to: ${MODEL} (objects.list, folders.list)`],
  'folders that may not be made': [(worlds) => { grantOf(worlds, 'vllm-openai-gcs-l4-batch', 'objectCreator').condition.expression = 'false'; },
    `${SERVER}-batch may not, and has to: batch/l4-gcs/output (folders.create)`],
  'folders above that may be renamed': [(worlds) => { grantOf(worlds, 'vllm-openai-gcs-l4-batch', 'objectCreator').role = 'roles/storage.objectUser'; },
    `${SERVER}-batch may, and need not: batch/l4-gcs/output (folders.get, folders.delete, folders.rename)`],
  'a grant to another account': [(worlds) => {
    const grant = grantOf(worlds, 'vllm-openai-gcs-l4', 'objectViewer');
    grant.member = grant.member.replace('sa/vllm-openai-gcs-l4', 'sa/vllm');
  }, `${SERVER} may not, and has to: ${MODEL} (objects.list, objects.get, folders.list, folders.get)`],
  'a grant by the id where the number belongs': [(worlds) => {
    const grant = grantOf(worlds, 'vllm-openai-gcs-l4', 'objectViewer');
    grant.member = grant.member.replace('project_number', 'project_id');
  }, `${SERVER} may not, and has to: ${MODEL} (objects.list, objects.get, folders.list, folders.get)`],
  'a pod of an account that may not read': [(worlds) => { podOf(worlds).serviceAccountName = 'vllm-openai-pd-l4'; },
    `vllm/vllm-openai-pd-l4 may not, and has to: ${MODEL} (objects.list, objects.get, folders.list, folders.get)`],
  'a pod that writes where it may read': [(worlds) => { delete podOf(worlds).volumes.find(({ csi }: Block) => csi).csi.readOnly; },
    `${SERVER} may not, and has to: ${MODEL} (objects.create, folders.create, objects.update, objects.delete, folders.delete, folders.rename)`],
  'another folder mounted': [(worlds) => {
    const { volumeAttributes } = podOf(worlds).volumes.find(({ csi }: Block) => csi).csi;
    volumeAttributes.mountOptions = volumeAttributes.mountOptions.replace(MODEL, 'other');
  }, `${SERVER} may not, and has to: other (objects.get, folders.get)`],
};

test.each(Object.entries(PLANTS))('%s is found', (_, [plant, said]) => {
  const worlds = structuredClone(WORLDS);
  plant(worlds);
  expect(accessFaults(worlds, account => account === said.split(' ')[0])).toContain(said);
});

test('a program that writes where its mount only reads is found', () => {
  const worlds = structuredClone(WORLDS);
  const { spec } = objects(worlds, 'Job').find(({ metadata }) => metadata.name === 'vllm-openai-gcs-l4-batch')!;
  spec.template.spec.volumes.find(({ name }: Block) => name === 'output').csi.readOnly = true;
  expect(mountFaults(worlds)).toEqual(['Job/vllm-openai-gcs-l4-batch: output (/output) is to write, and the mount at /output is to read']);
});
