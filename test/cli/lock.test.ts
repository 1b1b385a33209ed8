import * as fs from 'node:fs';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { Accelerator, Model } from '../../lib/catalog';
import { ModelLock } from '../../lib/catalog/model-lock';
import { HubConnection } from '../../lib/cli/hub-connection';
import { lockModel } from '../../lib/cli/lock';
import { MemoryPlan } from '../../lib/planning';
import { TinyFolder } from '../catalog/tiny-folder';
import { HubServer } from '../rig/hub';
import { sha256 } from '../rig/sha256';
import { asHubModel, COMMIT, SHAPE_NAMES, tinyModel } from './locked-models';

const ID = 'me/tiny';
let folder: TinyFolder;
let hub: HubServer;
let scratch: string;

beforeAll(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'lock-'));
});
afterAll(() => fs.rmSync(scratch, { recursive: true }));
afterEach(async () => {
  folder.remove();
  await hub.stop();
});

async function serve(tiny: TinyFolder): Promise<void> {
  folder = tiny;
  hub = await HubServer.start({ [ID]: asHubModel(folder) });
}

async function lockOf(tiny: TinyFolder): Promise<string> {
  await serve(tiny);
  return lockAgain();
}

/** The same folder with other fields in its configuration. */
function reconfigured(tiny: TinyFolder, change: object): TinyFolder {
  return tiny.config({ ...JSON.parse(fs.readFileSync(path.join(tiny.directory, 'config.json'), 'utf8')) as object, ...change });
}

function lockAgain(revision = 'main'): Promise<string> {
  return lockModel(new HubConnection({ endpoint: hub.url, firstWaitMilliseconds: 1 }), ID, revision);
}

function modelFrom(lock: string): Model {
  const file = path.join(scratch, 'lock.json');
  fs.writeFileSync(file, lock);
  return Model.fromLock(file);
}

/** All figures of a plan; the refusal where there is none. */
function planOf(model: Model, accelerator: Accelerator): unknown {
  try {
    return { ...MemoryPlan.of({ model, accelerator }), model: undefined, props: undefined };
  } catch (error) {
    return (error as Error).message;
  }
}

test('a small file is asked for once, although its completeness is looked at before it is locked', async () => {
  await lockOf(tinyModel(SHAPE_NAMES[0]).file('tokenizer_config.json', '{}'));
  const asked = hub.seen.map(({ path: asks }) => asks).filter(asks => asks.includes('/resolve/') && asks.endsWith('.json'));
  expect(asked.filter(asks => asks.endsWith('/config.json'))).toHaveLength(1);
  expect(asked.filter(asks => asks.endsWith('/tokenizer_config.json'))).toHaveLength(1);
});

describe('a lock gives the model and the plans of the folder', () => {
  test.each(SHAPE_NAMES)('%s', async (shape) => {
    const fromLock = modelFrom(await lockOf(tinyModel(shape)));
    const fromFolder = Model.fromDirectory(folder.directory, { id: ID, revision: COMMIT });
    expect({ ...fromLock, files: undefined, gated: undefined }).toEqual({ ...fromFolder, files: undefined, gated: undefined });
    expect(fromLock.gated).toBe(false);
    for (const accelerator of Accelerator.all()) {
      expect(planOf(fromLock, accelerator)).toEqual(planOf(fromFolder, accelerator));
    }
    expect(planOf(fromLock, Accelerator.H100)).toMatchObject({ shortfallBytes: 0 });
  });
});

test('it names what a server needs, with size and sha256, and nothing else', async () => {
  const model = modelFrom(await lockOf(tinyModel('several files, and tensors that the index leaves out')));
  expect(model.files!.map(file => file.path)).toEqual([
    'chat_template.jinja', 'config.json', 'merges.txt', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors',
    'model.safetensors.index.json', 'tokenizer.json', 'tokenizer.model',
  ]);
  for (const { path: name, ...file } of model.files!) {
    const content = fs.readFileSync(path.join(folder.directory, name));
    expect(file).toEqual({ size: content.length, sha256: sha256(content) });
  }
});

test('it sums up the tensors by what they are to a plan', async () => {
  const lock = await lockOf(tinyModel('several files, and tensors that the index leaves out'));
  expect((JSON.parse(lock) as ModelLock).weights.tensorBytes).toEqual({
    linear: { BF16: 2 * 2 * (2 * 512 * 128 + 2 * 128 * 128 + 256 * 128) }, outputHead: { BF16: 2 * 512 * 128 },
    other: { BF16: 2 * 512 * 128 + 2 * 2 * 128 }, unused: { F32: 2 * 12 },
  });
});

test('it has config.json to the byte, whatever that looks like', async () => {
  const config = fs.readFileSync(path.join(__dirname, '..', 'fixtures', 'models', 'gemma-3-4b-it', 'config.json'), 'utf8');
  const odd = `${config.replaceAll('\n', '\r\n')}\n\n`.replace('{', '{ "rms_norm_eps": 1.0e-06, "maker": "Gemma \\u00e9 é",');
  const lock = await lockOf(tinyModel('dense').safetensors('model.safetensors', { 'model.embed_tokens.weight': ['BF16', 512, 128] }).file('config.json', odd));
  expect((JSON.parse(lock) as ModelLock).config.join('\n')).toBe(odd);
  expect(modelFrom(lock).multimodal).toBe(true);
});

test('the same bytes each time, by branch and by commit, whatever order the hub lists the files in', async () => {
  const lock = await lockOf(tinyModel('several files, and tensors that the index leaves out'));
  expect(await lockAgain()).toBe(lock);
  expect(await lockAgain(COMMIT)).toBe(lock);
  await hub.stop();
  hub = await HubServer.start({ [ID]: { commit: COMMIT, files: new Map([...asHubModel(folder).files].reverse()) } });
  expect(await lockAgain()).toBe(lock);
  expect(lock).toMatch(/^\{\n {2}"lockVersion": 1,\n {2}"id": "me\/tiny",\n[^]*\n\}\n$/);
});

test('a branch that moves meanwhile does no harm: all is asked for at the commit that was resolved', async () => {
  expect(modelFrom(await lockOf(tinyModel('dense'))).revision).toBe(COMMIT);
  const files = hub.seen.filter(request => request.path.includes('/resolve/'));
  expect(files.length).toBeGreaterThan(4);
  expect(files.filter(request => !request.path.includes(`/resolve/${COMMIT}/`))).toEqual([]);
});

describe('headers', () => {
  const asked = () => hub.seen.filter(request => request.path.includes('safetensors') && request.path.startsWith('/cdn/'));

  test('only the beginning of a file is asked for', async () => {
    await lockOf(tinyModel('dense'));
    expect(asked().map(request => request.headers.range)).toEqual(['bytes=0-131071']);
  });

  test('a longer header is asked for whole', async () => {
    const tensors = Object.fromEntries(Array.from({ length: 1500 }, (_, place) => [`model.layers.${'x'.repeat(40)}.${place}`, ['BF16', 4, 4]]));
    const lock = await lockOf(tinyModel('dense').safetensors('model.safetensors', tensors as Record<string, ['BF16', number, number]>));
    const { headerBytes, tensorBytes } = (JSON.parse(lock) as ModelLock).weights;
    expect(headerBytes['model.safetensors']).toBeGreaterThan(131_072);
    expect(tensorBytes.linear).toEqual({ BF16: 1500 * 4 * 4 * 2 });
    expect(asked().map(request => request.headers.range)).toEqual(['bytes=0-131071', `bytes=0-${7 + headerBytes['model.safetensors']}`]);
  });

  test('a server that sends the whole file instead, and more without end, is not read to the end', async () => {
    const lock = await lockOf(tinyModel('dense'));
    const whole = fs.readFileSync(path.join(folder.directory, 'model.safetensors'));
    const endless = createServer((_, response) => void Readable.from(function* () {
      for (yield whole; ; yield Buffer.alloc(65536)) { /* on and on */ }
    }()).pipe(response));
    await new Promise<void>(resolve => endless.listen(0, '127.0.0.1', resolve));
    const location = `http://127.0.0.1:${(endless.address() as AddressInfo).port}/`;
    hub.fault = request => request.headers.range ? { status: 302, headers: { location } } : undefined;
    try {
      expect(await lockAgain()).toBe(lock);
    } finally {
      endless.closeAllConnections();
      endless.close();
    }
  });

  test.each<[string, (tiny: TinyFolder) => TinyFolder, RegExp]>([
    ['no header', tiny => tiny.file('model.safetensors', '<!DOCTYPE html><html>not found</html>'),
      /^me\/tiny\/model\.safetensors: a header of \d+ bytes does not fit into a file of 37 bytes\./],
    ['a header that is no JSON', tiny => tiny.file('model.safetensors', Buffer.from('0500000000000000414141414141', 'hex')),
      /^me\/tiny\/model\.safetensors is no valid JSON/],
    ['a header of something else', tiny => tiny.file('model.safetensors', Buffer.from(`0800000000000000${Buffer.from('{"a": 1}').toString('hex')}`, 'hex')),
      /^me\/tiny\/model\.safetensors: the header does not give dtype, shape and data_offsets of tensor a\./],
    ['fewer tensors than bytes', tiny => tiny.file('model.safetensors',
      Buffer.concat([fs.readFileSync(path.join(tiny.directory, 'model.safetensors')), Buffer.alloc(5)])),
    /^me\/tiny\/model\.safetensors: the tensors of the header take (\d+) of the \d+ bytes behind it\./],
    ['an index of another revision', tiny => tiny.index({ 'lm_head.weight': 'model.safetensors', missing: 'model.safetensors' }),
      /^me\/tiny: model\.safetensors\.index\.json puts tensor missing into model\.safetensors, which does not hold it\./],
    ['an index that names a missing file', tiny => tiny.index({ a: 'model.safetensors', b: 'original/model.safetensors', c: 'c.safetensors' }),
      /^me\/tiny: model\.safetensors\.index\.json names 3 files and 2 are missing: c\.safetensors, original\/model\.safetensors\./],
    ['an index without a map', tiny => tiny.file('model.safetensors.index.json', '{}'), /^me\/tiny has no safetensors, only pickles \(pytorch_model\.bin\)\./],
    ['an index that is no JSON', tiny => tiny.file('model.safetensors.index.json', '{'), /^model\.safetensors\.index\.json is no valid JSON/],
    ['no weights', tiny => tiny.safetensors('model.safetensors', {}), /^me\/tiny: the safetensors hold 0 bytes of weights\./],
    ['no config.json', tiny => tiny.without('config.json'), /^me\/tiny has no config\.json: it is no model that vLLM serves by itself/],
    ['pickles only', tiny => tiny.without('model.safetensors'),
      /^me\/tiny has no safetensors, only pickles \(pytorch_model\.bin\)\. Only safetensors are loaded; take a model that has them$/],
    ['no weights at all', tiny => tiny.without('model.safetensors').without('pytorch_model.bin'), /^me\/tiny has no safetensors\. Only/],
    ['config.json that is no JSON', tiny => tiny.file('config.json', 'not found'), /^me\/tiny\/config\.json is no valid JSON/],
    ['config.json of something else', tiny => tiny.file('config.json', '{"model_type": "clip"}'),
      /^config\.json of me\/tiny \(model_type 'clip'\) has no architectures/],
    ['an architecture that vLLM does not have', tiny => tiny.config({ architectures: ['TinyForCausalLM'] }), / have no TinyForCausalLM; did you mean/],
    ['a field of geometry that nobody reads', tiny => reconfigured(tiny, { layer_windows: [1, 2] }), /'layer_windows' \(\[1,2\]\) speaks of the model's geometry/],
    ['tensors of another model', tiny => reconfigured(tiny, { num_key_value_heads: 4 }), /2 layers project 128 columns of keys, and config\.json makes/],
    ['a quantization that no release has', tiny => reconfigured(tiny, { quantization_config: { quant_method: 'magic' } }), /has no quantization 'magic'/],
    ['an adapter', tiny => tiny.file('adapter_config.json', '{}'), /^me\/tiny is an adapter \(adapter_config\.json\), no model of its own; merge it into its model/],
    ['a part of its shards and no index', (tiny) => {
      fs.renameSync(path.join(tiny.directory, 'model.safetensors'), path.join(tiny.directory, 'model-00001-of-00002.safetensors'));
      return tiny;
    }, /^me\/tiny has no .*index\.json and 1 of the 2 shards of .*: model-00002-of-00002\.safetensors is missing\./],
  ])('a repository with %s is refused', async (_, change, sentence) => {
    await expect(lockOf(change(tinyModel('dense')))).rejects.toThrow(sentence);
  });
});
