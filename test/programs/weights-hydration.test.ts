import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BucketPolicy } from '../gke/bucket-policy';
import { committedWorlds } from '../gke/worlds';
import { eventually } from '../rig/eventually';
import { Fault, SeenRequest } from '../rig/faulty-server';
import { Gate } from '../rig/gate';
import { guard } from '../rig/guarded-bucket';
import { HubServer } from '../rig/hub';
import { sandboxCommand } from '../rig/vllm';
import {
  checkCommand, Files, FILES, isListing, isRead, loaderCommand, MARKER, MODEL, once, Outcome, PREFIX, pythonCommand, readable, REVISION,
  SHARD_BYTES, Trial,
} from './hydration-trial';

const SHARD = 'model-00001-of-00002.safetensors';
const KILLS = 24;
/** The capability is for Python itself, which may stand in somebody's home; it lets nothing be written. */
const NOBODY = [
  'setpriv', '--reuid', '10001', '--regid', '10001', '--clear-groups', '--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search',
];

let trial: Trial;

beforeEach(async () => {
  trial = await Trial.start();
});

afterEach(() => trial.stop());

afterAll(() => console.log(`hydration: ${Trial.count} trials`));

const TARGETS: readonly [string, (request: SeenRequest) => boolean][] = [
  ['the list', isListing],
  ['the manifest', request => isRead(request, 'MANIFEST.json')],
  ['a small file', request => isRead(request, 'config.json')],
  ['the second range of a large file', request => isRead(request, SHARD) && request.headers.range!.startsWith('bytes=16777216-')],
];
const [LIST, ...READS] = TARGETS;

function json(outcome: Outcome): Record<string, unknown> {
  return JSON.parse(outcome.stdout.trimEnd().split('\n').at(-1)!) as Record<string, unknown>;
}

/** The program ends so, says so in one line, and leaves no marker. */
function expectRefusal(outcome: Outcome, code: number, sentence: string): void {
  expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({
    code, stderr: expect.stringMatching(new RegExp(`^${MODEL} at ${REVISION} cannot be copied: .*\n$`)),
  });
  expect(outcome.stderr).toContain(sentence);
  expect(trial.isComplete()).toBe(false);
}

async function expectResumed(): Promise<void> {
  trial.bucket.fault = undefined;
  const { code, stderr } = await trial.run();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(trial.isComplete()).toBe(true);
}

describe('all is well', () => {
  test('every file, the manifest, the marker, and nothing else', async () => {
    const outcome = await trial.run();
    expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({ code: 0, stderr: '' });
    expect(trial.isComplete()).toBe(true);
    expect(readdirSync(trial.directory, { recursive: true }).sort())
      .toEqual(['MANIFEST.json', 'nested', ...Object.keys(FILES), MARKER].sort());
    const bytes = Object.values(FILES).reduce((sum, content) => sum + content.length, 0);
    expect(json(outcome)).toEqual({
      model: MODEL, revision: REVISION, files: 4, bytes, copiedFiles: 4, copiedBytes: bytes, locked: false, seconds: expect.any(Number),
    });
    expect(outcome.stdout).toContain(`${SHARD}: 17.8 MB copied and verified\n`);
  });

  test('a second run verifies what is there, and copies nothing', async () => {
    await trial.run();
    const before = trial.bucket.seen.length;
    expect(json(await trial.run())).toMatchObject({ copiedFiles: 0, copiedBytes: 0 });
    expect(trial.isComplete()).toBe(true);
    expect(Object.keys(FILES).map(path => trial.reads(path, before))).toEqual([0, 0, 0, 0]);
  });

  test('a person can follow a slow bucket', async () => {
    const line = new RegExp(`^ +\\d+ % of 18.9 MB  \\d+ MB/s  (\\d+ min )?\\d+ s left  ${SHARD}$`, 'm');
    const gate = new Gate();
    trial.bucket.fault = request => isRead(request, SHARD) ? { until: gate.opened } : undefined;
    const { code } = await trial.run({
      patience: 100, onStart: child => child.stdout!.on('data', (text: string) => void (line.test(text) && gate.open())),
    });
    // Without the line the file never comes.
    expect(code).toBe(0);
  });
});

test('what the real loader put there, each with what its account may do', async () => {
  const policy = new BucketPolicy(committedWorlds());
  const header = Buffer.from(`${JSON.stringify({ weight: { dtype: 'U8', shape: [5000], data_offsets: [0, 5000] } })}`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await trial.stop();
  trial = await Trial.start({
    'config.json': Buffer.from('{"architectures": ["Gemma2ForCausalLM"]}'), 'tokenizer.json': Buffer.alloc(3000, 'x'),
    'model.safetensors': Buffer.concat([length, header, Buffer.alloc(5000, 7)]),
  });
  trial.bucket.objects.clear();
  const forbidden = guard(trial.bucket, policy, 'vllm/vllm-openai-hdml-l4-loader', 'vllm-models');
  const hub = await HubServer.start({ [MODEL]: { commit: REVISION, files: new Map(Object.entries(trial.files)) } });
  try {
    const loader = promisify(execFile)(pythonCommand(), loaderCommand(), {
      env: { PATH: '/usr/bin:/bin', HF_ENDPOINT: hub.url, STORAGE_EMULATOR_HOST: trial.bucket.url, PYTHONDONTWRITEBYTECODE: '1' },
    });
    expect((await loader).stderr).toBe('');
  } finally {
    await hub.stop();
  }
  const forbiddenToHydration = guard(trial.bucket, policy, 'vllm/vllm-openai-hdml-l4-hydration', 'vllm-models');
  expect(await trial.run()).toMatchObject({ code: 0, stderr: '' });
  expect([...forbidden, ...forbiddenToHydration]).toEqual([]);
  expect(trial.isComplete()).toBe(true);
  // byte for byte what the loader wrote
  expect(readFileSync(join(trial.directory, 'MANIFEST.json'))).toEqual(trial.bucket.objects.get(`${PREFIX}/MANIFEST.json`)!.content);
});

test('what a server\'s account may read, it may not load anew', async () => {
  const forbidden = guard(trial.bucket, new BucketPolicy(committedWorlds()), 'vllm/vllm-openai-gcs-l4', 'vllm-models');
  await expect(promisify(execFile)(pythonCommand(), loaderCommand(), {
    env: { PATH: '/usr/bin:/bin', STORAGE_EMULATOR_HOST: trial.bucket.url, PYTHONDONTWRITEBYTECODE: '1' },
  })).rejects.toMatchObject({ code: 77, stderr: expect.stringContaining('permission denied (403)') });
  expect(forbidden[0]).toMatch(/^storage\.objects\.create /);
});

test('as in its container, where nothing but the disk can be written', async () => {
  const sandbox = sandboxCommand({ uid: 10001, writable: ['/weights'], mounts: readable() });
  // the sandbox and its disk end with the command, so the servers' check is made inside
  const check = ['sh', '-c', '"$@" && exec $CHECK', 'sh'];
  const { code, stdout, stderr } = await trial.run({
    directory: '/weights', prefix: [...sandbox, 'env', `CHECK=${[pythonCommand(), ...checkCommand('/weights')].join(' ')}`, ...check],
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/\n\{"model": .*\}\nweights of .* are complete\n$/);
});

describe('what passes', () => {
  const faults: readonly [string, Fault][] = [
    ...[429, 500, 502, 503, 504].map(status => [`${status}`, { status }] as [string, Fault]),
    ['a reset before the answer', { reset: 'before' }],
    ['a reset instead of the answer', { reset: 'after' }],
    ['a cut', { cutAfter: 100 }],
  ];

  test.each(TARGETS.flatMap(([name, wanted]) => faults.map(([fault, value]) => [fault, name, wanted, value] as const)))(
    '%s at %s', async (_, __, wanted, fault) => {
      trial.bucket.fault = once(wanted, fault);
      expect(await trial.run({ patience: 20 })).toMatchObject({ code: 0, stderr: '' });
      expect(trial.isComplete()).toBe(true);
    });

  const wrongBytes: readonly [string, Fault][] = [
    ['a flipped bit', { flip: 123 }], ['bytes too few', { length: -5 }], ['bytes too many', { length: 7 }],
  ];

  test.each(READS.flatMap(([name, wanted]) => wrongBytes.map(([fault, value]) => [fault, name, wanted, value] as const)))(
    '%s at %s', async (_, __, wanted, fault) => {
      trial.bucket.fault = once(wanted, fault);
      expect(await trial.run({ patience: 20 })).toMatchObject({ code: 0, stderr: '' });
      expect(trial.isComplete()).toBe(true);
    });

  test.each(wrongBytes)('%s in the list: noticed, or without harm', async (_, fault) => {
    trial.bucket.fault = once(LIST[1], fault);
    const { code } = await trial.run({ patience: 5 });
    expect(trial.isComplete()).toBe(code === 0);
    await expectResumed();
  });
});

describe('what stays', () => {
  const forbidden = 'Grant this pod\'s service account its role on the bucket';
  const cases: readonly [string, Fault, number, string][] = [
    // credentials are asked for once more then, and here there are none
    ['401', { status: 401 }, 69, 'no credentials'],
    ['403', { status: 403 }, 77, forbidden],
    ['429', { status: 429 }, 69, 'the bucket does not answer as it should'],
    ['503', { status: 503 }, 69, 'the bucket does not answer as it should'],
    ['resets', { reset: 'before' }, 69, 'the bucket does not answer as it should'],
    ['cuts', { cutAfter: 50 }, 69, 'the bucket does not answer as it should'],
  ];

  test.each(TARGETS.flatMap(([name, wanted]) => cases.map(([fault, ...rest]) => [fault, name, wanted, ...rest] as const)))(
    '%s at %s', async (_, __, wanted, fault, code, sentence) => {
      trial.bucket.fault = request => wanted(request) ? fault : undefined;
      expectRefusal(await trial.run(), code, sentence);
      await expectResumed();
    });

  test('a large file that is damaged in the bucket', async () => {
    const damaged = Buffer.from(FILES[SHARD]);
    damaged[SHARD_BYTES - 1] ^= 1;
    trial.bucket.put(`${PREFIX}/${SHARD}`, damaged);
    const outcome = await trial.run();
    expectRefusal(outcome, 65, `${SHARD} has another sha256 than MANIFEST.json of gs://models/${PREFIX}/ says, 3 times in a row; load them again`);
    expect(outcome.stdout).toContain(`${SHARD}: not the bytes that MANIFEST.json promises; copying it again`);
    trial.fill({});
    await expectResumed();
  });

  test.each([['too short', -5], ['too long', 7]])('answers that are %s', async (_, length) => {
    trial.bucket.fault = request => isRead(request, SHARD) ? { length } : undefined;
    expectRefusal(await trial.run(), 69, `reading ${SHARD}: `);
    await expectResumed();
  });

  test('a manifest that always arrives damaged', async () => {
    trial.bucket.fault = request => isRead(request, 'MANIFEST.json') ? { flip: 40 } : undefined;
    expectRefusal(await trial.run(), 69, 'MANIFEST.json of gs://models/');
    await expectResumed();
  });
});

describe('what the bucket has', () => {
  const put = (name: string, content: Buffer | string) => trial.bucket.put(`${PREFIX}/${name}`, content);
  const remove = (name: string) => trial.bucket.objects.delete(`${PREFIX}/${name}`);
  const cases: readonly [string, () => unknown, number, string][] = [
    ['nothing', () => trial.bucket.objects.clear(), 66, 'there is nothing in gs://models/'],
    ['no marker', () => remove(MARKER), 66, `has no ${MARKER}: the weights are not loaded to the end; load them again with the unit weights/`],
    ['the marker of another revision', () => (remove(MARKER), put('.complete-main', '')), 66, `has no ${MARKER}`],
    ['no manifest', () => remove('MANIFEST.json'), 66, 'has no MANIFEST.json'],
    ['a manifest that is cut short', () => trial.putManifest('{"model": "goo'), 65, 'MANIFEST.json cannot be read'],
    ['another model', () => trial.fill({ model: 'google/gemma-2-27b-it' }), 65, `is of google/gemma-2-27b-it at revision ${REVISION}`],
    ['another revision', () => trial.fill({ revision: 'main' }), 65, `is of ${MODEL} at revision main`],
    ['no file in the manifest', () => trial.fill({ files: [] }), 65, 'MANIFEST.json'],
    ['a path that leaves the disk', () => trial.fill({ files: [{ path: '../out', size: 1, sha256: '0'.repeat(64) }] }), 65,
      'MANIFEST.json: \'../out\' is not the path of a file below a folder'],
    ['an absolute path', () => trial.fill({ files: [{ path: '/etc/passwd', size: 1, sha256: '0'.repeat(64) }] }), 65, '/etc/passwd'],
    ['a file less', () => remove('config.json'), 65, 'config.json is missing'],
    ['a file that is longer', () => put('config.json', Buffer.alloc(701)), 65, 'config.json has 701 bytes instead of 700'],
    ['a file that is shorter', () => put(SHARD, FILES[SHARD].subarray(1)), 65, `${SHARD} has ${SHARD_BYTES - 1} bytes instead of ${SHARD_BYTES}`],
  ];

  test.each(cases)('%s', async (_, change, code, sentence) => {
    change();
    expectRefusal(await trial.run(), code, sentence);
    // refused before a byte is written
    expect(readdirSync(trial.directory)).toEqual([]);
  });

  test('no such bucket', async () => {
    expectRefusal(await trial.run({ arguments: [MODEL, REVISION, 'other', PREFIX, trial.directory] }), 66, 'Is there a bucket other');
  });

  /** Does something when the large file is first asked for. */
  const inMidRun = (change: () => void) => {
    let changed = false;
    trial.bucket.fault = (request) => {
      if (!changed && isRead(request, SHARD)) {
        changed = true;
        change();
      }
      return undefined;
    };
  };

  test('a file is overwritten in mid-run by the same bytes', async () => {
    inMidRun(() => put(SHARD, FILES[SHARD]));
    expectRefusal(await trial.run(), 75, `${SHARD} was changed in gs://models/${PREFIX}/ while it was copied`);
    await expectResumed();
  });

  test('a file is overwritten in mid-run by other bytes', async () => {
    inMidRun(() => put(SHARD, Buffer.alloc(SHARD_BYTES)));
    expectRefusal(await trial.run(), 75, 'was changed');
    expectRefusal(await trial.run(), 65, 'has another sha256');
  });

  test('a file is deleted in mid-run', async () => {
    inMidRun(() => remove(SHARD));
    expectRefusal(await trial.run(), 66, `reading ${SHARD}: not found`);
    put(SHARD, FILES[SHARD]);
    await expectResumed();
  });

  test('manifest and marker are replaced in mid-run: what was begun stays whole', async () => {
    inMidRun(() => (trial.putManifest('{}'), remove(MARKER)));
    expect((await trial.run()).code).toBe(0);
    expect(trial.isComplete()).toBe(true);
  });
});

describe('what the disk has', () => {
  const at = (name: string) => join(trial.directory, name);

  test.each<[string, string, () => void]>([
    ['a flipped bit', SHARD, () => {
      const content = readFileSync(at(SHARD));
      content[5] ^= 1;
      writeFileSync(at(SHARD), content);
    }],
    ['a cut', SHARD, () => truncateSync(at(SHARD), 1000)],
    ['a file less', 'config.json', () => rmSync(at('config.json'))],
  ])('%s beside the marker is mended, and nothing else copied', async (_, path, damage) => {
    await trial.run();
    damage();
    const before = trial.bucket.seen.length;
    expect(json(await trial.run())).toMatchObject({ copiedFiles: 1, copiedBytes: FILES[path].length });
    expect(trial.isComplete()).toBe(true);
    expect(Object.keys(FILES).filter(file => trial.reads(file, before) > 0)).toEqual([path]);
  });

  test('the marker goes before anything is mended', async () => {
    await trial.run();
    truncateSync(at(SHARD), 1000);
    trial.bucket.fault = request => isRead(request, SHARD) ? { status: 403 } : undefined;
    expectRefusal(await trial.run(), 77, 'permission denied (403)');
    await expectResumed();
  });

  test('what an earlier run left half-done goes', async () => {
    mkdirSync(at('.partial/x'), { recursive: true });
    writeFileSync(at('.partial/x/y'), 'half');
    await expectResumed();
    expect(existsSync(at('.partial'))).toBe(false);
  });

  test.each(['other.safetensors', 'nested/other.json', '.complete-main'])('%s is of no model that is asked for', async (name) => {
    mkdirSync(at('nested'));
    writeFileSync(at(name), '');
    expectRefusal(await trial.run(), 65, `has files that are not of ${MODEL} at ${REVISION}: ${name}. Start with an empty disk`);
  });

  test('a second process at once', async () => {
    const gate = new Gate();
    trial.bucket.fault = request => isRead(request, 'config.json') ? { until: gate.opened } : undefined;
    const first = trial.run({ patience: 100 });
    await eventually('the first is copying', async () => trial.reads('config.json') > 0);
    expectRefusal(await trial.run(), 75, 'is being filled by another process');
    gate.open();
    expect((await first).code).toBe(0);
    expect(trial.isComplete()).toBe(true);
  });

  test.each([
    ['absent', () => join(trial.directory, 'absent'), 'Mount the disk there'],
    ['a file', () => (writeFileSync(at('file'), ''), at('file')), 'Mount the disk there'],
  ])('a directory that is %s', async (_, directory, sentence) => {
    expectRefusal(await trial.run({ directory: directory() }), 64, sentence);
  });

  test('a directory that it may not write', async () => {
    chmodSync(trial.directory, 0o755);
    expectRefusal(await trial.run({ prefix: NOBODY }), 77, 'The disk has to be writable for user 10001, group 10001');
  });

  test('a limit on the size of files', async () => {
    expectRefusal(await trial.run({ prefix: ['prlimit', `--fsize=${10 * 2 ** 20}`] }), 73, 'The disk is too small for the weights');
    await expectResumed();
  });
});

describe('usage', () => {
  test.each([[[]], [[MODEL, REVISION, 'models', PREFIX]], [[MODEL, '../up', 'models', PREFIX, '/tmp']], [[MODEL, '', 'models', PREFIX, '/tmp']]])(
    '%j is refused', async (args) => {
      const { code, stderr } = await trial.run({ arguments: args });
      expect([code, stderr]).toEqual([64, expect.stringMatching(/^weights-hydration: .*\nusage: weights-hydration /)]);
    });
});

describe('a real disk', () => {
  let folder: string;
  let image: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'disk-'));
    image = join(folder, 'disk');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function sh(script: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', ...args], {
      encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    return { status, stdout, stderr };
  }

  function format(mib: number): void {
    const script = 'truncate -s "$1"M "$2" && mkfs.ext4 -q -m 0 "$2" && mount -o loop "$2" "$3" && chgrp 10001 "$3" && chmod 2775 "$3" && touch "$3/lost+found/#12"';
    expect(sh(script, `${mib}`, image, trial.directory)).toMatchObject({ status: 0, stderr: '' });
  }

  /** As kubelet mounts it for the Job. When the program has ended, the disk is copied at once, still mounted: the earliest snapshot. */
  const mounted = () => ['unshare', '--mount', 'sh', '-c', 'mount -o loop "$1" "$2" && shift 2 && "$@"; code=$?; cp "$0" "$0.snapshot"; exit $code',
    image, image, trial.directory, ...NOBODY];

  /** As the driver mounts a disk from a snapshot, with the server's check on it. */
  const checked = () => sh('mount -o ro,noload,loop "$1" "$2" && shift 2 && "$@"', `${image}.snapshot`, trial.directory, ...NOBODY,
    pythonCommand(), ...checkCommand(trial.directory));

  test('is filled by nobody beside lost+found, and a snapshot of that moment is complete', async () => {
    format(40);
    expect(await trial.run({ prefix: mounted() })).toMatchObject({ code: 0, stderr: '' });
    expect(checked()).toEqual({ status: 0, stdout: `weights of ${MODEL} at revision ${REVISION} are complete\n`, stderr: '' });
    const features = spawnSync('dumpe2fs', ['-h', `${image}.snapshot`], { encoding: 'utf8', env: { PATH: '/usr/sbin:/sbin' } }).stdout;
    expect(features).toContain('needs_recovery');
  });

  test('that is too small is refused before a byte is copied', async () => {
    format(16);
    expectRefusal(await trial.run({ prefix: mounted() }), 73, '18.9 MB are still to come. The disk is too small for the weights');
    expect(trial.reads(SHARD)).toBe(0);
    expect(checked()).toMatchObject({ status: 65, stderr: expect.stringContaining('there is no marker') });
  });

  test('that somebody else fills in mid-run', async () => {
    await trial.stop();
    trial = await Trial.start(MANY);
    format(40);
    let filled = false;
    let pid = 0;
    trial.bucket.fault = (request) => {
      if (!filled && isRead(request, 'part-00')) {
        filled = true;
        writeFileSync(`/proc/${pid}/root${trial.directory}/lost+found/filler`, Buffer.alloc(20 * 2 ** 20));
      }
      return undefined;
    };
    const outcome = await trial.run({ prefix: mounted(), onStart: child => pid = child.pid! });
    expectRefusal(outcome, 73, 'No space left on device. The disk is too small for the weights');
    expect(filled).toBe(true);
  });
});

/** Enough of them that a run can be stopped between any two. */
const MANY: Files = Object.fromEntries(Array.from({ length: 12 }, (_, index) =>
  [`part-${String(index).padStart(2, '0')}`, FILES[SHARD].subarray(index * 2 ** 20, (index + 1) * 2 ** 20 + 2 ** 20 * Number(index === 0))]));

describe('a run that is stopped', () => {
  const kills = { 'before the first file': 0, 'between two files': 0, 'after the last file': 0, 'too late': 0 };

  beforeEach(async () => {
    await trial.stop();
    trial = await Trial.start(MANY);
    trial.bucket.fault = request => request.path.includes('alt=media') ? { delayMs: 150 } : undefined;
  });

  afterAll(() => console.log(`kill -9: ${Object.entries(kills).map(([when, count]) => `${count} ${when}`).join(', ')}`));

  const named = () => readdirSync(trial.directory).filter(name => name.startsWith('part-'));

  test.each(Array.from({ length: KILLS }, (_, index) => index))('by kill -9 goes on where it was (%s)', async (index) => {
    // every fourth at any time, the others while files are copied
    const reads = index % 4 > 0 ? 1 + Math.floor(Math.random() * 12) : 0;
    const { signal } = await trial.run({
      onStart: child => void (async () => {
        await eventually(`${reads} files are asked for`, async () =>
          trial.bucket.seen.filter(({ path }) => path.includes('part-') && path.includes('alt=media')).length >= reads);
        await new Promise(resolve => setTimeout(resolve, Math.random() * (reads > 0 ? 200 : 1500)));
        child.kill('SIGKILL');
      })(),
    });
    const files = named();
    kills[signal === null ? 'too late' : files.length === 0 ? 'before the first file' : files.length < 12 ? 'between two files' : 'after the last file']++;
    // its name alone says that a file is whole
    expect(files.filter(file => !readFileSync(join(trial.directory, file)).equals(MANY[file]))).toEqual([]);
    // checks that the marker says the truth
    trial.isComplete();
    const before = trial.bucket.seen.length;
    await expectResumed();
    expect(files.filter(file => trial.reads(file, before) > 0)).toEqual([]);
  });

  test('most of them came in time, and some between two files', () => {
    expect(kills['between two files']).toBeGreaterThan(2);
    expect(kills['too late']).toBeLessThan(KILLS / 2);
  });

  test('by SIGTERM says so, and goes on where it was', async () => {
    const outcome = await trial.run({
      onStart: child => void eventually('a file is whole', async () => named().length > 0).then(() => child.kill('SIGTERM')),
    });
    expect(outcome).toMatchObject({
      code: 75, stderr: 'stopped; what is verified stays on the disk, and the next run goes on from there\n',
    });
    expect(trial.isComplete()).toBe(false);
    await expectResumed();
  });
});
