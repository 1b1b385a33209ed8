import { Grant, ServiceIdentity } from '../../lib';

test('a workload may do nothing unless it is said', () => {
  expect(new ServiceIdentity({ namespace: 'vllm', serviceAccountName: 'server' })).toEqual({
    namespace: 'vllm', serviceAccountName: 'server', grants: [], existing: false,
  });
});

test('what it may do is limited to folders', () => {
  const grants: Grant[] = [{ bucket: 'my-models', folder: 'a/b', verb: 'read' }, { role: 'roles/monitoring.viewer' }];
  expect(new ServiceIdentity({ namespace: 'vllm', serviceAccountName: 'server', grants }).grants).toEqual(grants);
});
