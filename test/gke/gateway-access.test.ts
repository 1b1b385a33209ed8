import { GatewayAccess } from '../../lib/gke';
import { synthesized } from './synthesized';

test('an address, its certificate, and those who may pass', () => {
  const made = synthesized((stack, project) => new GatewayAccess(stack, 'gateway', {
    project, hosts: ['chat.example.com'], members: ['group:team@example.com', 'domain:example.com'],
  }));
  expect(made.one('google_compute_global_address')).toMatchObject({ name: 'vllm-gateway' });
  expect(made.one('google_compute_managed_ssl_certificate')).toMatchObject({ name: 'vllm-gateway', managed: { domains: ['chat.example.com'] } });
  expect(made.all('google_iap_web_iam_member')).toMatchObject(['group:team@example.com', 'domain:example.com'].map(member => ({
    role: 'roles/iap.httpsResourceAccessor', member,
  })));
});
