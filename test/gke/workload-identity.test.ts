import { ModelBucket, WorkloadIdentity } from '../../lib/gke';
import { Grant } from '../../lib/common/grant';
import { ServiceIdentity } from '../../lib/common/identity';
import { clusterIn, synthesized } from './synthesized';

const identity = (serviceAccountName: string, ...grants: Grant[]) => new ServiceIdentity({ namespace: 'vllm', serviceAccountName, grants });
const inBucket = (verb: 'read' | 'write', folder: string): Grant => ({ bucket: 'vllm-models', folder, verb });
const granted = (...identities: ServiceIdentity[]) => synthesized((stack, project) => {
  const buckets = [new ModelBucket(stack, 'models', { project, name: 'vllm-models' })];
  new WorkloadIdentity(stack, 'identities', { cluster: clusterIn(stack, project), buckets, identities });
});

test('each gets what it says, on its folders of the bucket, and once the pool of identities is there', () => {
  const made = granted(identity('server', inBucket('read', 'a')), identity('loader', inBucket('write', 'a/b')), identity('nothing'));
  const members = made.all('google_storage_bucket_iam_member');
  expect(members.map(({ role, member, condition }) => [role, member.split('/').at(-1), condition.title])).toEqual([
    ['roles/storage.objectViewer', 'server', 'read its folders'],
    ['roles/storage.objectViewer', 'loader', 'read its folders'],
    ['roles/storage.objectUser', 'loader', 'write its folders'],
    ['roles/storage.objectCreator', 'loader', 'make folders above'],
  ]);
  for (const { bucket, depends_on: after } of members) {
    expect(made.reference(bucket)).toBe('${google_storage_bucket.models.name}');
    expect(after.map((name: string) => made.reference(name))).toEqual(['google_container_cluster.cluster']);
  }
  expect(made.one('google_project_iam_member').role).toBe('roles/container.defaultNodeServiceAccount');
});

test('the metrics adapter reads metrics of the project, which no smaller thing has', () => {
  const made = granted(identity('adapter', { role: 'roles/monitoring.viewer' }));
  const [, grant] = made.all('google_project_iam_member');
  expect(grant).toMatchObject({ role: 'roles/monitoring.viewer', project: '${var.project_id}' });
  expect(grant.depends_on.map((name: string) => made.reference(name))).toEqual(['google_container_cluster.cluster']);
});

test('an account that is there already, and is that of several workloads, gets what all of them need', () => {
  const shared = (...grants: Grant[]) => new ServiceIdentity({ namespace: 'vllm', serviceAccountName: 'search', grants, existing: true });
  const members = granted(shared(inBucket('read', 'a')), shared(), shared(inBucket('write', 'b'), inBucket('read', 'a/c')))
    .all('google_storage_bucket_iam_member');
  const folders = (expression: string) => [...expression.matchAll(/objects\/([a-z/]+)\//g)].map(([, folder]) => folder);
  expect(members.map(({ role, condition }) => [role, folders(condition.expression)])).toEqual([
    ['roles/storage.objectViewer', ['a']],
    ['roles/storage.objectUser', ['b']],
  ]);
});

test('two workloads of one account that may the same have one grant', () => {
  const grant = inBucket('read', 'a');
  expect(granted(identity('server', grant), identity('server', grant)).all('google_storage_bucket_iam_member')).toHaveLength(1);
});
