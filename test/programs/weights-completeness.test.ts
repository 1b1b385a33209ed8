import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WeightsLoader } from '../../lib';
import { HubConnection } from '../../lib/cli/hub-connection';
import { lockModel } from '../../lib/cli/lock';
import { manifestDigestOf } from '../../lib/serving/manifest-digest';
import { Model } from '../../lib';
import { BucketServer } from '../rig/bucket';
import { HubServer } from '../rig/hub';
import { programFolder } from '../rig/program-folder';
import { imagePython } from '../rig/python/environment';
import { sha256 } from '../rig/sha256';
import { Checkpoint, CHECKPOINTS } from '../catalog/checkpoints';
import { ClientProgram } from './client-program';

const PROGRAMS = programFolder(WeightsLoader.programImage().programs);
const PYTHON = imagePython('vllm-openai');
const [MODEL, COMMIT] = ['org/tiny', '0123456789abcdef0123456789abcdef01234567'];

/** What the loader says of each: the files that it takes, or why there are none. */
const ASK = `
import base64, json, sys
from refused import RefusedError
from repository import Repository
def said(files, trusted, without):
    try:
        return Repository("org/tiny", frozenset(files), lambda path: base64.b64decode(files[path])).served(trusted, without)
    except RefusedError as error:
        return str(error)
print(json.dumps([said(*each) for each in json.load(sys.stdin)]), file=sys.stderr)
`;

let ofLoader: (string | string[])[];

beforeAll(() => {
  const input = JSON.stringify(CHECKPOINTS.map(({ files, trustRemoteCode, skipTokenizerInit }) => [
    Object.fromEntries(Object.entries(files).map(([path, content]) => [path, content.toString('base64')])),
    trustRemoteCode ?? false, skipTokenizerInit ?? false,
  ]));
  const command = 'exec "$0" -c "$1" 2>&1 >/dev/null';
  ofLoader = JSON.parse(execFileSync('sh', ['-c', command, PYTHON, ASK], {
    input, encoding: 'utf8', env: { PATH: process.env.PATH, PYTHONPATH: PROGRAMS, PYTHONDONTWRITEBYTECODE: '1' },
  })) as (string | string[])[];
});

async function lockOf({ files, trustRemoteCode, skipTokenizerInit }: Checkpoint): Promise<string | string[]> {
  const hub = await HubServer.start({ [MODEL]: { commit: COMMIT, files: new Map(Object.entries(files)) } });
  try {
    const connection = new HubConnection({ endpoint: hub.url, firstWaitMilliseconds: 1 });
    const text = await lockModel(connection, MODEL, COMMIT, { trustRemoteCode, skipTokenizerInit });
    return (JSON.parse(text) as { files: { path: string }[] }).files.map(({ path }) => path);
  } catch (error) {
    return (error as Error).message;
  } finally {
    await hub.stop();
  }
}

function check({ name, refused, loaded = [], left = [] }: Checkpoint, said: string | string[]): void {
  if (refused) {
    expect([name, said]).toEqual([name, expect.stringMatching(refused)]);
    return;
  }
  expect([name, said]).toEqual([name, expect.arrayContaining(['config.json', ...loaded])]);
  expect([name, left.filter(path => said.includes(path))]).toEqual([name, []]);
}

test('there are more than 60 of them', () => expect(CHECKPOINTS.length).toBeGreaterThanOrEqual(60));

test.each(CHECKPOINTS.map((checkpoint, place) => [checkpoint.name, place] as const))('%s: loader and lock say the same', async (_name, place) => {
  check(CHECKPOINTS[place], ofLoader[place]);
  const lock = await lockOf(CHECKPOINTS[place]);
  check(CHECKPOINTS[place], lock);
  if (Array.isArray(lock)) {
    expect(lock).toEqual(ofLoader[place]);
  }
});

describe.each(['load', 'adopt'])('the program itself: %s', (command) => {
  const chosen = ['the weights twice', '1 of 4 without an index', 'an adapter', 'no tokenizer but nothing', 'an embedding', 'code that is allowed',
    'code that is not there', 'a tokenizer of code'];
  test.each(chosen)('%s', async (name) => {
    const checkpoint = CHECKPOINTS.find(each => each.name === name)!;
    const hub = await HubServer.start({ [MODEL]: { commit: COMMIT, files: new Map(Object.entries(checkpoint.files)) } });
    const bucket = await BucketServer.start();
    const prefix = `${MODEL}/${COMMIT}`;
    const source = command === 'load' ? [] : ['--from=runs/7'];
    Object.entries(checkpoint.files).forEach(([path, content]) => bucket.put(`runs/7/${path}`, content));
    try {
      const run = new ClientProgram(PROGRAMS, [
        command, MODEL, COMMIT, 'models', prefix, ...source, ...checkpoint.trustRemoteCode ? ['--trust-remote-code'] : [],
      ], ['env', `HF_ENDPOINT=${hub.url}`, `STORAGE_EMULATOR_HOST=${bucket.url}`]);
      const code = await run.code();
      const stored = [...bucket.objects.keys()].filter(path => path.startsWith(`${prefix}/`)).map(path => path.slice(prefix.length + 1));
      expect([code, run.output]).toEqual([checkpoint.refused ? 65 : 0, expect.stringMatching(checkpoint.refused ?? /can be served/)]);
      expect(stored.includes(`.complete-${COMMIT}`)).toBe(!checkpoint.refused);
      check({ ...checkpoint, refused: undefined, loaded: checkpoint.refused ? [] : checkpoint.loaded }, checkpoint.refused ? ['config.json'] : stored);
      if (!checkpoint.refused) {
        const manifest = bucket.objects.get(`${prefix}/MANIFEST.json`)!.content;
        const files = (JSON.parse(manifest.toString()) as { files: { path: string; size: number; sha256: string }[] }).files;
        const locked = Model.of({ ...Model.QWEN3_8B, id: MODEL, revision: COMMIT, files: [...files].reverse() });
        expect(manifestDigestOf(locked)).toEqual([sha256(manifest)]);
      }
    } finally {
      await Promise.all([hub.stop(), bucket.stop()]);
    }
  });
});

test('adopted where they lie, weights that are there twice are refused', async () => {
  const bucket = await BucketServer.start();
  const prefix = `${MODEL}/${COMMIT}`;
  Object.entries(CHECKPOINTS.find(({ name }) => name === 'the weights twice')!.files).forEach(([path, content]) => bucket.put(`${prefix}/${path}`, content));
  try {
    const run = new ClientProgram(PROGRAMS, ['adopt', MODEL, COMMIT, 'models', prefix], ['env', `STORAGE_EMULATOR_HOST=${bucket.url}`]);
    expect([await run.code(), run.output]).toEqual([65, expect.stringContaining('holds the weights twice: delete consolidated.safetensors')]);
  } finally {
    await bucket.stop();
  }
});

describe('what is adopted has to be what the model lock says, where there is one', () => {
  const { files } = CHECKPOINTS.find(({ name }) => name === 'a plain one')!;
  const lock = Object.entries(files).map(([path, content]) => ({ path, size: content.length, sha256: sha256(content) }));
  const other = Buffer.from(files['model.safetensors']);
  other[other.length - 1] ^= 1;
  const cases: [string, { readonly [path: string]: Buffer }, RegExp?][] = [
    ['the same', files],
    ['the same beside what no server needs', { ...files, 'README.md': Buffer.from('x') }],
    ['other bytes', { ...files, 'model.safetensors': other }, /model\.safetensors is not what the model lock says: sha256 [0-9a-f]{64} instead of [0-9a-f]{64}/],
    ['more bytes', { ...files, 'tokenizer.json': Buffer.from('{  }') }, /tokenizer\.json has 4 bytes in gs:\/\/models\/\S+, 2 in the lock/],
    ['a file more', { ...files, 'generation_config.json': Buffer.from('{}') }, /generation_config\.json is not in the lock/],
    ['another file', { 'config.json': files['config.json'], 'model.safetensors': files['model.safetensors'], 'vocab.txt': Buffer.from('x') },
      /tokenizer\.json is not in gs:\/\/models\/\S+; vocab\.txt is not in the lock/],
  ];
  test.each(['in their place', 'from another folder'].flatMap(where => cases.map(([name, found, refused]) => ({ where, name, found, refused }))))('$where: $name', async ({ where, found, refused }) => {
    const bucket = await BucketServer.start();
    const [prefix, from] = [`${MODEL}/${COMMIT}`, where === 'in their place' ? `${MODEL}/${COMMIT}` : 'runs/7'];
    Object.entries(found).forEach(([path, content]) => bucket.put(`${from}/${path}`, content));
    const lockFile = join(PROGRAMS, 'lock.json');
    writeFileSync(lockFile, JSON.stringify(lock));
    const source = from === prefix ? [] : [`--from=${from}`];
    try {
      const run = new ClientProgram(PROGRAMS, ['adopt', MODEL, COMMIT, 'models', prefix, `--files=${lockFile}`, ...source], ['env', `STORAGE_EMULATOR_HOST=${bucket.url}`]);
      expect([await run.code(), run.output]).toEqual([refused ? 65 : 0, expect.stringMatching(refused ?? /can be served/)]);
      expect(bucket.objects.has(`${prefix}/.complete-${COMMIT}`)).toBe(!refused);
      const manifest = bucket.objects.get(`${prefix}/MANIFEST.json`);
      const locked = Model.of({ ...Model.QWEN3_8B, id: MODEL, revision: COMMIT, files: lock });
      expect(manifest && [sha256(manifest.content)]).toEqual(refused ? undefined : manifestDigestOf(locked));
    } finally {
      await bucket.stop();
    }
  });
});
