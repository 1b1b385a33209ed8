import { Chart, Testing } from 'cdk8s';
import { BatchInference, GradioChat, IVllmServer, LocustLoadTest, VllmServer } from '../../lib';
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

describe('every client sends the server\'s key, from the Secret that it has it from', () => {
  type Make = (scope: ReturnType<typeof unit>, asked: IVllmServer, more?: { apiKeySecretName?: string }) => unknown;
  const CLIENTS: { readonly [name: string]: Make } = {
    chat: (scope, asked, more) => new GradioChat(scope, 'client', { server: asked, ...more }),
    batch: (scope, asked, more) =>
      new BatchInference(scope, 'client', { server: asked, bucket: 'my-data', input: 'in/questions.jsonl', output: 'out', ...more }),
    'load test': (scope, asked, more) => new LocustLoadTest(scope, 'client', { server: asked, ...more }),
  };
  const secretsOf = (scope: ReturnType<typeof unit>): string[] => [...new Set(objectsOf(scope)
    .filter(({ kind, metadata }) => ['Deployment', 'Job'].includes(kind) && metadata.name !== 'vllm-openai-gcs-h100')
    .flatMap(({ spec }) => spec.template.spec.volumes as { secret?: { secretName: string } }[])
    .flatMap(({ secret }) => secret?.secretName ?? []))];

  test.each(Object.entries(CLIENTS))('%s', (_, make) => {
    const keyed = unit();
    make(keyed, server(keyed, { apiKeySecretName: 'server-key' }));
    expect(secretsOf(keyed)).toEqual(['server-key']);
    const own = unit();
    make(own, server(own, { apiKeySecretName: 'server-key' }), { apiKeySecretName: 'own-key' });
    expect(secretsOf(own)).toEqual(['own-key']);
    const open = unit();
    make(open, server(open));
    expect(secretsOf(open)).toEqual([]);
    const imported = unit();
    make(imported, VllmServer.fromAttributes(imported, 'server', {
      name: 'theirs', servedModelName: 'm', maxModelLen: 8192, maxNumSeqs: 64, apiKeySecretName: 'their-key',
    }));
    expect(secretsOf(imported)).toEqual(['their-key']);
  });

  test('but not to another target', () => {
    const scope = unit();
    new LocustLoadTest(scope, 'client', {
      server: server(scope, { apiKeySecretName: 'server-key' }), target: 'https://api.example.com', acknowledgeExternalTarget: true,
    });
    expect(secretsOf(scope)).toEqual([]);
  });
});
