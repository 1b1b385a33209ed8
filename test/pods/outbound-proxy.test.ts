import { reachGoogleApis, WeightsLoader, WeightsLoaderProps, WeightsStorage, WeightsVolume, Model, KustomizeUnit } from '../../lib';
import { outbound } from '../../lib/pods';
import { App } from 'cdk8s';
import { objectsOf, refusalOf, unit } from '../serving/rendered';

function loaderIn(scope: KustomizeUnit, props: Partial<WeightsLoaderProps>) {
  const weights = new WeightsVolume(scope, 'weights', { model: Model.QWEN3_0_6B, storage: WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
  new WeightsLoader(scope, 'loader', { weights, ...props });
  return objectsOf(scope);
}

const egressOf = (objects: ReturnType<typeof objectsOf>) => objects.find(({ kind }) => kind === 'NetworkPolicy')!.spec.egress as {
  to: { ipBlock?: { cidr: string; except?: string[] }; namespaceSelector?: object }[]; ports: { port: number }[];
}[];

test.each<[string, object, number]>([
  ['http://10.0.0.7:3128', { ipBlock: { cidr: '10.0.0.7/32' } }, 3128],
  ['http://203.0.113.9:8080/', { ipBlock: { cidr: '203.0.113.9/32' } }, 8080],
  ['http://proxy.example.com:80', { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }, 80],
  ['http://squid.way-out.svc.cluster.local:3128', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'way-out' } } }, 3128],
])('the policy lets the loader out to %s, and to no public address', (httpsProxy, peer, port) => {
  const app = new App();
  reachGoogleApis(app, 'private');
  const egress = egressOf(loaderIn(new KustomizeUnit(app, 'unit', { cell: 'own', namespace: 'vllm' }), { httpsProxy }));
  expect(egress.at(-1)).toEqual({ to: [peer], ports: [{ port, protocol: 'TCP' }] });
  expect(egress.filter(({ ports }) => ports.some(({ port: open }) => open === 443)).map(({ to }) => to[0].ipBlock!.cidr)).toEqual(['199.36.153.8/30']);
});

test('without a proxy it is let out to public addresses', () => {
  expect(egressOf(loaderIn(unit(), {})).at(-1)!.to[0].ipBlock!.cidr).toBe('0.0.0.0/0');
});

test('what it says to the program', () => {
  const [{ env, args, volumeMounts }] = loaderIn(unit(), {
    httpsProxy: 'http://proxy.example.com:80', noProxy: ['.example.com', '10.0.0.9'], caCertificates: { configMapName: 'ca', key: 'ours.crt' },
  }).find(({ kind }) => kind === 'Job')!.spec.template.spec.containers;
  expect(env).toEqual(expect.arrayContaining([{ name: 'HTTPS_PROXY', value: 'http://proxy.example.com:80' }, { name: 'NO_PROXY', value: '.example.com,10.0.0.9' }]));
  expect(args).toContain('--ca-file=/etc/cdk8s-vllm-ca/ca.crt');
  expect(volumeMounts).toContainEqual({ name: 'ca-certificates', mountPath: '/etc/cdk8s-vllm-ca', readOnly: true });
});

test('nothing at all by itself', () => expect(outbound({})).toEqual({ env: {}, mounts: [], egress: undefined }));

test('a password is not repeated', () => {
  expect(refusalOf(() => outbound({ httpsProxy: 'http://me:Pa55word@10.0.0.7:3128' }))).not.toContain('Pa55');
  expect(refusalOf(() => outbound({ httpsProxy: 'me:Pa55word@10.0.0.7' }))).not.toContain('Pa55');
});
