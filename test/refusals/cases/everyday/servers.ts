import { InferenceGateway, InferenceGatewayProps, VllmBenchmark, VllmBenchmarkProps, VllmServer } from '../../../../lib';
import { Program, Refusals, serverIn, serving, unitOf } from '../../case';

const gateway = (props: Partial<InferenceGatewayProps>, key?: string): Program => app => new InferenceGateway(unitOf(app), 'gateway', {
  server: serverIn(unitOf(app, 'other'), { apiKeySecretName: key }), proxyCidr: '10.9.0.0/23', ...props,
});
const benchmark = (props: Partial<VllmBenchmarkProps>): Program => app => new VllmBenchmark(unitOf(app, 'benchmark'), 'benchmark', {
  server: serverIn(unitOf(app)), bucket: 'my-results', ...props,
});

/** Keys, gateways, probes and the benchmark of a server. */
export const SERVERS: Refusals = {
  'callers without a key': {
    'from an address': serving({ ingressFrom: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }),
    'with the key in the manifest': serving({ extraEnv: { VLLM_API_KEY: 'a' } }),
    'with a key that nobody else knows of': serving({ secretEnv: { VLLM_API_KEY: { secretName: 'own', key: 'key' } } }),
  },
  'a gateway that cannot be': {
    'with a class that there is not': gateway({ gatewayClassName: 'gke-l4' } as never),
    'without the addresses of its proxies': gateway({ proxyCidr: undefined as never }),
    'with addresses that are none': gateway({ proxyCidr: '10.9.0.0' }),
    'with a server that is a name': gateway({ server: 'vllm' as never }),
  },
  'a liveness probe that cannot be': {
    'that never fails': serving({ livenessFailureThreshold: 0 }),
    'that restarts a busy server': serving({ livenessFailureThreshold: 1 }),
    'that waits for hours': serving({ livenessFailureThreshold: 10_000 }),
    'that is a text': serving({ livenessFailureThreshold: '10' as never }),
  },
  'a benchmark that cannot be': {
    'longer than the server\'s context': benchmark({ inputTokens: 9000, outputTokens: 1000 }),
    'of no question': benchmark({ prompts: 0 }),
    'with a larger batch than the server runs': benchmark({ batchSize: 5000 }),
    'of a server that another app made': app => new VllmBenchmark(unitOf(app, 'benchmark'), 'benchmark', {
      server: VllmServer.fromAttributes(unitOf(app), 'server', { name: 'vllm', servedModelName: 'a', maxModelLen: 4096 } as never) as never, bucket: 'my-results',
    }),
    'into no bucket': benchmark({ bucket: 'gs://results' }),
    'into no folder': benchmark({ output: '/results/' }),
    'without time': benchmark({ deadlineSeconds: 5 }),
    'whose repetitions are a text': benchmark({ iterations: 'many' as never }),
  },
};
