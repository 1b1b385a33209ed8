import { NodeIdentity } from '../../lib/gke';
import { synthesized } from './synthesized';

test('nodes have an account of their own with the one role that Google names for it, and no key', () => {
  const made = synthesized((stack, project) => new NodeIdentity(stack, 'nodes', { project }));
  expect(made.one('google_service_account')).toMatchObject({ account_id: 'vllm-nodes' });
  const { role, member } = made.one('google_project_iam_member');
  expect([role, made.reference(member)]).toEqual(['roles/container.defaultNodeServiceAccount', '${google_service_account.nodes_Account.member}']);
  expect(made.all('google_service_account_key')).toEqual([]);
});
