import { Model, takeImagesFrom, VllmServerProps, WeightsLoader, WeightsLoaderProps, WeightsVolume } from '../../../../lib';
import { bucket, Program, Refusals, serving, unitOf } from '../../case';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const from = (registry: string): Program => app => takeImagesFrom(app, registry);
const image = (name: string, props: Partial<VllmServerProps> = {}): Program => serving({ image: name, ...props });
const loader = (props: Partial<WeightsLoaderProps>): Program => (app) => {
  const unit = unitOf(app, 'weights');
  new WeightsLoader(unit, 'loader', { weights: new WeightsVolume(unit, 'weights', { model: Model.QWEN3_8B, storage: bucket() }), ...props });
};
const proxy = (httpsProxy: string): Program => loader({ httpsProxy });
const past = (...noProxy: string[]): Program => loader({ httpsProxy: 'http://10.0.0.7:3128', noProxy });

/** Where images come from, and how weights come in. */
export const NETWORK: Refusals = {
  'a registry that images cannot come from': {
    'with its protocol': from('https://mirror.example.com/ai'),
    'with a slash at its end': from('mirror.example.com/ai/'),
    'with a tag': from('mirror.example.com/ai:v1'),
    'with a digest': from(`mirror.example.com/ai@${DIGEST}`),
    'that is a name at docker.io': from('mirror/ai'),
    'in upper case': from('Mirror.example.com/AI'),
    'that is empty': from(''),
  },
  'an image of one\'s own that is not known': {
    'without a tag': image('registry.example.com/vllm'),
    'that is the newest': image('registry.example.com/vllm:latest'),
    'with its protocol': image('https://registry.example.com/vllm:v1'),
    'with half a digest': image('registry.example.com/vllm@sha256:12'),
    'beside a digest': image('registry.example.com/vllm:v1', { imageDigest: DIGEST }),
    'by its tag in production': image('registry.example.com/vllm:v1', { requireDigest: true }),
  },
  'a proxy that cannot be': {
    'without a port': proxy('http://proxy.example.com'),
    'without a protocol': proxy('proxy.example.com:3128'),
    'with a path': proxy('http://proxy.example.com:3128/pac'),
    'by TLS': proxy('https://proxy.example.com:3128'),
    'by another protocol': proxy('socks5://proxy.example.com:1080'),
    'with a password': proxy('http://me:Pa55word@proxy.example.com:3128'),
    'in the pod itself': proxy('http://127.0.0.1:3128'),
    'with a name that is none': proxy('http://my_proxy:3128'),
    'of weights that are there': loader({ source: 'adopt', httpsProxy: 'http://10.0.0.7:3128' }),
  },
  'what is called past a proxy': {
    'without a proxy': loader({ noProxy: ['.example.com'] }),
    'with a protocol': past('https://hub.example.com'),
    'several in one': past('a.example.com,b.example.com'),
    'a range': past('10.0.0.0/8'),
    everything: past('*'),
    'with a star': past('*.example.com'),
    'what is no name': past('hub_1'),
  },
  'certificates that cannot be': {
    'of no ConfigMap': loader({ caCertificates: { configMapName: 'My CA', key: 'ca.crt' } }),
    'of no key': loader({ caCertificates: { configMapName: 'ca', key: 'a/b' } }),
    'without a key': loader({ caCertificates: { configMapName: 'ca' } as never }),
    'that are a path': loader({ caCertificates: '/etc/ssl/ca.crt' as never }),
    'of weights that are there': loader({ source: 'adopt', caCertificates: { configMapName: 'ca', key: 'ca.crt' } }),
  },
};
