import { HubToken } from '../../lib/gke';
import { synthesized } from './synthesized';

test('the token has a place, and its value is nowhere', () => {
  const made = synthesized((stack, project) => new HubToken(stack, 'token', { project }));
  expect(made.one('google_secret_manager_secret')).toMatchObject({
    secret_id: 'hugging-face-token', replication: { auto: {} }, deletion_protection: true,
  });
  expect(made.all('google_secret_manager_secret_version')).toEqual([]);
});
