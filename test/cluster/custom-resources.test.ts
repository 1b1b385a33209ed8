import { Chart, Testing } from 'cdk8s';
import {
  Accelerator, InferenceGateway, InferenceGatewayProps, Model, VllmMetric, VllmScaledObject, VllmScaledObjectProps, VllmServer,
  WeightsStorage, WeightsVolume,
} from '../../lib';
import { ControlPlane } from '../rig/control-plane';
import { Rendered } from '../serving/rendered';
import { changesOf, linesWithout } from './applied';
import { NAMESPACE } from './cells';

const PROXIES = '10.9.0.0/23';
const CERTIFICATE = 'vllm-gateway';

/** Each way in that there is. */
const GATEWAYS: { readonly [name: string]: Omit<InferenceGatewayProps, 'server'> } = {
  internal: { proxyCidr: PROXIES },
  'internal-with-a-picker': { proxyCidr: PROXIES, endpointPicker: { serviceName: 'picker' } },
  'regional-with-a-key': { exposure: 'regional', proxyCidr: PROXIES, certificateName: CERTIFICATE, hosts: ['llm.example.com', '*.example.org'] },
  'regional-with-a-picker': {
    exposure: 'regional', proxyCidr: PROXIES, certificateName: CERTIFICATE, endpointPicker: { serviceName: 'picker', port: 9102 },
  },
  'global-with-a-key': { exposure: 'global', certificateName: CERTIFICATE, addressName: 'vllm-gateway' },
  'global-behind-iap': { exposure: 'global', certificateName: CERTIFICATE, identityAwareProxy: true, timeoutSeconds: 3600 },
};

/** Each Prometheus that KEDA can ask. */
const SCALED_OBJECTS: { readonly [name: string]: Omit<VllmScaledObjectProps, 'server'> } = {
  'by-managed-prometheus': { projectId: 'my-project', clusterName: 'blue' },
  'by-own-prometheus': {
    serverAddress: 'http://prometheus.monitoring:9090', metrics: [{ metric: VllmMetric.REQUESTS_WAITING }, { metric: VllmMetric.KV_CACHE_USAGE }],
  },
};

function serverIn(chart: Chart, name: string): VllmServer {
  const weights = new WeightsVolume(chart, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
  return new VllmServer(chart, 'server', { name, weights, accelerator: Accelerator.H100, apiKeySecretName: 'key' });
}

function madeBeside(name: string, add: (chart: Chart, server: VllmServer) => unknown): Rendered[] {
  const chart = new Chart(Testing.app(), name, { namespace: NAMESPACE });
  const server = serverIn(chart, name);
  const before = (Testing.synth(chart) as Rendered[]).length;
  add(chart, server);
  return (Testing.synth(chart) as Rendered[]).slice(before);
}

const made: [string, Rendered[]][] = [
  ...Object.entries(GATEWAYS).map(([name, props]): [string, Rendered[]] =>
    [name, madeBeside(name, (chart, server) => new InferenceGateway(chart, 'gateway', { server, ...props }))]),
  ...Object.entries(SCALED_OBJECTS).map(([name, props]): [string, Rendered[]] =>
    [name, madeBeside(name, (chart, server) => new VllmScaledObject(chart, 'scaled-object', { server, ...props }))]),
];
const everything = made.flatMap(([, objects]) => objects);

type Change = (spec: Rendered['spec']) => unknown;

/** A field that there is not, and a value that there cannot be, for each kind. */
const SLIPS: readonly [string, Change, RegExp][] = [
  ['Gateway', spec => spec.listeners[0].protokol = 'HTTP', /unknown field "spec\.listeners\[0\]\.protokol"/],
  ['Gateway', spec => spec.listeners.push(spec.listeners[0]), /Listener name must be unique|Duplicate value/],
  ['HTTPRoute', spec => spec.rules[0].match = [], /unknown field "spec\.rules\[0\]\.match"/],
  ['HTTPRoute', spec => delete spec.rules[0].backendRefs[0].port, /Must have port for Service reference/],
  ['HealthCheckPolicy', spec => spec.default.checkIntervalSeconds = 5, /unknown field "spec\.default\.checkIntervalSeconds"/],
  ['HealthCheckPolicy', spec => spec.default.config.type = 'PING', /spec\.default\.config\.type: Unsupported value: "PING"/],
  ['GCPBackendPolicy', spec => spec.default.timeoutSeconds = 5, /unknown field "spec\.default\.timeoutSeconds"/],
  ['GCPBackendPolicy', spec => spec.default.connectionDraining.drainingTimeoutSec = 3601, /less than or equal to 3600/],
  ['InferencePool', spec => spec.targetPort = 8000, /unknown field "spec\.targetPort"/],
  ['InferencePool', spec => spec.targetPorts = [], /spec\.targetPorts.*at least 1 items/],
  ['ScaledObject', spec => spec.maxReplicas = 5, /unknown field "spec\.maxReplicas"/],
  ['ScaledObject', spec => spec.triggers[0].metadata.threshold = 10, /spec\.triggers\[0\]\.metadata\.threshold/],
  ['TriggerAuthentication', spec => spec.podIdentity.provider = 'google', /spec\.podIdentity\.provider: Unsupported value: "google"/],
];

test('every kind is made, and has a slip', () => {
  const kinds = [...new Set(everything.map(({ kind }) => kind))].filter(kind => kind !== 'NetworkPolicy').sort();
  expect(kinds).toEqual([...new Set(SLIPS.map(([kind]) => kind))].sort());
});

describe.each(ControlPlane.MINORS)('Gateway API, GKE\'s policies and KEDA on Kubernetes %s', (minor) => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await ControlPlane.start({ minor });
    await plane.applyCrds();
    await plane.api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  });

  afterAll(() => plane?.stop());

  const listOf = (items: readonly Rendered[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

  test.each(made)('%s is accepted strictly and without a warning, and a second apply changes nothing', async (_, objects) => {
    const { stdout, stderr } = await plane.kubectl(['apply', '--validate=strict', '-f', '-'], listOf(objects));
    expect([...linesWithout('created', stdout), stderr]).toEqual(['']);
    expect(await changesOf(plane, ['-f', '-'], listOf(objects))).toEqual([]);
  });

  test.each(SLIPS)('a slip in %s is refused', async (kind, change, message) => {
    const slip = structuredClone(everything.find(object => object.kind === kind)!);
    change(slip.spec);
    await expect(plane.kubectl(['apply', '--validate=strict', '--dry-run=server', '-f', '-'], JSON.stringify(slip))).rejects.toThrow(message);
  });
});
