import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member';
import { Construct } from 'constructs';
import { FolderGrant, Grant, isFolderGrant } from '../common/grant';
import { ServiceIdentity } from '../common/identity';
import { folderBindings } from './folder-bindings';
import { GkeCluster } from './gke-cluster';
import { ModelBucket } from './model-bucket';
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
  private readonly principals = new Map<ModelBucket, number>();

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
      this.principals.forEach((count, bucket) => requirePrincipals(bucket.name, count));
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
    const { cluster: { project, cluster }, buckets } = this.props;
    const made = buckets.find(candidate => candidate.name === bucket);
    if (!made) {
      const known = buckets.map(candidate => candidate.name).join(', ') || 'none';
      throw new Refusal(`${name} is to have folders of the bucket ${bucket}, which is not among 'buckets' (${known}); add it there`);
    }
    const bindings = folderBindings(name, bucket, grants);
    const member = project.principal(identity);
    for (const { role, title, expression } of bindings) {
      new StorageBucketIamMember(this, `${idOf(name, role)} ${bucket}`, {
        bucket: made.bucket.name, role, member, condition: { title, expression }, dependsOn: [cluster],
      });
    }
    this.principals.set(made, (this.principals.get(made) ?? 0) + bindings.length);
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
