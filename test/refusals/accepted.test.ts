import { ApiObject } from 'cdk8s';
import { KustomizeApp } from '../../lib';
import { contentOf, temporaryFolders } from '../kustomize/folders';
import { Program, serverIn, unitOf } from './case';

const temporaryFolder = temporaryFolders();

function filesOf(program: Program): string[] {
  const root = temporaryFolder();
  const app = new KustomizeApp({ root });
  program(app);
  app.synth();
  return Object.keys(contentOf(`${root}/dist/kustomize`));
}

interface Own {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name?: string;
  readonly annotations?: Record<string, string>;
  readonly spec: object;
}

function objects(...own: Own[]): Program {
  return (app) => {
    const unit = unitOf(app);
    serverIn(unit);
    own.forEach(({ apiVersion, kind, name = 'own', annotations, spec }, index) =>
      new ApiObject(unitOf(app, `unit-${index}`), kind, { apiVersion, kind, metadata: { name, annotations }, spec }));
  };
}

const BACKEND = { name: 'vllm-openai-gcs-h100', port: 8000 };
const ROUTE: Own = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', spec: { rules: [{ backendRefs: [BACKEND] }] } };
const INGRESS: Own = {
  apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', spec: { defaultBackend: { service: { name: 'guarded', port: { number: 80 } } } },
};
const guardedService = (annotation: object): Own => ({
  apiVersion: 'v1', kind: 'Service', name: 'guarded', annotations: { 'cloud.google.com/backend-config': JSON.stringify(annotation) },
  spec: { type: 'ClusterIP', ports: [{ port: 80 }] },
});
const proxy = (enabled: boolean): Own => ({ apiVersion: 'cloud.google.com/v1', kind: 'BackendConfig', name: 'iap', spec: { iap: { enabled } } });
const policy = (name: string): Own => ({
  apiVersion: 'networking.gke.io/v1', kind: 'GCPBackendPolicy',
  spec: { default: { iap: { enabled: true } }, targetRef: { group: '', kind: 'Service', name } },
});

test.each<[string, Program]>([
  ['a route whose backend has Identity-Aware Proxy', objects(ROUTE, policy(BACKEND.name))],
  ['an Ingress whose backend has it', objects(INGRESS, guardedService({ default: 'iap' }), proxy(true))],
  ['on one port', objects(INGRESS, guardedService({ ports: { http: 'iap' } }), proxy(true))],
  ['a Gateway without a route', objects({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', spec: { gatewayClassName: 'x', listeners: [] } })],
  ['a route that only redirects', objects({ ...ROUTE, spec: { rules: [{ filters: [{ type: 'RequestRedirect' }] }] } })],
])('%s is no public exposure', (_, program) => {
  expect(filesOf(program).length).toBeGreaterThan(5);
});

test.each<[string, Program]>([
  ['of another backend', objects(ROUTE, policy('other'))],
  ['that is off', objects(INGRESS, guardedService({ default: 'iap' }), proxy(false))],
  ['that the Service does not name', objects(INGRESS, guardedService({ default: 'other' }), proxy(true))],
])('a proxy %s does not help', (_, program) => {
  expect(() => filesOf(program)).toThrow(/to all who reach the address, without authentication\. Add a /);
});

function claimed(accessMode: string, kind: string, spec: object): Program {
  const template = {
    metadata: { labels: { app: 'own' } },
    spec: { containers: [{ name: 'main', image: 'a/b:v1' }], volumes: [{ name: 'weights', persistentVolumeClaim: { claimName: 'own' } }] },
  };
  return objects(
    { apiVersion: 'v1', kind: 'PersistentVolumeClaim', spec: { accessModes: [accessMode] } },
    { apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1', kind, spec: { ...spec, template } },
  );
}

const SELECTOR = { selector: { matchLabels: { app: 'own' } } };

test.each<[string, Program]>([
  ['one pod on a disk for one node', claimed('ReadWriteOnce', 'Deployment', { ...SELECTOR, replicas: 1 })],
  ['a Job on a disk for one node', claimed('ReadWriteOnce', 'Job', {})],
  ['many pods on a disk that many read', claimed('ReadOnlyMany', 'Deployment', { ...SELECTOR, replicas: 9 })],
  ['many pods on a file share', claimed('ReadWriteMany', 'StatefulSet', { ...SELECTOR, serviceName: 'own', replicas: 9 })],
])('%s is taken', (_, program) => {
  expect(filesOf(program).length).toBeGreaterThan(5);
});

test('an environment variable that takes its secret from the cluster is taken', () => {
  const env = [{ name: 'HF_TOKEN', valueFrom: { secretKeyRef: { name: 'hub', key: 'token' } } }, { name: 'MAX_TOKENS', value: '128' }];
  const template = { metadata: { labels: { app: 'own' } }, spec: { containers: [{ name: 'main', image: 'a/b:v1', env }] } };
  expect(filesOf(objects({ apiVersion: 'apps/v1', kind: 'Deployment', spec: { ...SELECTOR, template } })).length).toBeGreaterThan(5);
});
