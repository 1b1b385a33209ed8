import { readdirSync } from 'node:fs';
import { Model } from '../../lib';
import { manifestDigestOf } from '../../lib/serving/manifest-digest';
import { sha256 } from '../rig/sha256';
import { MARKER, MODEL, Outcome, PREFIX, REVISION, Trial } from './hydration-trial';

const SMALL = { 'config.json': Buffer.from('{}'), 'model.safetensors': Buffer.alloc(5000, 7), 'tokenizer.json': Buffer.from('{}') };

let trial: Trial;
let digest: string;

beforeEach(async () => {
  trial = await Trial.start(SMALL);
  [digest] = manifestDigestOf(Model.of({ ...Model.GEMMA_2_9B_IT, id: MODEL, revision: REVISION, files: trial.entries }));
  putManifest({});
});

afterEach(() => trial.stop());

/** As the loader writes it, but for what is changed. */
function putManifest(changed: object): void {
  const files = [...trial.entries].sort((a, b) => a.path < b.path ? -1 : 1);
  trial.putManifest(`${JSON.stringify({ model: MODEL, revision: REVISION, files, ...changed }, undefined, 2)}\n`);
}

function run(...options: string[]): Promise<Outcome> {
  return trial.run({ arguments: [MODEL, REVISION, trial.bucket.bucket, PREFIX, trial.directory, ...options] });
}

const locked = () => run(`--manifest-sha256=${digest}`);
const summary = ({ stdout }: Outcome) => JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as object;

async function expectNotOfTheLock(): Promise<void> {
  const { code, stderr } = await locked();
  expect([code, stderr]).toEqual([65, expect.stringContaining(`MANIFEST.json of gs://models/${PREFIX}/ is not what the model lock says`)]);
  // refused before a byte is written
  expect(readdirSync(trial.directory)).toEqual([]);
}

test('what the lock says is copied', async () => {
  const outcome = await locked();
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  expect(summary(outcome)).toMatchObject({ locked: true, copiedFiles: 3 });
  expect(outcome.stdout).not.toContain('no model lock');
  expect(trial.isComplete()).toBe(true);
});

test('without a lock it is said who vouches for the weights', async () => {
  const outcome = await run();
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  expect(outcome.stdout).toContain(`${MODEL} has no model lock: gs://models/${PREFIX}/ alone vouches for what is copied`);
  expect(summary(outcome)).toMatchObject({ locked: false });
});

describe('whoever writes to the bucket', () => {
  const evil = Buffer.from('{"auto_map": {}}');

  test('puts other bytes and a manifest that fits them', async () => {
    trial.bucket.put(`${PREFIX}/config.json`, evil);
    putManifest({ files: trial.entries.map(file => file.path === 'config.json' ? { ...file, size: evil.length, sha256: sha256(evil) } : file) });
    await expectNotOfTheLock();
    // the bucket alone would not have noticed
    expect(await run()).toMatchObject({ code: 0 });
  });

  test('adds a file', async () => {
    trial.bucket.put(`${PREFIX}/modeling_x.py`, evil);
    putManifest({ files: [...trial.entries, { path: 'modeling_x.py', size: evil.length, sha256: sha256(evil) }] });
    await expectNotOfTheLock();
  });

  test('leaves a file out', async () => {
    putManifest({ files: trial.entries.slice(1) });
    await expectNotOfTheLock();
  });

  test('leaves the manifest as it was, and changes what it names', async () => {
    trial.bucket.put(`${PREFIX}/model.safetensors`, Buffer.alloc(5000, 8));
    const sameSize = await locked();
    expect([sameSize.code, sameSize.stderr]).toEqual([65, expect.stringContaining('model.safetensors has another sha256 than MANIFEST.json')]);
    trial.bucket.put(`${PREFIX}/model.safetensors`, Buffer.alloc(5001, 7));
    const longer = await locked();
    expect([longer.code, longer.stderr]).toEqual([65, expect.stringContaining('model.safetensors has 5001 bytes instead of 5000')]);
    expect(readdirSync(trial.directory)).not.toContain(MARKER);
  });
});

test('a digest that is none is a wrong call', async () => {
  const { code, stderr } = await run('--manifest-sha256=ABC');
  expect([code, stderr]).toEqual([64, expect.stringContaining('--manifest-sha256 (ABC) must be 64 hexadecimal digits')]);
});
