import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Accelerator, KustomizeUnit, Model, ServingNamespace, VllmServer, WeightsStorage, WeightsVolume } from '../../../lib';
import { Program, Refusals, serverIn, serving, unitOf } from '../case';

const TOKEN = `hf_${'AbCdEfGhIjKlMnOp'.repeat(2)}`;

/** Beside a server, an object of one's own. */
function beside(kind: string, spec: object, apiVersion = 'v1', metadata: object = {}): Program {
  return (app) => {
    const unit = unitOf(app);
    serverIn(unit);
    new ApiObject(unit, 'own', { apiVersion, kind, metadata: { name: 'own', ...metadata }, spec });
  };
}

function container(props: Partial<k8s.Container>): Program {
  return app => new k8s.KubeDeployment(unitOf(app), 'own', {
    metadata: { name: 'own' },
    spec: {
      selector: { matchLabels: { app: 'own' } },
      template: { metadata: { labels: { app: 'own' } }, spec: { containers: [{ name: 'main', image: 'a/b:v1', ...props }] } },
    },
  });
}

const PORTS = [{ port: 8000 }];
const ROUTE = { rules: [{ backendRefs: [{ name: 'vllm-openai-gcs-h100', port: 8000 }] }] };
const INGRESS_BACKEND = { service: { name: 'vllm-openai-gcs-h100', port: { number: 8000 } } };

export const MANIFEST: Refusals = {
  'a name that is no DNS label': {
    'of a server: capitals': serving({ name: 'My-Server' }),
    'of a server: too long for its suffixes': serving({ name: 'a'.repeat(54) }),
    'of a server: a dot': serving({ name: 'vllm.l4' }),
    'of a server: a digit first': serving({ name: '4-servers' }),
    'of a server: empty': serving({ name: '' }),
    'of a cell': app => unitOf(app, 'server', 'L4_GCS'),
    'of a unit': app => unitOf(app, 'load_test'),
    'of a namespace': app => new ServingNamespace(unitOf(app), 'namespace', { name: 'My.Models' }),
    'of a unit\'s namespace': app => new KustomizeUnit(app, 'unit', { cell: 'cell', namespace: '' }),
    'of a bucket': serving({}, undefined, () => WeightsStorage.gcsFuse({ bucket: 'gs://my-models' })),
  },
  'a duplicate object': {
    'two servers of one name': (app) => {
      const unit = unitOf(app);
      const weights = new WeightsVolume(unit, 'weights', { model: Model.QWEN3_8B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
      ['one', 'two'].forEach(id => new VllmServer(unit, id, { weights, accelerator: Accelerator.H100 }));
    },
    'in two units of a cell': app => ['server', 'other'].forEach(unit => serverIn(unitOf(app, unit))),
    'an object of one\'s own with a server\'s name': beside('Service', { ports: PORTS }, 'v1', { name: 'vllm-openai-gcs-h100' }),
    'in another version of its API': (app) => {
      const unit = unitOf(app);
      ['v1', 'v1beta1'].forEach(version => new ApiObject(unit, version, {
        apiVersion: `policy/${version}`, kind: 'PodDisruptionBudget', metadata: { name: 'own' },
      }));
    },
  },
  'a literal secret': {
    'a Hugging Face token for a server': serving({ extraEnv: { HF_TOKEN: TOKEN } }),
    'an API key for a server': serving({ extraEnv: { VLLM_API_KEY: 'sk-1' } }),
    'an API key as an argument': serving({ extraArgs: ['--api-key=sk-1'] }),
    'a token as an argument': serving({ extraArgs: ['--hf-token', TOKEN] }),
    'a token that an argument hides': serving({ extraArgs: [`--override-generation-config={"a": "${TOKEN}"}`] }),
    'a password of another container': container({ env: [{ name: 'DB_PASSWORD', value: 'hunter2' }] }),
    'a token whose name says nothing': container({ env: [{ name: 'VALUE', value: TOKEN }] }),
    'a Secret with its data': app => new k8s.KubeSecret(unitOf(app), 'own', { metadata: { name: 'own' }, stringData: { token: 'x' } }),
  },
  'an unpinned image': {
    latest: container({ image: 'docker.io/vllm/vllm-openai:latest' }),
    'without a tag': container({ image: 'vllm/vllm-openai' }),
    'a registry with a port and no tag': container({ image: 'registry:5000/vllm-openai' }),
    'no image': container({ image: undefined }),
    'half a digest for a server': serving({ imageDigest: 'sha256:abc' }),
    'a tag for a digest': serving({ imageDigest: 'v0.32.0' }),
    'a tag where a digest is required': serving({ requireDigest: true }),
  },
  'a public exposure without authentication': {
    'a Service with a load balancer': beside('Service', { type: 'LoadBalancer', ports: PORTS }),
    'one that is internal': beside(
      'Service', { type: 'LoadBalancer', ports: PORTS }, 'v1', { annotations: { 'networking.gke.io/load-balancer-type': 'Internal' } }),
    'a port on every node': beside('Service', { type: 'NodePort', ports: PORTS }),
    'an address of one\'s own': beside('Service', { externalIPs: ['203.0.113.7'], ports: PORTS }),
    'an Ingress': beside('Ingress', { defaultBackend: INGRESS_BACKEND }, 'networking.k8s.io/v1'),
    'a path of an Ingress': beside(
      'Ingress', { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: INGRESS_BACKEND }] } }] }, 'networking.k8s.io/v1'),
    'a route of a Gateway': beside('HTTPRoute', ROUTE, 'gateway.networking.k8s.io/v1'),
    'a route to an InferencePool': beside(
      'HTTPRoute', { rules: [{ backendRefs: [{ group: 'inference.networking.k8s.io', kind: 'InferencePool', name: 'pool' }] }] },
      'gateway.networking.k8s.io/v1'),
    'a route whose policy has no proxy': (app) => {
      beside('HTTPRoute', ROUTE, 'gateway.networking.k8s.io/v1')(app);
      new ApiObject(unitOf(app, 'policy'), 'policy', {
        apiVersion: 'networking.gke.io/v1', kind: 'GCPBackendPolicy', metadata: { name: 'own' },
        spec: { default: { iap: { enabled: false } }, targetRef: { group: '', kind: 'Service', name: 'vllm-openai-gcs-h100' } },
      });
    },
  },
};
