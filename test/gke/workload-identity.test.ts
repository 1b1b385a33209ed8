import { ModelBucket, WorkloadIdentity } from '../../lib/gke';
import { Grant } from '../../lib/common/grant';
import { ServiceIdentity } from '../../lib/common/identity';
import { clusterIn, synthesized } from './synthesized';

const identity = (serviceAccountName: string, ...grants: Grant[]) => new ServiceIdentity({ namespace: 'vllm', serviceAccountName, grants });
const granted = (...identities: ServiceIdentity[]) => synthesized((stack, project) => {
  const buckets = [new ModelBucket(stack, 'models', { project, name: 'vllm-models' })];
  new WorkloadIdentity(stack, 'identities', { cluster: clusterIn(stack, project), buckets, identities });
});

test('each gets what it says, on the bucket, and once the pool of identities is there', () => {
  const made = granted(identity('server', { role: 'roles/storage.objectViewer', bucket: 'vllm-models' }),
    identity('loader', { role: 'roles/storage.objectUser', bucket: 'vllm-models' }), identity('nothing'));
  expect(made.all('google_storage_bucket_iam_member').map(({ role, member, bucket, depends_on: after }) => [
    role, member.slice(-'vllm/sa/server'.length), made.reference(bucket), after.map((name: string) => made.reference(name)),
  ])).toEqual([['roles/storage.objectViewer', 'vllm/sa/server'], ['roles/storage.objectUser', 'vllm/sa/loader']].map(pair => [
    ...pair, '${google_storage_bucket.models.name}', ['google_container_cluster.cluster'],
  ]));
  expect(made.one('google_project_iam_member').role).toBe('roles/container.defaultNodeServiceAccount');
});

test('the metrics adapter reads metrics of the project, which no smaller thing has', () => {
  const made = granted(identity('adapter', { role: 'roles/monitoring.viewer' }));
  const [, grant] = made.all('google_project_iam_member');
  expect(grant).toMatchObject({ role: 'roles/monitoring.viewer', project: '${var.project_id}' });
  expect(grant.depends_on.map((name: string) => made.reference(name))).toEqual(['google_container_cluster.cluster']);
});

test('two workloads of one account that may the same have one grant', () => {
  const grant = { role: 'roles/storage.objectViewer', bucket: 'vllm-models' };
  expect(granted(identity('server', grant), identity('server', grant)).all('google_storage_bucket_iam_member')).toHaveLength(1);
});
