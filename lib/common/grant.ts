import { Refusal } from './refusal';

/** What a Kubernetes service account may do with the files below one folder of a bucket, and with no other. */
export interface FolderGrant {
  /** Name of the bucket. */
  readonly bucket: string;
  /** Folder of the bucket without slashes at its ends, for example `google/gemma-2-9b-it/main`. */
  readonly folder: string;
  /** `read`, or `write`, which is to read, make, replace and delete. */
  readonly verb: 'read' | 'write';
}

/** A role on the whole project, for what has no smaller resource. */
export interface ProjectGrant {
  /** Name of a predefined role, for example `roles/monitoring.viewer`. */
  readonly role: string;
}

/** What a Kubernetes service account may do in Google Cloud. */
export type Grant = FolderGrant | ProjectGrant;

export function isFolderGrant(grant: Grant): grant is FolderGrant {
  return 'bucket' in grant;
}

/**
 * The grants without those that another one covers.
 *
 * @throws on a folder that is the whole bucket, or that leads out of itself
 */
export function leastGrants(grants: readonly Grant[]): Grant[] {
  grants.filter(isFolderGrant).forEach(({ folder }) => requireFolder(folder));
  return grants.filter((grant, index) => !grants.some((other, at) => covers(other, grant) && (at < index || !covers(grant, other))));
}

/** Whether the first allows all that the second does. */
function covers(wide: Grant, grant: Grant): boolean {
  if (!isFolderGrant(wide) || !isFolderGrant(grant)) {
    return !isFolderGrant(wide) && !isFolderGrant(grant) && wide.role === grant.role;
  }
  return wide.bucket === grant.bucket && `${grant.folder}/`.startsWith(`${wide.folder}/`) && (wide.verb === 'write' || grant.verb === 'read');
}

/** What Terraform would read as an expression of its own is no folder either. */
function requireFolder(folder: string): void {
  const parts = folder.split('/');
  if (/\p{Cc}|[$%]\{/u.test(folder) || parts.some(part => part === '' || part === '.' || part === '..')) {
    throw new Refusal(`'grants': the folder (${folder}) must be one below the bucket, without a slash at its ends, without . and .., \${ and %{,`
      + ' for example google/gemma-2-9b-it/main');
  }
}
