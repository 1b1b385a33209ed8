import { ServiceIdentity } from '../../lib';

test('a workload may do nothing unless it is said', () => {
  expect(new ServiceIdentity({ namespace: 'vllm', serviceAccountName: 'server' })).toEqual({
    namespace: 'vllm', serviceAccountName: 'server', grants: [],
  });
});

test('what it may do is limited to a bucket', () => {
  const grants = [{ role: 'roles/storage.objectViewer', bucket: 'my-models' }];
  expect(new ServiceIdentity({ namespace: 'vllm', serviceAccountName: 'server', grants }).grants).toEqual(grants);
});
