import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member';
import { Construct } from 'constructs';
import { FolderGrant, Grant, isFolderGrant } from '../common/grant';
import { ServiceIdentity } from '../common/identity';
import { celText, FolderRole, rolesOf } from './folder-role';
import { GkeCluster } from './gke-cluster';
import { ModelBucket } from './model-bucket';
import { subjectOf } from './project';
import { Refusal, refusing } from '../common/refusal';
import { requirePropsOf } from '../common/props';

/** What workloads may get on the project: reading metrics, which no smaller thing has. */
const PROJECT_ROLES = ['roles/monitoring.viewer'];

/** https://cloud.google.com/iam/quotas#limits: principals in all role bindings of one policy, counted as often as they appear. */
const MOST_PRINCIPALS = 1500;

/** Props of `WorkloadIdentity`. */
export interface WorkloadIdentityProps {
  /** Cluster of the identities: their pool is there as soon as one cluster has it, so grants wait for the cluster. */
  readonly cluster: GkeCluster;
  /** Buckets that roles can be granted on. */
  readonly buckets: readonly ModelBucket[];
  /** Identities with the roles that they get. */
  readonly identities: readonly ServiceIdentity[];
}

/**
 * Gives each Kubernetes service account exactly what its pods need, on its folders of the bucket, and without a key.
 *
 * @throws on two identities of one name with different grants, unless the account was there already, on a bucket that is not among those
 * made, on wider roles, and on more than a policy of IAM holds
 */
export class WorkloadIdentity extends Construct {
  /** Folders of each account by role, which are one resource of Terraform each. */
  private readonly folders = new Map<ModelBucket, Map<FolderRole, Map<string, readonly string[]>>>();

  constructor(scope: Construct, id: string, private readonly props: WorkloadIdentityProps) {
    super(scope, id);
    requirePropsOf(this, 'WorkloadIdentityProps', props);
    refusing(this, () => {
      for (const [name, identity] of unique(props.identities)) {
        const { grants } = identity;
        const folders = grants.filter(isFolderGrant);
        const roles = grants.flatMap(grant => isFolderGrant(grant) ? [] : grant.role);
        roles.forEach(role => this.grantOnProject(name, identity, role));
        const buckets = new Set(folders.map(({ bucket }) => bucket));
        buckets.forEach(bucket => this.grantFolders(name, identity, bucket, folders.filter(grant => grant.bucket === bucket)));
      }
      this.folders.forEach((roles, bucket) => {
        requirePrincipals(bucket.name, [...roles.values()].reduce((sum, { size }) => sum + size, 0));
        roles.forEach((accounts, role) => this.grantRole(bucket, role, accounts));
      });
    });
  }

  private grantOnProject(name: string, identity: ServiceIdentity, role: string): void {
    const { cluster: { project, cluster } } = this.props;
    if (!PROJECT_ROLES.includes(role)) {
      throw new Refusal(`${name}: ${role} on the project is more than a workload gets; it may have ${PROJECT_ROLES.join(', ')}, and folders of a`
        + ' bucket');
    }
    new ProjectIamMember(this, idOf(name, role), { project: project.id, role, member: project.principal(identity), dependsOn: [cluster] });
  }

  private grantFolders(name: string, identity: ServiceIdentity, bucket: string, grants: readonly FolderGrant[]): void {
    const made = this.props.buckets.find(candidate => candidate.name === bucket);
    if (!made) {
      const known = this.props.buckets.map(candidate => candidate.name).join(', ') || 'none';
      throw new Refusal(`${name} is to have folders of the bucket ${bucket}, which is not among 'buckets' (${known}); add it there`);
    }
    const roles = this.folders.get(made) ?? new Map<FolderRole, Map<string, readonly string[]>>();
    for (const [role, folders] of rolesOf(name, grants)) {
      roles.set(role, (roles.get(role) ?? new Map<string, readonly string[]>()).set(subjectOf(identity), folders));
    }
    this.folders.set(made, roles);
  }

  /** One resource for all accounts, with what differs as a map: each one of its own would be a kilobyte, and a millisecond of cdktf. */
  private grantRole(made: ModelBucket, role: FolderRole, accounts: ReadonlyMap<string, readonly string[]>): void {
    const { cluster: { project, cluster } } = this.props;
    const grant = new StorageBucketIamMember(this, `${role.role} ${made.name}`.replaceAll('/', '.'), {
      bucket: made.bucket.name, role: role.role, member: project.principalOf('${each.key}'), dependsOn: [cluster],
      condition: { title: role.title, expression: role.template(made.name, 'each.value') },
    });
    grant.addOverride('for_each', Object.fromEntries([...accounts].map(([account, folders]) => [account, folders.map(celText)])));
  }
}

function idOf(name: string, role: string): string {
  return `${name} ${role}`.replaceAll('/', '.');
}

function unique(identities: readonly ServiceIdentity[]): Map<string, ServiceIdentity> {
  const found = new Map<string, ServiceIdentity>();
  for (const identity of identities) {
    const name = `${identity.namespace}/${identity.serviceAccountName}`;
    const earlier = found.get(name);
    const shared = earlier?.existing && identity.existing;
    if (earlier && !shared && textOf(earlier.grants) !== textOf(identity.grants)) {
      throw new Refusal(`${name} is the service account of two workloads with different grants: ${textOf(earlier.grants)}; and`
        + ` ${textOf(identity.grants)}. Give each a service account of its own`);
    }
    found.set(name, shared ? new ServiceIdentity({ ...identity, grants: [...earlier.grants, ...identity.grants] }) : identity);
  }
  return found;
}

function textOf(grants: readonly Grant[]): string {
  return grants.map(grant => isFolderGrant(grant) ? `${grant.verb} ${grant.bucket}/${grant.folder}` : grant.role).sort().join(', ') || 'nothing';
}

function requirePrincipals(bucket: string, count: number): void {
  if (count > MOST_PRINCIPALS) {
    throw new Refusal(`the policy of the bucket ${bucket} would name ${count} principals > ${MOST_PRINCIPALS}, one for each role of each account;`
      + ' use a bucket of its own for some of the cells');
  }
}
