import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Model, WeightsLoader, WeightsLoaderProps, WeightsStorage, WeightsVolume } from '../../lib';
import { Authority } from '../rig/authority';
import { BucketServer } from '../rig/bucket';
import { ConnectProxy } from '../rig/connect-proxy';
import { HubServer } from '../rig/hub';
import { programFolder } from '../rig/program-folder';
import { imagePython } from '../rig/python/environment';
import { objectsOf, unit } from '../serving/rendered';

const MAIN = join(programFolder(WeightsLoader.programImage().programs), 'main.py');
const PYTHON = imagePython('vllm-openai');
const MODEL = Model.QWEN3_0_6B;
const MARKER = `${MODEL.id}/${MODEL.revision}/.complete-${MODEL.revision}`;
/** Names that only the proxy can find. */
const [HUB, CDN] = ['hub.test', 'cdn.test'];
const FILES = new Map([
  ['config.json', Buffer.from('{"architectures": ["Qwen3ForCausalLM"]}')], ['tokenizer.json', Buffer.alloc(2000, 'a')],
  ['model.safetensors', Buffer.concat([Buffer.from([72, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"weight": {"dtype": "U8", "shape": [4000], "data_offsets": [0, 4000]}}'.padEnd(72)), Buffer.alloc(4000, 7)])],
]);

const [ours, other] = [new Authority('Ours'), new Authority('Other')];
let hub: HubServer;
let bucket: BucketServer;
let proxy: ConnectProxy;

beforeEach(async () => {
  hub = await HubServer.start({ [MODEL.id]: { commit: MODEL.revision!, files: FILES } });
  bucket = await BucketServer.start();
  proxy = await ConnectProxy.start(ours.certify(HUB, CDN), { [HUB]: hub.url, [CDN]: hub.url.replace('127.0.0.1', 'localhost') });
});
afterEach(() => Promise.all([hub.stop(), bucket.stop(), proxy.stop()]));
afterAll(() => [ours, other].forEach(authority => authority.remove()));

const caCertificates = { configMapName: 'ca', key: 'ours.crt' };

/** Runs the container of the Job as it is written, with the files that are mounted on it. */
async function run(props: Partial<WeightsLoaderProps>, caFile?: string): Promise<{ code: number | null; output: string }> {
  const scope = unit();
  const weights = new WeightsVolume(scope, 'weights', { model: MODEL, storage: WeightsStorage.gcsFuse({ bucket: 'models' }) });
  new WeightsLoader(scope, 'loader', { weights, ...props });
  const [{ args, env }] = objectsOf(scope).find(({ kind }) => kind === 'Job')!.spec.template.spec.containers;
  const variables = env.map(({ name, value }: { name: string; value: string }) => [name, value.replace('10.0.0.7', '127.0.0.1')]);
  const mounted = (args as string[]).filter(arg => !/^--(?:files|token-file|token-secret)=/.test(arg)).map(arg => arg.replace(/^(--ca-file)=.*/, `$1=${caFile}`));
  const child = spawn(PYTHON, [MAIN, ...mounted, '--retry-seconds=0.002', '--patience-seconds=1'], {
    env: { ...Object.fromEntries(variables), PATH: '/usr/bin:/bin', HF_ENDPOINT: `https://${HUB}`, STORAGE_EMULATOR_HOST: bucket.url, HOSTNAME: 'pod' },
  });
  let output = '';
  [child.stdout, child.stderr].forEach(stream => stream.on('data', chunk => output += chunk));
  return new Promise(done => child.on('close', code => done({ code, output })));
}

const through = (): Partial<WeightsLoaderProps> => ({ httpsProxy: `http://10.0.0.7:${proxy.port}` });

test('weights come through the proxy, from a hub of an authority of one\'s own', async () => {
  const { code, output } = await run({ ...through(), caCertificates }, ours.certificateFile);
  expect(output).toContain('complete: gs://models/');
  expect(code).toBe(0);
  expect(bucket.objects.has(MARKER)).toBe(true);
  expect(new Set(proxy.asked)).toEqual(new Set([`${HUB}:443`, `${CDN}:443`]));
});

test.each<[string, () => Promise<{ code: number | null; output: string }>, number, RegExp]>([
  ['the authority is not trusted', () => run(through()), 78,
    /the certificate on the way to the hub is not trusted: unable to get local issuer .* name it in the loader's caCertificates/],
  ['the authority is another one', () => run({ ...through(), caCertificates }, other.certificateFile), 78, /is not trusted/],
  ['the certificates are none', () => run({ ...through(), caCertificates }, MAIN), 66, /the certificates in .* cannot be read: .*; they have to be PEM/],
  ['there is no way but the proxy\'s', () => run({ caCertificates }, ours.certificateFile), 69, /the hub does not answer: .*(?:resolution|not known)/],
  ['the hub is to be called past the proxy', () => run({ ...through(), noProxy: [HUB], caCertificates }, ours.certificateFile), 69, /does not answer: .*(?:resolution|not known)/],
  ['the proxy refuses', () => {
    proxy.refusal = '403 Forbidden';
    return run({ ...through(), caCertificates }, ours.certificateFile);
  }, 69, /the hub does not answer: .*Tunnel connection failed: 403 Forbidden.*\(8 tries\)/],
])('the loader ends, and nothing is in the bucket, when %s', async (_, ending, code, says) => {
  const ended = await ending();
  expect(ended.output).toMatch(says);
  expect(ended.code).toBe(code);
  expect(ended.output).not.toMatch(/Traceback|should not happen/);
  expect([...bucket.objects.keys()].filter(name => !name.includes('.lock'))).toEqual([]);
});

test('Google\'s APIs are called past the proxy by both of the loader\'s HTTP libraries, unless it is said otherwise', () => {
  const proxied = (props: Partial<WeightsLoaderProps>): unknown => {
    const scope = unit();
    const weights = new WeightsVolume(scope, 'weights', { model: MODEL, storage: WeightsStorage.gcsFuse({ bucket: 'models' }) });
    new WeightsLoader(scope, 'loader', { weights, ...props });
    const [{ env }] = objectsOf(scope).find(({ kind }) => kind === 'Job')!.spec.template.spec.containers;
    const code = `
import json, urllib.parse, urllib.request, requests.utils
urls = ["https://storage.googleapis.com/b", "https://oauth2.googleapis.com/token", "http://metadata.google.internal/", "http://169.254.169.254/", "https://huggingface.co/api"]
by_urllib = [("https" in urllib.request.getproxies() and not urllib.request.proxy_bypass(urllib.parse.urlsplit(url).hostname)) for url in urls]
by_requests = [bool(requests.utils.get_environ_proxies(url)) for url in urls]
print(json.dumps([by_urllib, by_requests]))`;
    const variables = Object.fromEntries(env.map(({ name, value }: { name: string; value: string }) => [name, value]));
    return JSON.parse(execFileSync(PYTHON, ['-c', code], { env: variables, encoding: 'utf8' }));
  };
  const hubAlone = [false, false, false, false, true];
  expect(proxied(through())).toEqual([hubAlone, hubAlone]);
  expect(proxied({ ...through(), noProxy: ['hub.example.com'] })).toEqual([Array(5).fill(true), Array(5).fill(true)]);
  expect(proxied({})).toEqual([Array(5).fill(false), Array(5).fill(false)]);
});
