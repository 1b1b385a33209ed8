import { FolderGrant } from '../../lib/common/grant';
import { rolesOf } from '../../lib/gke/folder-role';
import { expanded } from './expanded';

const grant = (verb: FolderGrant['verb'], folder: string): FolderGrant => ({ bucket: 'b', folder, verb });
const bindings = (name: string, grants: readonly FolderGrant[]) => rolesOf(name, grants)
  .map(([role, folders]) => ({ role: role.role, title: role.title, expression: role.expression('b', folders) }));
const NAME = 'resource.name';

test('who reads lists the bucket, and reads what is below its folder, as objects and as folders', () => {
  expect(bindings('server', [grant('read', 'a')])).toEqual([{
    role: 'roles/storage.objectViewer', title: 'read its folders',
    expression: `resource.type == "storage.googleapis.com/Bucket" || ${NAME}.startsWith("projects/_/buckets/b/objects/a/")`
      + ` || ${NAME}.startsWith("projects/_/buckets/b/folders/a/") || ${NAME} == "projects/_/buckets/b/folders/a"`,
  }]);
});

test('who writes changes what is below its folder, and of the folders above it may make those that are missing', () => {
  const [list, write, make] = bindings('loader', [grant('write', 'a/b')]);
  expect(list.expression).toBe('resource.type == "storage.googleapis.com/Bucket"');
  expect([write.role, write.expression]).toEqual(['roles/storage.objectUser',
    `${NAME}.startsWith("projects/_/buckets/b/objects/a/b/") || ${NAME}.startsWith("projects/_/buckets/b/folders/a/b/")`
    + ` || ${NAME} == "projects/_/buckets/b/folders/a/b"`]);
  expect([make.role, make.expression]).toEqual(['roles/storage.objectCreator',
    ['a', 'a/'].map(folder => `${NAME} == "projects/_/buckets/b/folders/${folder}"`).join(' || ')]);
});

test('above a folder at the top of the bucket there is none to be made', () => {
  expect(bindings('loader', [grant('write', 'a')]).map(({ role }) => role)).toEqual([
    'roles/storage.objectViewer', 'roles/storage.objectUser',
  ]);
});

test('a name with quotes stays a text of the expression', () => {
  expect(bindings('server', [grant('read', 'a"||true||"')])[0].expression).toContain('/objects/a\\"||true||\\"/"');
});

test.each([[grant('read', 'a')], [grant('write', 'a/b/c')], [grant('read', 'a'), grant('write', 'b"c/%s/d')]])('the template of all accounts says the same of each: %j', (...grants) => {
  for (const [role, folders] of rolesOf('loader', grants)) {
    const texts = folders.map(folder => JSON.stringify(folder).slice(1, -1));
    expect(expanded({ for_each: { loader: texts }, condition: role.template('b', 'each.value') })).toEqual([{ condition: role.expression('b', folders) }]);
  }
});
