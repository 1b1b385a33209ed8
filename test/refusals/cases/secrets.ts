import { k8s } from 'cdk8s-plus-28';
import { BatchInference, GradioChat, LocustLoadTest, WeightsLoader } from '../../../lib';
import { Program, Refusals, serverIn, unitOf } from '../case';

/** Shaped like a key, and no name of a Secret. */
export const KEY = 'sk-Proj_0123456789abcdefXYZ';

function pod(spec: Partial<k8s.PodSpec>): Program {
  return app => new k8s.KubePod(unitOf(app), 'own', {
    metadata: { name: 'own' }, spec: { containers: [{ name: 'main', image: 'a/b:v1' }], ...spec },
  });
}

const fromSecret = (ref: object): Partial<k8s.PodSpec> => ({
  containers: [{ name: 'main', image: 'a/b:v1', env: [{ name: 'API_KEY', valueFrom: ref as k8s.EnvVarSource }] }],
});

/** In every prop and in every field of a manifest that takes the name of a Secret or of another object. */
export const SECRETS: Refusals = {
  'a secret in the place of a name': {
    'as an API writes it in lower case': app => serverIn(unitOf(app), { apiKeySecretName: KEY.toLowerCase().replaceAll('_', '-') }),
    'as openssl prints it': app => serverIn(unitOf(app), { apiKeySecretName: '0123456789abcdef'.repeat(4) }),
    'for a chat': app => new GradioChat(unitOf(app, 'chat'), 'chat', { server: serverIn(unitOf(app)), apiKeySecretName: KEY }),
    'for a batch': app => new BatchInference(unitOf(app, 'batch'), 'batch', {
      server: serverIn(unitOf(app)), bucket: 'my-data', input: 'in/input.jsonl', output: 'output', apiKeySecretName: KEY,
    }),
    'for the page of a load test': app => new LocustLoadTest(unitOf(app, 'load-test'), 'load-test', {
      server: serverIn(unitOf(app)), webUi: { loginSecretName: KEY },
    }),
    'for a server': app => serverIn(unitOf(app), { apiKeySecretName: KEY }),
    'for a load test': app => new LocustLoadTest(unitOf(app, 'load-test'), 'load-test', { server: serverIn(unitOf(app)), apiKeySecretName: KEY }),
    'for a loader': (app) => {
      const { props } = serverIn(unitOf(app)) as unknown as { props: { weights: ConstructorParameters<typeof WeightsLoader>[2]['weights'] } };
      return new WeightsLoader(unitOf(app, 'weights'), 'loader', { weights: props.weights, tokenSecretName: KEY });
    },
    'for pulling images': app => serverIn(unitOf(app), { imagePullSecrets: [KEY] }),
    'for a variable': app => serverIn(unitOf(app), { secretEnv: { PLUGIN_LICENCE: { secretName: KEY, key: 'licence' } } }),
    'for a service account': app => new GradioChat(unitOf(app, 'chat'), 'chat', { server: serverIn(unitOf(app)), serviceAccountName: KEY }),
    'in a volume': pod({ volumes: [{ name: 'key', secret: { secretName: KEY } }] }),
    'in a reference of the environment': pod(fromSecret({ secretKeyRef: { name: KEY, key: 'key' } })),
    'in a ConfigMap\'s place': pod({ volumes: [{ name: 'key', configMap: { name: KEY } }] }),
    'in a claim\'s place': pod({ volumes: [{ name: 'key', persistentVolumeClaim: { claimName: KEY } }] }),
    'as a service account': pod({ serviceAccountName: KEY }),
    'as a pull secret': pod({ imagePullSecrets: [{ name: KEY }] }),
  },
};
