import { ModelBucket } from '../../lib/gke';
import { synthesized } from './synthesized';

test('the default bucket: folders of its own, no access but by IAM, never public, what is deleted comes back for a week', () => {
  const made = synthesized((stack, project) => new ModelBucket(stack, 'models', { project, name: 'vllm-models' }));
  expect(made.one('google_storage_bucket')).toMatchObject({
    name: 'vllm-models', location: 'us-central1', storage_class: 'STANDARD', force_destroy: false, hierarchical_namespace: { enabled: true },
    uniform_bucket_level_access: true, public_access_prevention: 'enforced', soft_delete_policy: { retention_duration_seconds: 604800 },
    lifecycle_rule: [
      { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
      { action: { type: 'Delete' }, condition: { age: 7, matches_prefix: ['.gcsfuse_tmp/'] } },
    ],
  });
  expect(made.one('google_storage_bucket')).not.toHaveProperty('versioning');
  expect(made.all('google_storage_anywhere_cache')).toEqual([]);
});

test('what a killed mount leaves in a folder is cleared, with at most 50 folders to a rule', () => {
  const writtenFolders = [...Array.from({ length: 60 }, (_, index) => `batch/${index}`), 'batch/0'];
  const made = synthesized((stack, project) => new ModelBucket(stack, 'models', { project, name: 'vllm-models', writtenFolders }));
  const [, ...rules] = made.one('google_storage_bucket').lifecycle_rule as { condition: { matches_prefix: string[] } }[];
  expect(rules.map(({ condition }) => condition.matches_prefix.length)).toEqual([50, 11]);
  expect(rules.flatMap(({ condition }) => condition.matches_prefix)).toEqual(
    ['.gcsfuse_tmp/', ...writtenFolders.slice(0, 60).map(folder => `${folder}/.gcsfuse_tmp/`)]);
});

test.each([0, 7, 90])('what is deleted comes back for %s days', (softDeleteDays) => {
  const made = synthesized((stack, project) => new ModelBucket(stack, 'models', { project, name: 'vllm-models', softDeleteDays }));
  expect(made.one('google_storage_bucket')).toMatchObject({ soft_delete_policy: { retention_duration_seconds: softDeleteDays * 86400 } });
});

test('a cache in each zone that is named', () => {
  const made = synthesized((stack, project) => new ModelBucket(stack, 'models', {
    project, name: 'vllm-models', anywhereCacheZones: ['us-central1-b', 'us-central1-a'],
  }));
  expect(made.all('google_storage_anywhere_cache')).toMatchObject(['us-central1-a', 'us-central1-b'].map(zone => ({
    zone, ttl: '86400s', admission_policy: 'admit-on-first-miss',
  })));
});

test.each<[(bucket: ModelBucket['bucket']) => void, string]>([
  [bucket => bucket.resetUniformBucketLevelAccess(), '\'hierarchicalNamespace\' needs \'uniformBucketLevelAccess\'; set it to true'],
  [(bucket) => { bucket.uniformBucketLevelAccess = false; }, '\'hierarchicalNamespace\' needs \'uniformBucketLevelAccess\'; set it to true'],
  [(bucket) => { bucket.publicAccessPrevention = 'enabled'; }, '\'publicAccessPrevention\' (enabled) must be one of enforced, inherited'],
])('%s is refused, also when it is set later', (change, message) => {
  expect(() => synthesized((stack, project) => change(new ModelBucket(stack, 'models', { project, name: 'vllm-models' }).bucket))).toThrow(message);
});
