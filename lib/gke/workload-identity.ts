import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member';
import { Construct } from 'constructs';
import { Grant, ServiceIdentity } from '../common/identity';
import { GkeCluster } from './gke-cluster';
import { ModelBucket } from './model-bucket';
import { Refusal, refusing } from '../common/refusal';
import { requirePropsOf } from '../common/props';

/** What workloads may get: reading and writing objects of a bucket, and reading metrics, which no smaller thing than a project has. */
const BUCKET_ROLES = ['roles/storage.objectViewer', 'roles/storage.objectUser'];
const PROJECT_ROLES = ['roles/monitoring.viewer'];

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
 * Gives each Kubernetes service account exactly what its pods need, on the resource, and without a key.
 *
 * @throws on two identities of one name with different grants, a bucket that is not among those made, and on wider roles
 */
export class WorkloadIdentity extends Construct {
  constructor(scope: Construct, id: string, props: WorkloadIdentityProps) {
    super(scope, id);
    requirePropsOf(this, 'WorkloadIdentityProps', props);
    refusing(this, () => {
      for (const [name, identity] of unique(props.identities)) {
        identity.grants.forEach(grant => this.grant(name, identity, grant, props));
      }
    });
  }

  private grant(name: string, identity: ServiceIdentity, { role, bucket }: Grant, props: WorkloadIdentityProps): void {
    const { cluster: { project, cluster }, buckets } = props;
    const member = project.principal(identity);
    const grantId = `${name} ${role}`.replaceAll('/', '.');
    const dependsOn = [cluster];
    if (bucket === undefined) {
      requireRole(name, role, PROJECT_ROLES, 'on the project');
      new ProjectIamMember(this, grantId, { project: project.id, role, member, dependsOn });
      return;
    }
    requireRole(name, role, BUCKET_ROLES, `on the bucket ${bucket}`);
    const made = buckets.find(candidate => candidate.name === bucket);
    if (!made) {
      const known = buckets.map(candidate => candidate.name).join(', ') || 'none';
      throw new Refusal(`${name} is to have ${role} on the bucket ${bucket}, which is not among 'buckets' (${known}); add it there`);
    }
    new StorageBucketIamMember(this, `${grantId} ${bucket}`, { bucket: made.bucket.name, role, member, dependsOn });
  }
}

function unique(identities: readonly ServiceIdentity[]): Map<string, ServiceIdentity> {
  const found = new Map<string, ServiceIdentity>();
  for (const identity of identities) {
    const name = `${identity.namespace}/${identity.serviceAccountName}`;
    const earlier = found.get(name);
    if (earlier && textOf(earlier.grants) !== textOf(identity.grants)) {
      throw new Refusal(`${name} is the service account of two workloads with different grants: ${textOf(earlier.grants)}; and`
        + ` ${textOf(identity.grants)}. Give each a service account of its own`);
    }
    found.set(name, identity);
  }
  return found;
}

function textOf(grants: readonly Grant[]): string {
  return grants.map(({ role, bucket }) => bucket === undefined ? role : `${role} on ${bucket}`).sort().join(', ') || 'nothing';
}

function requireRole(name: string, role: string, allowed: readonly string[], where: string): void {
  if (!allowed.includes(role)) {
    throw new Refusal(`${name}: ${role} ${where} is more than a workload gets; it may have ${allowed.join(', ')}`);
  }
}
