import { FolderGrant } from '../common/grant';
import { Refusal } from '../common/refusal';

/** A role that an identity has on a bucket where a condition holds. */
export interface FolderBinding {
  readonly role: string;
  readonly title: string;
  /** In the Common Expression Language. */
  readonly expression: string;
}

/** https://cloud.google.com/iam/quotas#limits: logic operators in the condition of a role binding. */
const MOST_OPERATORS = 12;

/** Listing is a permission of the bucket, so a condition on names of objects alone denies it: the names of all files are no secret. */
const LISTING = 'resource.type == "storage.googleapis.com/Bucket"';

/**
 * The least roles by which an identity reads and writes its folders of one bucket, flat or hierarchical.
 *
 * A bucket without folders of its own has objects alone. In one that has them, they are resources beside the objects, and a writer makes
 * those above its own when it is the first one there; it may not rename or delete them, and so gets another role there.
 *
 * @throws when a condition would be longer than IAM takes it
 * @see https://cloud.google.com/iam/docs/conditions-resource-attributes and https://cloud.google.com/storage/docs/access-control/iam-roles
 */
export function folderBindings(name: string, bucket: string, grants: readonly FolderGrant[]): FolderBinding[] {
  const inBucket = (kind: string, path: string) => JSON.stringify(`projects/_/buckets/${bucket}/${kind}/${path}`);
  const own = ({ folder }: FolderGrant) => [
    ...['objects', 'folders'].map(kind => `resource.name.startsWith(${inBucket(kind, `${folder}/`)})`),
    `resource.name == ${inBucket('folders', folder)}`,
  ];
  const written = grants.filter(({ verb }) => verb === 'write');
  const above = [...new Set(written.flatMap(({ folder }) => foldersAbove(folder)))];
  const binding = (role: string, title: string, alternatives: readonly string[]) =>
    ({ role, title, expression: joined(name, role, alternatives) });
  return [
    binding('roles/storage.objectViewer', 'read its folders', [LISTING, ...grants.filter(({ verb }) => verb === 'read').flatMap(own)]),
    ...(written.length === 0 ? [] : [
      binding('roles/storage.objectUser', 'write its folders', written.flatMap(own)),
    ]),
    ...(above.length === 0 ? [] : [
      binding('roles/storage.objectCreator', 'make folders above', above.map(folder => `resource.name == ${inBucket('folders', folder)}`)),
    ]),
  ];
}

/** `a/b/c`: `a`, `a/`, `a/b`, `a/b/`. A folder is known by both forms. */
function foldersAbove(folder: string): string[] {
  const parts = folder.split('/');
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/')).flatMap(above => [above, `${above}/`]);
}

function joined(name: string, role: string, alternatives: readonly string[]): string {
  const operators = alternatives.length - 1;
  if (operators > MOST_OPERATORS) {
    throw new Refusal(`${name}: the condition of ${role} has ${alternatives.length} alternatives = ${operators} logic operators > ${MOST_OPERATORS};`
      + ' give it fewer folders or folders that are less deep, or divide the work among two service accounts');
  }
  return alternatives.join(' || ');
}
