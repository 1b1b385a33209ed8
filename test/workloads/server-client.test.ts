import { Chart, Testing } from 'cdk8s';
import { ServerClient } from '../../lib/workloads/server-client';
import { toInternet } from '../../lib/pods';
import { objectsOf, refusalOf, server, unit } from '../serving/rendered';

const props = (scope: ReturnType<typeof unit>) => ({ server: server(scope), app: 'reader', name: 'reader-of-l4', component: 'client' });
const policyOf = (scope: ReturnType<typeof unit>) =>
  objectsOf(scope).find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'reader-of-l4')!.spec as Record<string, unknown>;

test('its pods are let in by the server, and reach nothing but it', () => {
  const scope = unit();
  const given = props(scope);
  const client = new ServerClient(scope, 'client', given);
  expect(client.podLabels).toEqual({ ...client.labels, ...given.server.clientLabels });
  expect(policyOf(scope)).toMatchObject({
    podSelector: { matchLabels: client.selectorLabels },
    policyTypes: ['Ingress', 'Egress'],
    egress: [
      { ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }] },
      { ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }] },
      { to: [{ podSelector: { matchLabels: given.server.selectorLabels } }], ports: [{ port: 8000, protocol: 'TCP' }] },
    ],
  });
  expect(policyOf(scope)).not.toHaveProperty('ingress');
});

test('more is let through as asked for', () => {
  const scope = unit();
  new ServerClient(scope, 'client', { ...props(scope), ingress: [{}], egress: [toInternet()] });
  expect(policyOf(scope)).toMatchObject({ ingress: [{}], egress: { length: 4 } });
});

test('refuses a name that is no label, and another namespace than the server\'s', () => {
  const scope = unit();
  const given = props(scope);
  expect(refusalOf(() => new ServerClient(scope, 'client', { ...given, name: 'Reader' }))).toContain('\'name\' (Reader) is no DNS label');
  expect(refusalOf(() => new ServerClient(scope, 'long', { ...given, name: 'r'.repeat(53) }))).toContain('at most 52 characters');
  expect(refusalOf(() => new ServerClient(new Chart(Testing.app(), 'other', { namespace: 'other' }), 'client', given)))
    .toContain('make both in one namespace');
});
