import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildMatrix } from '../../apps/matrix';
import { isFolderGrant } from '../../lib/common/grant';
import { rolesOf } from '../../lib/gke/folder-role';
import { PROJECT } from '../house/sources';
import { settingsOf } from './app-stack';
import { expanded } from './expanded';
import { Block } from './synthesized';
import { committedWorlds, resources } from './worlds';

const PREFIX = 'principal://iam.googleapis.com/projects/${var.project_number}/locations/global/workloadIdentityPools/${var.project_id}.svc.id.goog/subject/';

/** Each grant as a resource of its own, as if there were no `for_each`. */
function oneByOne(): string[] {
  const { cluster, cells } = buildMatrix(PROJECT, settingsOf());
  return [cluster, ...cells].flatMap(({ identities }) => identities).flatMap(({ namespace, serviceAccountName, grants }) => {
    const folders = grants.filter(isFolderGrant);
    return folders.length === 0 ? [] : rolesOf(serviceAccountName, folders).map(([role, own]) =>
      lineOf(`${PREFIX}ns/${namespace}/sa/${serviceAccountName}`, role.role, role.title, role.expression('vllm-models', own)));
  });
}

const lineOf = (...parts: string[]) => parts.join('\n');

test('the map and its templates are exactly the grants, each for itself', () => {
  const grants = resources(committedWorlds(), 'google_storage_bucket_iam_member')
    .map(({ member, role, condition }) => lineOf(member, role, condition.title, condition.expression));
  expect(grants.length).toBeGreaterThan(250);
  expect(grants.sort()).toEqual(oneByOne().sort());
});

test('the Terraform JSON is not a list of grants', () => {
  const text = readFileSync(join(PROJECT, 'dist', 'terraform', 'stacks', 'gke', 'cdk.tf.json'), 'utf8');
  expect(Object.keys((JSON.parse(text) as Block).resource.google_storage_bucket_iam_member)).toHaveLength(3);
});

const block = (expression: string): Block => ({ for_each: { a: ['x', 'y'] }, at: '/${each.key}', condition: { expression } });

test('a resource for each entry', () => {
  expect(expanded(block('${join("-", concat(["first"], formatlist("<%[1]s %s>", each.value)))}')))
    .toEqual([{ at: '/a', condition: { expression: 'first-<x x>-<y y>' } }]);
  expect(expanded({ for_each: '${var.emails}' })).toEqual([{ for_each: '${var.emails}' }]);
});

test.each(['upper(each.value)', 'join("-", each.values)', 'join("-", each.value) each.value'])('what is not understood is not passed over: %s', (expression) => {
  expect(() => expanded(block(`\${${expression}}`.replace(/ each\.value\}$/, ' (each.value)}')))).toThrow('is not understood');
});
