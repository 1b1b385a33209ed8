import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { Block } from './synthesized';
import { resources, Worlds } from './worlds';

/** As the principal of a Kubernetes service account ends. */
const PRINCIPAL = 'principal://iam.googleapis.com/projects/${var.project_number}/locations/global/workloadIdentityPools/${var.project_id}.svc.id.goog';
const SUBJECT = /^\/subject\/ns\/([^/]+)\/sa\/([^/]+)$/;

const READING = ['storage.objects.list', 'storage.objects.get', 'storage.folders.list', 'storage.folders.get'];
const CREATING = ['storage.objects.create', 'storage.folders.create'];
const CHANGING = ['storage.objects.update', 'storage.objects.delete', 'storage.folders.delete', 'storage.folders.rename'];

/** What roles hold, as far as objects and folders go: https://cloud.google.com/storage/docs/access-control/iam-roles */
const ROLES: { readonly [role: string]: readonly string[] } = {
  'roles/storage.objectViewer': READING,
  'roles/storage.objectCreator': CREATING,
  'roles/storage.objectUser': [...READING, ...CREATING, ...CHANGING],
  'roles/storage.objectAdmin': [...READING, ...CREATING, ...CHANGING],
};

/** What a program does with a path of the bucket. A folder's path ends with a slash. */
export type Permission = typeof PERMISSIONS[number];
export const PERMISSIONS = [...READING, ...CREATING, ...CHANGING] as const;

interface Resource {
  readonly service: string;
  readonly type: string;
  readonly name: string;
}

interface Binding {
  readonly bucket: string;
  readonly permissions: readonly string[];
  readonly holds: (resource: Resource) => boolean;
}

/** The policies of the buckets as Terraform writes them, decided as IAM decides: by evaluating the conditions. */
export class BucketPolicy {
  private readonly bindings = new Map<string, readonly Binding[]>();

  constructor(worlds: Worlds) {
    const buckets = (worlds.terraform.resource as Block).google_storage_bucket as Record<string, Block>;
    for (const { role, member, bucket, condition } of resources(worlds, 'google_storage_bucket_iam_member')) {
      const account = member.startsWith(PRINCIPAL) ? SUBJECT.exec(member.slice(PRINCIPAL.length))!.slice(1).join('/') : member;
      this.bindings.set(account, [...this.bindings.get(account) ?? [], {
        bucket: buckets[/^\$\{google_storage_bucket\.(.+)\.name\}$/.exec(bucket)?.[1] ?? '']?.name ?? bucket,
        permissions: permissionsOf(role), holds: evaluated(condition?.expression ?? 'true'),
      }]);
    }
  }

  /** `namespace/name` of everybody who has a role. */
  get accounts(): string[] {
    return [...this.bindings.keys()];
  }

  /** @param path of an object, or of a folder, with or without its slash; listing is of the whole bucket */
  may(account: string, permission: Permission, bucket: string, path: string): boolean {
    const resource = resourceOf(permission, bucket, path);
    return (this.bindings.get(account) ?? []).some(binding => binding.bucket === bucket
      && binding.permissions.includes(permission) && binding.holds(resource));
  }
}

function permissionsOf(role: string): readonly string[] {
  if (!Object.hasOwn(ROLES, role)) {
    throw new Error(`what ${role} holds is not known here`);
  }
  return ROLES[role];
}

function evaluated(expression: string): (resource: Resource) => boolean {
  const decide = plan(celEnv({}), parse(expression));
  return (resource) => {
    const decision = decide({ resource: { ...resource } });
    if (isCelError(decision)) {
      throw new Error(`${expression}: ${decision.message}`);
    }
    return decision === true;
  };
}

/** https://cloud.google.com/iam/docs/conditions-resource-attributes; folders are named as the Storage Control API names them. */
function resourceOf(permission: Permission, bucket: string, path: string): Resource {
  const [, kind, verb] = permission.split('.');
  const service = 'storage.googleapis.com';
  const name = `projects/_/buckets/${bucket}`;
  if (verb === 'list') {
    return { service, type: `${service}/Bucket`, name };
  }
  return kind === 'objects'
    ? { service, type: `${service}/Object`, name: `${name}/objects/${path}` }
    : { service, type: `${service}/Folder`, name: `${name}/folders/${path}` };
}
