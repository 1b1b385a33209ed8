import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Model } from '../../lib/catalog';
import { formatModelLock, isServedFile, ModelLock } from '../../lib/catalog/model-lock';
import { sha256 } from '../../lib/common/digest';
import { refusalOf } from '../refusal-of';

const CONFIG = JSON.stringify({
  architectures: ['LlamaForCausalLM'], model_type: 'llama', num_hidden_layers: 2, hidden_size: 32, intermediate_size: 64,
  num_attention_heads: 4, num_key_value_heads: 2, vocab_size: 96, max_position_embeddings: 1024, torch_dtype: 'bfloat16',
}, undefined, 2);

const LOCK: Omit<ModelLock, 'lockVersion'> = {
  id: 'me/tiny', revision: 'a'.repeat(40), gated: true, architecture: 'LlamaForCausalLM',
  files: [
    { path: 'model-00002-of-00002.safetensors', size: 8 + 120 + 5000, sha256: '2'.repeat(64) },
    { path: 'model-00001-of-00002.safetensors', size: 8 + 100 + 9000, sha256: '1'.repeat(64) },
    { path: 'config.json', size: CONFIG.length, sha256: sha256(CONFIG) },
  ],
  weights: {
    headerBytes: { 'model-00002-of-00002.safetensors': 120, 'model-00001-of-00002.safetensors': 100 },
    tensorBytes: { linear: { BF16: 8000 }, outputHead: { BF16: 3000 }, other: { F32: 1000, BF16: 1500 }, unused: { BF16: 500 } },
  },
  config: CONFIG.split('\n'),
};

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lock-'));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

function read(text: string): Model {
  const file = path.join(directory, 'lock.json');
  fs.writeFileSync(file, text);
  return Model.fromLock(file);
}

function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    return (error as Error).message.replaceAll(directory, 'models');
  }
  throw new Error('nothing was refused');
}

/** A lock with one thing changed by hand. */
function edited(change: (lock: EditableLock) => void): string {
  const lock = JSON.parse(formatModelLock(LOCK)) as EditableLock;
  change(lock);
  return JSON.stringify(lock);
}

type Editable<T> = { -readonly [K in keyof T]: T[K] extends object ? Editable<T[K]> : T[K] };
type EditableLock = Editable<ModelLock> & { [more: string]: unknown };

test('a model with its commit, its files and the sums of its tensors', () => {
  expect(read(formatModelLock(LOCK))).toMatchObject({
    id: 'me/tiny', revision: 'a'.repeat(40), gated: true, architecture: 'LlamaForCausalLM', layers: 2, dtype: 'bfloat16',
    // 32 bits become 16
    weightsBytes: 13_000, linearWeightBytes: 8000,
    files: [
      { path: 'config.json', size: CONFIG.length, sha256: sha256(CONFIG) },
      { path: 'model-00001-of-00002.safetensors', size: 9108, sha256: '1'.repeat(64) },
      { path: 'model-00002-of-00002.safetensors', size: 5128, sha256: '2'.repeat(64) },
    ],
  });
});

test('everything is sorted, whatever order it came in', () => {
  const { files, weights } = JSON.parse(formatModelLock(LOCK)) as ModelLock;
  expect(files.map(file => file.path)).toEqual(['config.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']);
  expect(Object.keys(weights.headerBytes)).toEqual(['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']);
  expect(Object.keys(weights.tensorBytes.other)).toEqual(['BF16', 'F32']);
  expect(formatModelLock({ ...LOCK, files: [...LOCK.files].reverse() })).toBe(formatModelLock(LOCK));
});

test('a lock without a newline at its end, or with another order, is the same model', () => {
  const { files, ...rest } = JSON.parse(formatModelLock(LOCK)) as ModelLock;
  expect(read(JSON.stringify({ files, ...rest }))).toEqual(read(formatModelLock(LOCK)));
});

const AGAIN = 'Write it again with \'npx cdk8s-vllm lock <hugging-face-id>\'.';

test.each<[string, (lock: EditableLock) => void, string]>([
  ['lockVersion', (lock) => { lock.lockVersion = 2; }, '\'lockVersion\' (2) is not 1, the one that this version of cdk8s-vllm reads'],
  ['an id', (lock) => { lock.id = '../tiny'; lock.id = 'tiny'; }, '\'id\' ("tiny") is no Hugging Face id such as google/gemma-2-9b-it'],
  ['a branch', (lock) => { lock.revision = 'main'; }, '\'revision\' ("main") is no commit of 40 hexadecimal digits'],
  ['a short commit', (lock) => { lock.revision = 'abc1234'; }, '\'revision\' ("abc1234") is no commit of 40 hexadecimal digits'],
  ['capitals', (lock) => { lock.revision = 'A'.repeat(40); }, `'revision' ("${'A'.repeat(40)}") is no commit of 40 hexadecimal digits`],
  ['gated', (lock) => { lock.gated = 'manual' as never; }, '\'gated\' ("manual") is neither true nor false'],
  ['architecture', (lock) => { lock.architecture = 'Gemma2ForCausalLM'; },
    '\'architecture\' is Gemma2ForCausalLM, and its config.json says LlamaForCausalLM'],
  ['a key that is gone', (lock) => { delete (lock as Partial<EditableLock>).weights; }, 'the lock lacks weights'],
  ['a key too many', (lock) => { lock.comment = 'mine'; }, 'the lock has comment, which means nothing there'],
  ['no list of files', (lock) => { lock.files = {} as never; }, '\'files\' is no list'],
  ['no files', (lock) => { lock.files = []; }, '\'headerBytes\' has model-00001-of-00002.safetensors, which means nothing there'],
  ['a file that is a word', (lock) => { lock.files[0] = 'config.json' as never; }, 'a file ("config.json") is no object'],
  ['a file without sha256', (lock) => { delete (lock.files[0] as Partial<EditableLock['files'][0]>).sha256; }, 'a file lacks sha256'],
  ['a file with a link', (lock) => { (lock.files[0] as unknown as EditableLock).url = 'x'; }, 'a file has url, which means nothing there'],
  ['a short sha256', (lock) => { lock.files[1].sha256 = 'abc'; },
    '\'sha256\' of model-00001-of-00002.safetensors ("abc") has not 64 hexadecimal digits'],
  ['half a byte', (lock) => { lock.files[1].size = 9108.5; }, '\'size\' of model-00001-of-00002.safetensors (9108.5) is no whole number of bytes'],
  ['a negative size', (lock) => { lock.files[1].size = -1; }, '\'size\' of model-00001-of-00002.safetensors (-1) is no whole number of bytes'],
  ['a size in words', (lock) => { lock.files[1].size = '9108' as never; },
    '\'size\' of model-00001-of-00002.safetensors ("9108") is no whole number of bytes'],
  ['a file twice', (lock) => { lock.files[2] = lock.files[1]; }, '\'files\' names model-00001-of-00002.safetensors twice'],
  ['another size', (lock) => { lock.files[1].size += 1; },
    'its safetensors leave 14001 bytes behind their headers, and its tensors take 14000; it was edited by hand, or is of another commit'],
  ['another header', (lock) => { lock.weights.headerBytes['model-00001-of-00002.safetensors'] += 1; },
    'its safetensors leave 13999 bytes behind their headers, and its tensors take 14000; it was edited by hand, or is of another commit'],
  ['a header longer than its file', (lock) => {
    lock.weights.headerBytes['model-00001-of-00002.safetensors'] = 10_000;
    lock.weights.headerBytes['model-00002-of-00002.safetensors'] -= 9900;
  }, '\'headerBytes\' of model-00002-of-00002.safetensors (-9780) is no whole number of bytes'],
  ['a file shorter than its header, another longer', (lock) => {
    lock.files[1].size -= 9050;
    lock.files[2].size += 9050;
  }, 'its safetensors leave 14000 bytes behind their headers, and its tensors take 14000; it was edited by hand, or is of another commit'],
  ['fewer weights', (lock) => { (lock.weights.tensorBytes.linear as { BF16: number }).BF16 = 4000; },
    'its safetensors leave 14000 bytes behind their headers, and its tensors take 10000; it was edited by hand, or is of another commit'],
  ['weights that are no number', (lock) => { lock.weights.tensorBytes.linear = { BF16: null as never }; },
    'BF16 of \'linear\' (null) is no whole number of bytes'],
  ['a part that is no object', (lock) => { lock.weights.tensorBytes.unused = 5 as never; }, '\'unused\' of \'tensorBytes\' (5) is no object'],
  ['a part that is gone', (lock) => { delete (lock.weights.tensorBytes as { unused?: object }).unused; }, '\'tensorBytes\' lacks unused'],
  ['a safetensors file without header', (lock) => { delete lock.weights.headerBytes['model-00001-of-00002.safetensors']; },
    '\'headerBytes\' lacks model-00001-of-00002.safetensors'],
  ['config.json that is no list', (lock) => { lock.config = CONFIG as never; }, '\'config\' is no list of lines'],
])('%s, edited by hand, is refused', (_, change, problem) => {
  expect(refusal(edited(change))).toBe(`models/lock.json: ${problem}. ${AGAIN}`);
});

test.each([
  '../config.json', '/etc/passwd.json', 'a/b.json', '..', '.json', '.hidden.json', 'model.bin', 'a/modeling_tiny.py', 'pytorch_model.pth', 'a b.json',
  'a\\b.json', 'config.json\n', 'config.JSON', 'x.gguf', '', 'MANIFEST.json',
])('a file %j is refused', (name) => {
  expect(isServedFile(name)).toBe(false);
  expect(refusal(edited((lock) => { lock.files[0].path = name; }))).toBe(`models/lock.json: 'files' names ${JSON.stringify(name)}, which is no file that`
    + ` a server needs: *.safetensors, *.json, *.py and those of the tokenizer, in no folder but those of an embedding\'s modules. ${AGAIN}`);
});

test.each(['model.safetensors', 'config.json', 'tokenizer.model', 'merges.txt', 'chat_template.jinja', 'qwen.tiktoken', 'model_1-of-2.x+y@z=.json',
  '1_Pooling/config.json', 'modeling_tiny.py'])(
  'a file %s is what a server needs', (name) => {
    expect(isServedFile(name)).toBe(true);
  });

test('config.json with one letter changed, or none, is refused', () => {
  const layers = edited((lock) => { lock.config = lock.config.map(line => line.replace('"num_hidden_layers": 2', '"num_hidden_layers": 1')); });
  expect(refusal(layers))
    .toMatch(/^models\/lock\.json: 'config' is not the config\.json that 'files' names: \d+ bytes with sha256 [0-9a-f]{64}, not \d+ with/);
  const gone = edited((lock) => { lock.files = lock.files.slice(1); });
  expect(refusal(gone)).toMatch(/: 'config' is not the config\.json that 'files' names: \d+ bytes with sha256 [0-9a-f]{64}, not there\. /);
});

test.each(Object.keys(LOCK.weights.tensorBytes) as (keyof ModelLock['weights']['tensorBytes'])[])('one byte more of %s is refused', (part) => {
  expect(refusal(edited((lock) => {
    (lock.weights.tensorBytes[part] as { BF16: number }).BF16 += 1;
  }))).toMatch(/its tensors take 14001;/);
});

test.each([['null', 'the lock (null) is no object'], ['[]', 'the lock ([]) is no object'], ['{}', '\'lockVersion\' (missing) is not 1']])(
  'a lock that is %s is refused', (text, problem) => {
    expect(refusal(text)).toContain(`models/lock.json: ${problem}`);
  });

test('what is no JSON, and what is not there, is refused', () => {
  expect(refusal('<<<<<<< HEAD')).toMatch(/^models\/lock\.json is no valid JSON: .*\. Write it again with 'npx cdk8s-vllm lock <hugging-face-id>'\.$/);
  const missing = refusalOf(() => Model.fromLock('models/none.json'));
  expect(missing).toBe(`There is no model lock models/none.json in ${process.cwd()}, where the program was called.`
    + ' Write it with \'npx cdk8s-vllm lock <hugging-face-id>\', or give its path from __dirname.');
  expect(refusalOf(() => Model.fromLock('/nowhere/none.json'))).toMatch(/^There is no model lock \/nowhere\/none\.json\. Write it /);
});

test('a folder in the place of a lock is refused by its name', () => {
  expect(refusalOf(() => Model.fromLock(__dirname)))
    .toBe(`The model lock ${__dirname} is a folder. Name the file in it, or take Model.fromDirectory for a folder with config.json.`);
  expect(refusalOf(() => Model.fromLock(undefined as never))).toBe('Model.fromLock: the path (undefined) has to be a string');
});

test('no weights at all is refused', () => {
  const text = edited((lock) => {
    lock.weights.tensorBytes = { linear: {}, outputHead: {}, other: {}, unused: {} };
    lock.files[1].size = 108;
    lock.files[2].size = 128;
  });
  expect(refusal(text)).toMatch(/^models\/lock\.json: the safetensors hold 0 bytes of weights\./);
});
