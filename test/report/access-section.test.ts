import { Grant } from '../../lib/common/grant';
import { ServiceIdentity } from '../../lib/common/identity';
import { identityList } from '../../lib/report/access-section';
import { ReportedServer } from '../../lib/report/reported';

const workload = (name: string, verb: 'read' | 'write') => ({
  name, identity: new ServiceIdentity({
    namespace: 'vllm', serviceAccountName: 'shared', existing: true, grants: [{ bucket: 'models', folder: name, verb }] satisfies Grant[],
  }),
});

test('an account that workloads share may do what each of them needs', () => {
  const { text } = identityList({ workloads: [workload('server', 'read'), workload('loader', 'write')] } as unknown as ReportedServer);
  expect(text.match(/<code>shared<\/code>/g)).toHaveLength(1);
  expect(text).toContain('reads models/server, writes models/loader');
});
