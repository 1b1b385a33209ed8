import { FolderGrant, Grant, leastGrants } from '../../lib/common/grant';
import { refusalOf } from '../refusal-of';

const grant = (verb: FolderGrant['verb'], folder: string, bucket = 'b'): Grant => ({ bucket, folder, verb });
const METRICS: Grant = { role: 'roles/monitoring.viewer' };

test.each<[string, Grant[], Grant[]]>([
  ['what is below a folder', [grant('read', 'a/b'), grant('read', 'a')], [grant('read', 'a')]],
  ['reading what may be written', [grant('read', 'a'), grant('write', 'a')], [grant('write', 'a')]],
  ['what is said twice', [METRICS, grant('read', 'a'), grant('read', 'a'), METRICS], [METRICS, grant('read', 'a')]],
])('%s needs no grant of its own', (_, given, least) => {
  expect(leastGrants(given)).toEqual(least);
});

test.each<[string, Grant[]]>([
  ['a folder whose name begins as another one\'s', [grant('write', 'a'), grant('read', 'ab')]],
  ['a folder of another bucket', [grant('write', 'a'), grant('read', 'a', 'other')]],
  ['writing in what may be read', [grant('read', 'a'), grant('write', 'a/b')]],
])('%s does', (_, given) => {
  expect(leastGrants(given)).toEqual(given);
});

test.each(['', '/', 'a/', '/a', 'a//b', '.', 'a/../b', 'a\nb', '${var.x}', '%{if true}'])('no folder is %j', (folder) => {
  expect(refusalOf(() => leastGrants([grant('read', folder)]))).toContain(`'grants': the folder (${folder}) must be one below the bucket`);
});
