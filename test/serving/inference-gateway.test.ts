import { ApiObject, JsonPatch } from 'cdk8s';
import { InferenceGateway, InferenceGatewayProps, KustomizeApp, KustomizeUnit, VllmServerProps } from '../../lib';
import { temporaryFolders } from '../kustomize/folders';
import { objectsOf, refusalOf, Rendered, server, unit } from './rendered';

const temporaryFolder = temporaryFolders();
const PROXIES = '10.9.0.0/23';
const KEYED = { apiKeySecretName: 'server-key' };
type Props = Omit<InferenceGatewayProps, 'server'>;

function gateway(props: Props, serverProps: Partial<VllmServerProps> = {}): Rendered[] {
  const scope = unit();
  new InferenceGateway(scope, 'gateway', { server: server(scope, serverProps), ...props });
  return objectsOf(scope).filter(({ metadata }) => metadata.name.endsWith('-gateway'));
}

function specOf(objects: Rendered[], kind: string): Record<string, unknown> {
  return objects.find(object => object.kind === kind)!.spec as Record<string, unknown>;
}

test('an internal gateway is all that its proxies need, and no more', () => {
  expect(gateway({ proxyCidr: PROXIES })).toMatchSnapshot();
});

test('a public one has its address, certificate, names and guard', () => {
  const objects = gateway({
    exposure: 'global', addressName: 'vllm-gateway', certificateName: 'vllm-gateway', hosts: ['llm.example.com'], identityAwareProxy: true,
    timeoutSeconds: 900,
  });
  expect(objects).toMatchSnapshot();
});

test('only what vLLM asks a key for is routed', () => {
  const [rule] = specOf(gateway({ proxyCidr: PROXIES }, KEYED), 'HTTPRoute').rules as { matches: unknown }[];
  expect(rule.matches).toEqual([{ path: { type: 'PathPrefix', value: '/v1' } }]);
});

test('no answer that a server may finish is cut off', () => {
  const long = specOf(gateway({ proxyCidr: PROXIES }, { longestAnswerSeconds: 1200 }), 'GCPBackendPolicy').default as Record<string, unknown>;
  expect(long).toMatchObject({ timeoutSec: 1200, connectionDraining: { drainingTimeoutSec: expect.any(Number) } });
  expect((long.connectionDraining as { drainingTimeoutSec: number }).drainingTimeoutSec).toBeGreaterThan(1200);
  expect(specOf(gateway({ proxyCidr: PROXIES }), 'GCPBackendPolicy').default).toMatchObject({ timeoutSec: 300 });
});

test('with an endpoint picker everything is about its pool', () => {
  const objects = gateway({ exposure: 'regional', proxyCidr: PROXIES, certificateName: 'cert', endpointPicker: { serviceName: 'picker' } }, KEYED);
  const pool = { group: 'inference.networking.k8s.io', kind: 'InferencePool', name: 'vllm-openai-gcs-h100-gateway' };
  expect(specOf(objects, 'InferencePool')).toEqual({
    selector: { matchLabels: { 'app.kubernetes.io/name': 'vllm', 'app.kubernetes.io/instance': 'vllm-openai-gcs-h100' } },
    targetPorts: [{ number: 8000 }],
    endpointPickerRef: { name: 'picker', port: { number: 9002 }, failureMode: 'FailOpen' },
  });
  expect(specOf(objects, 'HTTPRoute').rules).toMatchObject([{ backendRefs: [pool] }]);
  expect(['HealthCheckPolicy', 'GCPBackendPolicy'].map(kind => specOf(objects, kind).targetRef)).toEqual([pool, pool]);
});

test.each<[string, Props, Partial<VllmServerProps>]>([
  ['everybody without a word', { exposure: 'global', certificateName: 'c' }, {}],
  ['everybody in clear', { exposure: 'regional', proxyCidr: PROXIES }, KEYED],
  ['nobody knows who', { exposure: 'public' as 'global' }, {}],
  ['no proxies', {}, {}],
  ['proxies that are none', { proxyCidr: '10.999.0.0/23' }, {}],
  ['too few proxies', { proxyCidr: '10.9.0.0/27' }, {}],
  ['proxies of a region for the world', { exposure: 'global', certificateName: 'c', proxyCidr: PROXIES }, KEYED],
  ['a picker for the world', { exposure: 'global', certificateName: 'c', endpointPicker: { serviceName: 'picker' } }, KEYED],
  ['a host with its scheme', { proxyCidr: PROXIES, hosts: ['https://llm.example.com'] }, {}],
  ['a time-out of a day', { proxyCidr: PROXIES, timeoutSeconds: 86400 }, {}],
  ['a port that is none', { proxyCidr: PROXIES, endpointPicker: { serviceName: 'picker', port: 0 } }, {}],
  ['a name that is none', { proxyCidr: PROXIES, name: 'My Gateway' }, {}],
])('refuses %s', (_, props, serverProps) => {
  expect(refusalOf(() => gateway(props, serverProps))).toMatchSnapshot();
});

describe('what it makes passes the checks of manifests, which refuse what is open', () => {
  type Change = (made: InferenceGateway) => void;
  const synth = (props: Props, serverProps: Partial<VllmServerProps>, change: Change = () => undefined): void => {
    const app = new KustomizeApp({ root: temporaryFolder() });
    const scope = new KustomizeUnit(app, 'server', { cell: 'cell', unit: 'server', namespace: 'vllm' });
    change(new InferenceGateway(scope, 'gateway', { server: server(scope, serverProps), ...props }));
    app.synth();
  };
  const PUBLIC: Props = { exposure: 'global', certificateName: 'c' };
  const patch = (path: string, value: unknown) => (made: InferenceGateway) =>
    (made.node.findChild('Route') as ApiObject).addJsonPatch(JsonPatch.add(path, value));

  test.each<[string, Props, Partial<VllmServerProps>]>([
    ['inside the network', { proxyCidr: PROXIES }, {}],
    ['with a key', PUBLIC, KEYED],
    ['with Identity-Aware Proxy', { ...PUBLIC, identityAwareProxy: true }, {}],
    ['with a pool and a key', { ...PUBLIC, exposure: 'regional', proxyCidr: PROXIES, endpointPicker: { serviceName: 'picker' } }, KEYED],
  ])('%s', (_, props, serverProps) => expect(() => synth(props, serverProps)).not.toThrow());

  test.each<[string, Change]>([
    ['the metrics', patch('/spec/rules/0/matches/-', { path: { type: 'PathPrefix', value: '/metrics' } })],
    ['everything by a header', patch('/spec/rules/0/matches/-', { headers: [{ name: 'x', value: 'y' }] })],
    ['what an expression means', patch('/spec/rules/0/matches/0/path', { type: 'RegularExpression', value: '/v1/x|/metrics' })],
    ['another path by a filter', patch('/spec/rules/0/filters', [{ type: 'URLRewrite' }])],
    ['all paths', patch('/spec/rules/0/matches', [])],
  ])('a key does not guard %s', (_, change) => {
    expect(refusalOf(() => synth(PUBLIC, KEYED, change))).toMatch(/opens Service 'vllm-openai-gcs-h100' to all who reach the address/);
  });
});
