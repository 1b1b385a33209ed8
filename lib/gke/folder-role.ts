import { FolderGrant } from '../common/grant';
import { Refusal } from '../common/refusal';

/** https://cloud.google.com/iam/quotas#limits: logic operators in the condition of a role binding. */
const MOST_OPERATORS = 12;

const OR = ' || ';

/** Listing is a permission of the bucket, so a condition on names of objects alone denies it: the names of all files are no secret. */
const LISTING = 'resource.type == "storage.googleapis.com/Bucket"';

/** Alternatives of a condition for one folder, whose name is a text of the expression already. */
type Alternatives = (folder: (kind: 'objects' | 'folders') => string) => readonly string[];

const ITSELF_AND_BELOW: Alternatives = folder => [
  `resource.name.startsWith("${folder('objects')}/")`,
  `resource.name.startsWith("${folder('folders')}/")`,
  `resource.name == "${folder('folders')}"`,
];

const ITSELF: Alternatives = folder => [`resource.name == "${folder('folders')}"`];

/**
 * One of the least roles by which identities read and write their folders of one bucket, flat or hierarchical.
 *
 * A bucket without folders of its own has objects alone. In one that has them, they are resources beside the objects, and a writer makes
 * those above its own when it is the first one there; it may not rename or delete them, and so gets another role there.
 *
 * @see https://cloud.google.com/iam/docs/conditions-resource-attributes and https://cloud.google.com/storage/docs/access-control/iam-roles
 */
export class FolderRole {
  static readonly READ = new FolderRole('roles/storage.objectViewer', 'read its folders', [LISTING], ITSELF_AND_BELOW);
  static readonly WRITE = new FolderRole('roles/storage.objectUser', 'write its folders', [], ITSELF_AND_BELOW);
  static readonly MAKE = new FolderRole('roles/storage.objectCreator', 'make folders above', [], ITSELF);

  private constructor(
    readonly role: string, readonly title: string, private readonly always: readonly string[], private readonly alternatives: Alternatives,
  ) {}

  /** The condition for some folders, in the Common Expression Language. */
  expression(bucket: string, folders: readonly string[]): string {
    return [...this.always, ...folders.map(folder => this.ofFolder(bucket, celText(folder)))].join(OR);
  }

  /** The same as an expression of Terraform over a list of folders, which are texts of the Common Expression Language already. */
  template(bucket: string, folders: string): string {
    const own = `formatlist(${JSON.stringify(this.ofFolder(bucket, '%[1]s'))}, ${folders})`;
    return `\${join(${JSON.stringify(OR)}, ${this.always.length > 0 ? `concat(${JSON.stringify(this.always)}, ${own})` : own})}`;
  }

  /** @throws when the condition would be longer than IAM takes it */
  requireShort(name: string, folders: readonly string[]): void {
    const count = this.always.length + folders.length * this.alternatives(() => '').length;
    const operators = count - 1;
    if (operators > MOST_OPERATORS) {
      throw new Refusal(`${name}: the condition of ${this.role} has ${count} alternatives = ${operators} logic operators > ${MOST_OPERATORS};`
        + ' give it fewer folders or folders that are less deep, or divide the work among two service accounts');
    }
  }

  private ofFolder(bucket: string, folder: string): string {
    return this.alternatives(kind => `projects/_/buckets/${bucket}/${kind}/${folder}`).join(OR);
  }
}

/** A name between the quotes of a text in the Common Expression Language. */
export function celText(name: string): string {
  return JSON.stringify(name).slice(1, -1);
}

/**
 * The roles that an identity gets by its grants on one bucket, each with the folders that it is for.
 *
 * @throws when a condition would be longer than IAM takes it
 */
export function rolesOf(name: string, grants: readonly FolderGrant[]): (readonly [FolderRole, readonly string[]])[] {
  const foldersOf = (verb: FolderGrant['verb']) => grants.filter(grant => grant.verb === verb).map(({ folder }) => folder);
  const written = foldersOf('write');
  const roles: [FolderRole, readonly string[]][] = [
    [FolderRole.READ, foldersOf('read')],
    [FolderRole.WRITE, written],
    [FolderRole.MAKE, [...new Set(written.flatMap(foldersAbove))]],
  ];
  // Who only writes lists the bucket as well.
  const given = roles.filter(([role, folders]) => role === FolderRole.READ || folders.length > 0);
  given.forEach(([role, folders]) => role.requireShort(name, folders));
  return given;
}

/** `a/b/c`: `a`, `a/`, `a/b`, `a/b/`. A folder is known by both forms. */
function foldersAbove(folder: string): string[] {
  const parts = folder.split('/');
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/')).flatMap(above => [above, `${above}/`]);
}
