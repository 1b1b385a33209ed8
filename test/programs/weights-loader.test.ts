import { ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { WeightsLoader } from '../../lib';
import { BucketServer } from '../rig/bucket';
import { eventually } from '../rig/eventually';
import { Fault, SeenRequest } from '../rig/faulty-server';
import { Gate } from '../rig/gate';
import { HubServer } from '../rig/hub';
import { programFolder } from '../rig/program-folder';
import { imagePython, pythonMounts } from '../rig/python/environment';
import { sha256 } from '../rig/sha256';
import { sandboxCommand } from '../rig/vllm';

const LOADER = join(programFolder(WeightsLoader.programImage().programs), 'main.py');
const PYTHON = imagePython('vllm-openai');
const MODEL = 'org/tiny';
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const PREFIX = `${MODEL}/${COMMIT}`;
const MARKER = `${PREFIX}/.complete-${COMMIT}`;
const TOKEN = 'hf_abcdefghijklmnopqrstuvwxyz0123456';
/** What a Job starts again after; and what it does not. */
const RETRYABLE = [1, 69, 75, null];
/** After which a dead loader is replaced; too short for one that has to live on a busy machine. */
const DIES = ['--lock-seconds=1'];
/** Long enough for that. */
const LIVES = ['--lock-seconds=10'];
/** Two cores. */
const AT_ONCE = 2;

/** Bytes that are the same in every run. */
function bytes(length: number, seed: number): Buffer {
  const content = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    content[i] = state >>> 24;
  }
  return content;
}

function safetensors(length: number, seed: number): Buffer {
  const header = Buffer.from(JSON.stringify({ weight: { dtype: 'U8', shape: [length], data_offsets: [0, length] } }));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, bytes(length, seed)]);
}

const SHARDS = ['model-00001-of-00003.safetensors', 'model-00002-of-00003.safetensors', 'model-00003-of-00003.safetensors'];
const INDEX = { metadata: {}, weight_map: Object.fromEntries(SHARDS.map((shard, index) => [`layer.${index}`, shard])) };
const SERVED = new Map([
  ['config.json', Buffer.from('{"architectures": ["Qwen3ForCausalLM"]}')],
  ['model.safetensors.index.json', Buffer.from(JSON.stringify(INDEX))],
  [SHARDS[0], safetensors(200_000, 1)], [SHARDS[1], safetensors(120_000, 2)], [SHARDS[2], safetensors(3_000, 3)],
  ['tokenizer.json', bytes(20_000, 4)], ['chat_template.jinja', Buffer.from('{{ messages }}')], ['merges.txt', Buffer.alloc(0)],
]);
/** At the hub, and never in the bucket. */
const OTHER = new Map([
  ['README.md', Buffer.from('#')], ['pytorch_model.bin', bytes(2000, 5)], ['modeling_tiny.py', Buffer.from('import os')],
  ['original/model.safetensors', safetensors(100, 6)], ['MANIFEST.json', Buffer.from('{"of": "the repository"}')],
]);

interface Result {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

let trials = 0;
const kinds = new Map<string, number>();

/** A hub, a bucket, and what must hold of them whatever happens. */
class World {
  static async make(kind: string, files: ReadonlyMap<string, Buffer> = new Map([...SERVED, ...OTHER]), token?: string): Promise<World> {
    trials++;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const world = new World(await HubServer.start({ [MODEL]: { commit: COMMIT, files, token } }), await BucketServer.start(), files);
    World.open.add(world);
    world.bucket.onUpload = (name, { content }) => {
      const path = name.slice(PREFIX.length + 1);
      if (files.get(path)?.equals(content)) {
        world.rightUploads.push(path);
      }
      if (name === MARKER) {
        world.violations.push(...world.incomplete().map(problem => `marker before ${problem}`));
      }
    };
    return world;
  }

  /** A test that fails leaves none behind. */
  static readonly open = new Set<World>();

  readonly rightUploads: string[] = [];
  readonly violations: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'loader-'));
  private readonly children = new Set<ChildProcess>();

  private constructor(readonly hub: HubServer, readonly bucket: BucketServer, readonly files: ReadonlyMap<string, Buffer>) {}

  get served(): Map<string, Buffer> {
    return new Map([...this.files].filter(([path]) => !OTHER.has(path)));
  }

  /** A file as it is in the bucket. */
  stored(path: string): Buffer | undefined {
    return this.bucket.objects.get(`${PREFIX}/${path}`)?.content;
  }

  incomplete(): string[] {
    const problems = [...this.served].filter(([path, content]) => !this.stored(path)?.equals(content)).map(([path]) => `${path} is right`);
    const files = [...this.served].map(([path, content]) => ({ path, size: content.length, sha256: sha256(content) }))
      .sort((a, b) => a.path < b.path ? -1 : 1);
    const manifest = this.stored('MANIFEST.json')?.toString() ?? 'null';
    if (manifest !== `${JSON.stringify({ model: MODEL, revision: COMMIT, files }, undefined, 2)}\n`) {
      problems.push('the manifest is right');
    }
    return problems;
  }

  get complete(): boolean {
    return this.bucket.objects.has(MARKER) && this.incomplete().length === 0;
  }

  start(args: string[] = [], command = 'load', prefix: string[] = [], loader = LOADER): { child: ChildProcess; result: Promise<Result> } {
    const [program, ...rest] = [...prefix, PYTHON, loader, command, MODEL, COMMIT, 'models', PREFIX, '--retry-seconds=0.002', '--lock-seconds=5',
      '--patience-seconds=1', '--progress-seconds=0.2', ...args];
    const child = spawn(program, rest, {
      env: {
        PATH: '/usr/bin:/bin', HF_ENDPOINT: this.hub.url, STORAGE_EMULATOR_HOST: this.bucket.url, PYTHONDONTWRITEBYTECODE: '1',
        HF_TOKEN: 'hf_of_the_environment', HOSTNAME: 'loader-pod', HOME: '/nonexistent',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children.add(child);
    let output = '';
    child.stdout.on('data', chunk => output += chunk);
    child.stderr.on('data', chunk => output += chunk);
    const result = new Promise<Result>(done => child.on('close', (code, signal) => {
      this.children.delete(child);
      if (output.includes(TOKEN) || output.includes('hf_of_the_environment')) {
        this.violations.push('the token is in the output');
      }
      if (/Traceback|this should not happen/.test(output)) {
        this.violations.push(`a traceback: ${output}`);
      }
      done({ code, signal, output });
    }));
    return { child, result };
  }

  /** Sends a signal at a moment that a busy machine does not move: so many milliseconds after so many requests. */
  async interrupted(signal: NodeJS.Signals, requests: number, milliseconds: number, args: string[] = [], command = 'load'): Promise<Result> {
    let seen = 0;
    const { child, result } = this.start(args, command);
    const fault = ({ method, path }: SeenRequest): Fault => {
      if (++seen === requests) {
        setTimeout(() => child.kill(signal), milliseconds);
      }
      return { delayMs: method === 'PUT' || /\/cdn\/|rewriteTo|alt=media/.test(path) ? 40 : 0 };
    };
    this.hub.fault = this.bucket.fault = fault;
    const ended = await result;
    this.hub.fault = this.bucket.fault = undefined;
    return ended;
  }

  run(args: string[] = [], command = 'load'): Promise<Result> {
    return this.start(args, command).result;
  }

  /** As a Job does: again, while that may help. */
  async runAgain(args: string[] = [], command = 'load'): Promise<Result> {
    let result = await this.run(args, command);
    for (let again = 0; again < 5 && RETRYABLE.includes(result.code); again++) {
      result = await this.run(args, command);
    }
    return result;
  }

  /** What is wrong after all. */
  async end(): Promise<string[]> {
    World.open.delete(this);
    for (const child of this.children) {
      child.kill('SIGKILL');
    }
    await Promise.all([this.hub.stop(), this.bucket.stop()]);
    rmSync(this.folder, { recursive: true });
    const twice = this.rightUploads.filter((path, index) => this.rightUploads.indexOf(path) !== index);
    const never = [...this.bucket.objects.keys()].filter(name => /\.bin$|\.py$|README|original/.test(name));
    const leaked = this.hub.seen.filter(({ path, headers }) => path.startsWith('/cdn/') && headers.authorization !== undefined);
    return [
      ...this.violations, ...twice.map(path => `${path} was uploaded twice`), ...never.map(name => `${name} is in the bucket`),
      ...leaked.map(({ path }) => `the token went to ${path}`),
      ...this.bucket.objects.has(MARKER) ? this.incomplete().map(problem => `marker, but not: ${problem}`) : [],
    ];
  }
}

interface Trial {
  readonly name: string;
  readonly files?: ReadonlyMap<string, Buffer>;
  readonly token?: string;
  readonly args?: string[];
  readonly hub?: (request: SeenRequest) => Fault | undefined;
  readonly bucket?: (request: SeenRequest) => Fault | undefined;
  readonly before?: (world: World) => void;
  /** @default 0, and all is there */
  readonly code?: number;
  readonly says?: RegExp;
  /** With the faults gone. @default true */
  readonly completesAfterwards?: boolean;
}

async function attempt(kind: string, trial: Trial): Promise<string[]> {
  const world = await World.make(kind, trial.files, trial.token);
  trial.before?.(world);
  world.hub.fault = trial.hub;
  world.bucket.fault = trial.bucket;
  const { code, output } = await world.run(trial.args);
  const problems: string[] = [];
  if (code !== (trial.code ?? 0)) {
    problems.push(`exit code ${code} instead of ${trial.code ?? 0}: ${output}`);
  }
  if (trial.says && !trial.says.test(output)) {
    problems.push(`says ${output} instead of ${trial.says}`);
  }
  if (code !== 0 && trial.completesAfterwards !== false) {
    if (world.complete) {
      problems.push('it is complete all the same');
    }
    world.hub.fault = world.bucket.fault = undefined;
    const again = await world.runAgain();
    if (again.code !== 0) {
      problems.push(`afterwards exit code ${again.code}: ${again.output}`);
    }
  }
  if (trial.completesAfterwards !== false && !world.complete) {
    problems.push(`not complete: ${world.incomplete().join(', ')}`);
  }
  return [...problems, ...await world.end()].map(problem => `${trial.name}: ${problem}`);
}

async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<string[]>): Promise<string[]> {
  const waiting = [...items];
  const problems: string[] = [];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      problems.push(...await work(item));
    }
  }));
  return problems;
}

function attemptAll(kind: string, list: readonly Trial[]): Promise<string[]> {
  return sideBySide(list, trial => attempt(kind, trial));
}

/** Of the requests that match, the first so many go wrong. */
function times(count: number, matches: (request: SeenRequest) => boolean, fault: Fault): (request: SeenRequest) => Fault | undefined {
  let left = count;
  return request => matches(request) && left-- > 0 ? fault : undefined;
}

const asks = (method: string, part: string) => (request: SeenRequest) => (
  request.method === method && decodeURIComponent(request.path).includes(part));
const always = (matches: (request: SeenRequest) => boolean, fault: Fault) => times(Infinity, matches, fault);

afterEach(async () => {
  await Promise.all([...World.open].map(world => world.end()));
});

afterAll(() => process.stdout.write(`\n${trials} trials of the loader: ${[...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')}\n`));

test('a model is loaded whole, verified, once, and nothing else of its repository', async () => {
  const world = await World.make('without faults');
  const first = await world.run();
  expect(first.code).toBe(0);
  expect(JSON.parse(first.output.trim().split('\n').at(-1)!)).toMatchObject({ model: MODEL, files: 8, uploaded: 8, kept: 0 });
  expect(world.complete).toBe(true);
  expect([...world.bucket.objects.keys()].sort()).toEqual([...SERVED.keys(), 'MANIFEST.json', `.complete-${COMMIT}`].map(path => `${PREFIX}/${path}`).sort());
  expect(world.bucket.uploads.filter(name => !name.endsWith('.loading')).at(-1)).toBe(MARKER);
  const uploads = world.bucket.uploads.length;
  const second = await world.run();
  expect(second.output).toContain('8 of them are in gs://models/');
  expect(JSON.parse(second.output.trim().split('\n').at(-1)!)).toMatchObject({ uploaded: 0, kept: 8, verifiedInPlace: 0 });
  expect(world.bucket.uploads.slice(uploads).every(name => name.endsWith('.loading'))).toBe(true);
  expect(await world.end()).toEqual([]);
});

test('the hub of these tests is one to the hub\'s own client as well', async () => {
  const world = await World.make('the client of the hub', undefined, TOKEN);
  const child = spawn(PYTHON, ['-c', `
import hashlib, json, os
from huggingface_hub import HfApi, snapshot_download
info = HfApi().model_info(${JSON.stringify(MODEL)}, revision=${JSON.stringify(COMMIT)}, files_metadata=True)
folder = snapshot_download(${JSON.stringify(MODEL)}, revision=${JSON.stringify(COMMIT)}, cache_dir=os.environ["HF_HOME"])
def digest(path):
    return hashlib.sha256(open(os.path.join(folder, path), "rb").read()).hexdigest()
print(json.dumps({file.rfilename: [file.size, file.lfs.sha256 if file.lfs else None, digest(file.rfilename)] for file in info.siblings}))
`], {
    env: { PATH: '/usr/bin:/bin', HF_ENDPOINT: world.hub.url, HF_TOKEN: TOKEN, HF_HOME: world.folder, HF_HUB_DISABLE_XET: '1', HF_HUB_DISABLE_TELEMETRY: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', chunk => output += chunk);
  expect(await new Promise(done => child.on('close', done))).toBe(0);
  expect(JSON.parse(output)).toEqual(Object.fromEntries([...world.files].map(([path, content]) => [path, [
    content.length, content.length >= 1024 || path.endsWith('.safetensors') || path.endsWith('.bin') ? sha256(content) : null, sha256(content),
  ]])));
  expect(await world.end()).toEqual([]);
});

const WHERE = { list: '/api/models/', small: '/resolve/', large: '/cdn/' };
const ONCE: [string, Fault][] = [
  ['429', { status: 429, headers: { 'retry-after': '0' } }], ['500', { status: 500 }], ['502', { status: 502 }], ['503', { status: 503 }],
  ['504', { status: 504 }], ['reset before', { reset: 'before' }], ['reset after', { reset: 'after' }],
];
const BYTES: [string, Fault][] = [
  ['cut at 0', { cutAfter: 0 }], ['cut at 1', { cutAfter: 1 }], ['cut in the middle', { cutAfter: 1500 }], ['bit flip', { flip: 2000 }],
  ['a byte too few', { length: -1 }], ['a byte too many', { length: 1 }],
];

test('what goes wrong at the hub once is got over', async () => {
  const { list, small, large } = WHERE;
  expect(await attemptAll('hub, once', [
    ...[list, small, large].flatMap(where => ONCE.map(([name, fault]) => ({ name: `${name} at ${where}`, hub: times(1, asks('GET', where), fault) }))),
    ...[SHARDS[0], SHARDS[2]].flatMap(shard => BYTES.map(([name, fault]) => (
      { name: `${name} of ${shard}`, hub: times(1, asks('GET', `${COMMIT}/${shard}`), fault) }))),
    ...BYTES.map(([name, fault]) => ({ name: `${name} of a small file`, hub: times(1, asks('GET', '/config.json'), fault) })),
    ...BYTES.map(([name, fault]) => ({ name: `${name} of each large file`, hub: (request: SeenRequest) =>
      request.path.startsWith(large) && request.earlier === 0 ? fault : undefined })),
    { name: 'five cuts', hub: times(5, asks('GET', large), { cutAfter: 700 }) },
    { name: 'the list cut', hub: times(1, asks('GET', list), { cutAfter: 100 }) },
  ])).toEqual([]);
});

test('what stays wrong at the hub is refused, and nothing of it is kept', async () => {
  const { list, large } = WHERE;
  const shard = asks('GET', `/cdn/${MODEL}/${COMMIT}/${SHARDS[1]}`);
  const refusal = (status: number, code: string): Fault => ({ status, headers: { 'x-error-code': code } });
  expect(await attemptAll('hub, for good', [
    { name: 'flip', hub: always(shard, { flip: 99 }), code: 65, says: /model-00002.*: the hub sends sha256 .* instead of .*, 3 times; nothing of it was kept/ },
    { name: 'flip of a small file', hub: always(asks('GET', '/config.json'), { flip: 3 }), code: 65, says: /config.json: the hub sends git-blob / },
    { name: 'flip of the last byte', hub: always(shard, { flip: SERVED.get(SHARDS[1])!.length - 1 }), code: 65, says: /3 times/ },
    { name: 'too long', hub: always(shard, { length: 7 }), code: 65, says: /the hub sends 120\d+ bytes instead of 120\d+ \(8 tries\)/ },
    { name: 'too short', hub: always(shard, { length: -7 }), code: 65, says: /the hub sends 120\d+ bytes instead of/ },
    { name: 'nothing', hub: always(shard, { cutAfter: 0 }), code: 69, says: /model-00002.*\(8 tries\)/ },
    ...[429, 500, 503].flatMap(status => [list, large].map(where => (
      { name: `${status} at ${where}`, hub: always(asks('GET', where), { status }), code: 69, says: new RegExp(`the hub answers ${status} .*\\(8 tries\\)`) }))),
    ...[list, large].map(where => ({ name: `reset at ${where}`, hub: always(asks('GET', where), { reset: 'before' }), code: 69, says: /does not answer/ })),
    { name: 'another host refuses', hub: always(asks('GET', large), { status: 403 }), code: 77, says: /the hub answers 403/ },
    { name: '401 in mid-run', hub: always(asks('GET', '/resolve/'), refusal(401, 'GatedRepo')), code: 77, says: /accept its licence.*kubectl create secret/ },
    { name: '404 in mid-run', hub: always(asks('GET', '/tokenizer.json'), refusal(404, 'EntryNotFound')), code: 66, says: /has no tokenizer.json/ },
    { name: 'commit gone', hub: always(asks('GET', list), refusal(404, 'RevisionNotFound')), code: 66, says: new RegExp(`has no commit ${COMMIT}`) },
    { name: 'no JSON', hub: always(asks('GET', list), { status: 200, body: '<html>' }), code: 69, says: /list of files is no JSON/ },
    { name: 'other JSON', hub: always(asks('GET', list), { status: 200, body: '[]' }), code: 65, says: /list of files cannot be read/ },
    { name: 'a loop', hub: always(asks('GET', large), { status: 302, headers: { location: '/cdn/again' } }), code: 69, says: /redirects more than 5 times/ },
  ])).toEqual([]);
});

test('a commit that changes in mid-run is refused', async () => {
  const moved = 'f'.repeat(40);
  const header = { 'x-repo-commit': moved };
  expect(await attemptAll('another commit', [
    { name: 'in the list', hub: always(asks('GET', '/api/'), { status: 200, body: JSON.stringify({ sha: moved, siblings: [] }) }), code: 65, says: /pin/ },
    ...['config.json', SHARDS[0], SHARDS[2], 'tokenizer.json', 'merges.txt'].map(path => (
      { name: path, hub: always(asks('GET', `/resolve/${COMMIT}/${path}`), { status: 200, headers: header }), code: 65, says: /the repository changed/ })),
    { name: 'on the way', hub: always(asks('GET', `/resolve/${COMMIT}/${SHARDS[0]}`), { status: 302, headers: { ...header, location: '/cdn/x' } }), code: 65 },
  ])).toEqual([]);
  const world = await World.make('another commit');
  world.hub.fault = times(1, (request) => {
    world.hub.models[MODEL].commit = request.path.includes(SHARDS[1]) ? moved : COMMIT;
    return false;
  }, { status: 500 });
  expect((await world.run()).code).toBe(66);
  expect(world.bucket.objects.has(MARKER)).toBe(false);
  expect(await world.end()).toEqual([]);
});

const LOCKING = (request: SeenRequest) => request.body.includes('.loading') || request.path.includes('.loading');
const BUCKET: [string, (request: SeenRequest) => boolean][] = [
  ['the list', request => request.method === 'GET' && request.path.includes('prefix=')],
  ['looking for a file', asks('GET', `${PREFIX}/config.json`)],
  ['starting an upload', asks('POST', 'uploadType=resumable')],
  ['an upload', asks('PUT', 'upload_id=')],
  ['noting', request => request.method === 'PATCH'],
  ['the manifest', request => request.method === 'POST' && request.body.includes('MANIFEST.json"')],
  ['the marker', request => request.method === 'POST' && request.body.includes('.complete-')],
  ['locking', request => request.method === 'POST' && LOCKING(request)],
  ['unlocking', request => request.method === 'DELETE' && LOCKING(request)],
];

test('what goes wrong at the bucket once is got over', async () => {
  const faults: [string, Fault][] = [['503', { status: 503 }], ['429', { status: 429 }], ['reset before', { reset: 'before' }], ['reset after', { reset: 'after' }]];
  expect(await attemptAll('bucket, once', BUCKET.flatMap(([where, matches]) => faults.map(([name, fault]) => (
    { name: `${name} at ${where}`, bucket: times(1, matches, fault) }))))).toEqual([]);
});

test('what stays wrong at the bucket is said', async () => {
  expect(await attemptAll('bucket, for good', [
    ...BUCKET.slice(0, 8).map(([where, matches]) => ({ name: `503 at ${where}`, bucket: always(matches, { status: 503 }), code: 69, says: /does not answer/ })),
    ...BUCKET.slice(0, 8).map(([where, matches]) => (
      { name: `403 at ${where}`, bucket: always(matches, { status: 403 }), code: 77, says: /permission denied.*roles\/storage.objectUser/ })),
    { name: 'no bucket', bucket: always(() => true, { status: 404 }), code: 66, says: /Is there a bucket models/ },
    // What the client library asks besides, and the role does not allow
    { name: '403 at the bucket itself', bucket: always(({ path }) => /\/b\/models\?/.test(path), { status: 403 }) },
  ])).toEqual([]);
});

test('files of several chunks arrive whole, whatever breaks between them', async () => {
  const files = new Map([['config.json', Buffer.from('{}')], ['model.safetensors', safetensors(34 * 2 ** 20, 7)]]);
  const chunk = (start: number) => (request: SeenRequest) => request.method === 'PUT' && `${request.headers['content-range']}`.startsWith(`bytes ${start}-`);
  const second = chunk(2 ** 24);
  // The server of the test computes checksums in JavaScript
  const args = ['--lock-seconds=20', '--patience-seconds=60', '--skip-tokenizer-init'];
  const list: Trial[] = [
    { name: 'without faults', files, says: /model.safetensors: \d+ % of 35.7 MB, [\d.]+ MB\/s[^]*all files: \d+ % of/ },
    { name: '503', files, bucket: times(2, second, { status: 503 }) },
    { name: 'reset before', files, bucket: times(1, second, { reset: 'before' }) },
    { name: 'reset after', files, bucket: times(1, second, { reset: 'after' }) },
    { name: 'reset after the last', files, bucket: times(1, chunk(2 ** 25), { reset: 'after' }) },
    { name: 'cut', files, hub: times(3, asks('GET', '/cdn/'), { cutAfter: 9_000_000 }) },
    { name: 'flip near the end', files, hub: times(1, asks('GET', '/cdn/'), { flip: 35_000_000 }) },
  ];
  expect(await attemptAll('chunks', list.map(trial => ({ ...trial, args })))).toEqual([]);
});

/** How many requests one run makes, at least. */
const REQUESTS = 50;
const moments = (count: number, most: number) => Array.from({ length: count }, (_, index) => (
  { requests: 1 + Math.floor((index + Math.random()) * most / count), milliseconds: Math.floor(Math.random() * 40) }));

test('killed at any moment, it goes on with what is not verified yet', async () => {
  let killed = 0;
  expect(await sideBySide(moments(32, REQUESTS), async ({ requests, milliseconds }) => {
    const world = await World.make('kill -9');
    const { signal } = await world.interrupted('SIGKILL', requests, milliseconds, DIES);
    killed += signal === 'SIGKILL' ? 1 : 0;
    const { code, output } = await world.runAgain(DIES);
    const problems = code === 0 && world.complete ? [] : [`exit code ${code}: ${output}`];
    return [...problems, ...await world.end()].map(problem => `killed ${milliseconds} ms after request ${requests}: ${problem}`);
  })).toEqual([]);
  expect(killed).toBeGreaterThanOrEqual(28);
});

test('stopped by SIGTERM, it gives its place back and goes on later', async () => {
  let stopped = 0;
  expect(await sideBySide(moments(8, 40), async ({ requests, milliseconds }) => {
    const world = await World.make('SIGTERM');
    const first = await world.interrupted('SIGTERM', requests, milliseconds);
    stopped += first.code === 75 ? 1 : 0;
    const problems = world.bucket.objects.has(`${PREFIX}/.loading`) ? ['the lock is left'] : [];
    problems.push(...[0, 75].includes(first.code!) ? [] : [`ends with ${first.code} ${first.signal}: ${first.output}`]);
    const { code, output } = await world.run();
    problems.push(...code === 0 && world.complete ? [] : [`exit code ${code}: ${output}`]);
    return [...problems, ...await world.end()].map(problem => `stopped ${milliseconds} ms after request ${requests}: ${problem}`);
  })).toEqual([]);
  expect(stopped).toBeGreaterThanOrEqual(6);
});

test('stopped by SIGTERM while it takes its place, it gives it back', async () => {
  const world = await World.make('SIGTERM');
  const taking = (request: SeenRequest) => request.method === 'POST' && LOCKING(request);
  const gate = new Gate();
  world.bucket.fault = times(1, taking, { until: gate.opened });
  const { child, result } = world.start();
  await eventually('it takes its place', async () => world.bucket.seen.some(taking));
  child.kill('SIGTERM');
  gate.open();
  expect(await result).toMatchObject({ code: 75, output: expect.stringContaining('stopped; run it again') });
  expect([...world.bucket.objects.keys()]).toEqual([]);
  expect(await world.end()).toEqual([]);
});

describe('a second loader', () => {
  const held = (world: World) => eventually('the lock is held', async () => world.bucket.objects.has(`${PREFIX}/.loading`));

  test('leaves the first alone', async () => {
    const world = await World.make('second loader');
    const gate = new Gate();
    world.hub.fault = times(1, asks('GET', '/cdn/'), { until: gate.opened });
    const first = world.start(LIVES);
    await held(world);
    const second = await world.run(LIVES);
    gate.open();
    expect(second.output).toContain('is being filled by loader-pod; one loader at a time');
    expect(second.code).toBe(75);
    expect((await first.result).code).toBe(0);
    expect(world.complete).toBe(true);
    expect(await world.end()).toEqual([]);
  });

  test.each([1, 2, 3, 4])('at the same moment: one of them does all (%d)', async () => {
    const world = await World.make('second loader');
    const results = await Promise.all([world.run(), world.run()]);
    expect(results.map(({ code }) => code).filter(code => code === 0).length).toBeGreaterThanOrEqual(1);
    expect(results.every(({ code }) => code === 0 || code === 75)).toBe(true);
    expect(world.complete).toBe(true);
    expect(await world.end()).toEqual([]);
  });

  test('takes the place of a dead one', async () => {
    const world = await World.make('second loader');
    world.bucket.put(`${PREFIX}/.loading`, '{"holder": "a-dead-pod"}');
    const { code, output } = await world.run(DIES);
    expect(output).toMatch(/another loader's; watching.*\nit is not: going on in its place/);
    expect(code).toBe(0);
    expect(await world.end()).toEqual([]);
  });

  test('that took over a silent one is not disturbed by it', async () => {
    const world = await World.make('second loader');
    const large = asks('GET', `/cdn/${MODEL}/${COMMIT}/${SHARDS[0]}`);
    const gate = new Gate();
    world.hub.fault = times(1, large, { until: gate.opened });
    const first = world.start(LIVES);
    await held(world);
    await eventually('the large file is asked for', async () => world.hub.seen.some(large));
    // Its node stands still for longer than a lock holds
    first.child.kill('SIGSTOP');
    const second = await world.run(LIVES);
    expect(second.code).toBe(0);
    first.child.kill('SIGCONT');
    gate.open();
    const { code, output } = await first.result;
    // whichever thread hears of it first
    expect(output).toMatch(/was taken over by another loader|another writer changed it; one loader at a time/);
    expect(code).toBe(75);
    expect(world.complete).toBe(true);
    expect(await world.end()).toEqual([]);
  });
});

test('what is wrong in the bucket is found and replaced; what is right is not sent again', async () => {
  const name = (path: string) => `${PREFIX}/${path}`;
  const right = SERVED.get(SHARDS[1])!;
  const wrong = Buffer.from(right);
  wrong[70_000] ^= 1;
  const after = (change: (world: World) => void) => async () => {
    const world = await World.make('bucket changed');
    const first = await world.run();
    world.rightUploads.length = 0;
    change(world);
    const { code, output } = await world.run();
    const problems = first.code === 0 && code === 0 && world.complete ? [] : [`exit code ${code}: ${output}`];
    return [...problems, ...world.rightUploads.filter(path => path !== SHARDS[1]).map(path => `${path} was sent again`), ...await world.end()];
  };
  expect(await sideBySide([
    after(({ bucket }) => bucket.put(name(SHARDS[1]), wrong)),
    after(({ bucket }) => bucket.put(name(SHARDS[1]), wrong, bucket.objects.get(name(SHARDS[1]))!.metadata)),
    after(({ bucket }) => bucket.put(name(SHARDS[1]), right.subarray(0, 5000), bucket.objects.get(name(SHARDS[1]))!.metadata)),
    after(({ bucket }) => bucket.objects.delete(name(SHARDS[1]))),
    after(({ bucket }) => bucket.put(name(SHARDS[1]), right)),
    after(({ bucket }) => bucket.objects.delete(name('MANIFEST.json'))),
    after(({ bucket }) => bucket.put(name('MANIFEST.json'), '{}')),
    after(({ bucket }) => bucket.objects.delete(MARKER)),
  ], trial => trial())).toEqual([]);
  expect(await attemptAll('bucket changed', [
    {
      name: 'somebody else put them there', says: /"uploaded": 0,.*"verifiedInPlace": 8/,
      before: world => world.served.forEach((content, path) => world.bucket.put(name(path), content)),
    },
    {
      name: 'weights of something else', before: ({ bucket }) => bucket.put(name('adapter.safetensors'), wrong), code: 65,
      says: /holds adapter.safetensors, which vLLM would load/, completesAfterwards: false,
    },
  ])).toEqual([]);
});

test('a model without what vLLM needs is refused', async () => {
  const without = (pattern: RegExp) => new Map([...SERVED, ...OTHER].filter(([path]) => !pattern.test(path)));
  expect(await attemptAll('no such weights', [
    { name: 'pickles only', files: without(/^model.*safetensors/), code: 65, says: /has no \*\.safetensors/, completesAfterwards: false },
    { name: 'no config', files: without(/^config/), code: 65, says: /has no config\.json/, completesAfterwards: false },
    { name: 'a shard less', files: without(/00002/), code: 65, says: /names 3 files, of which 1 are missing: model-00002/, completesAfterwards: false },
  ])).toEqual([]);
});

describe('a model lock', () => {
  const files = [...SERVED].map(([path, content]) => ({ path, size: content.length, sha256: sha256(content) }));
  const edited = (path: string, change: object) => files.map(file => file.path === path ? { ...file, ...change } : file);
  const folder = mkdtempSync(join(tmpdir(), 'locks-'));
  const lock = (name: string, value: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(value));
    return [`--files=${join(folder, name)}`];
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  test('that agrees with the hub is loaded, and one that was edited by hand is not', async () => {
    const other = sha256(Buffer.from('other'));
    expect(await attemptAll('model lock', [
      { name: 'right', args: lock('right', files) },
      { name: 'the whole lock', args: lock('whole', { model: MODEL, files }) },
      { name: 'sha256', args: lock('sha256', edited(SHARDS[0], { sha256: other })), code: 65, says: /model-00001\S* has sha256 \S+ at the hub, \S+ in the lock/ },
      { name: 'sha256 of a small file', args: lock('small', edited('config.json', { sha256: other })), code: 65, says: /config.json: the hub sends sha256/ },
      { name: 'size', args: lock('size', edited(SHARDS[0], { size: 5 })), code: 65, says: /has \d+ bytes at the hub, 5 in the lock/ },
      { name: 'a file less', args: lock('less', files.slice(1)), code: 65, says: /config.json is not in the lock/ },
      { name: 'a file more', args: lock('more', [...files, { path: 'a.json', size: 1, sha256: other }]), code: 65, says: /a.json is not at the hub/ },
      { name: 'a path', args: lock('path', edited('config.json', { path: '../config.json' })), code: 65, says: /'\.\.\/config\.json' is not the path of a file/ },
      { name: 'a digest', args: lock('digest', edited('config.json', { sha256: 'abc' })), code: 65, says: /sha256 of config.json \('abc'\) must have 64/ },
      { name: 'a size', args: lock('negative', edited('config.json', { size: -1 })), code: 65, says: /config.json cannot have -1 bytes/ },
      { name: 'a file twice', args: lock('twice', [...files, files[0]]), code: 65, says: /names \S+ more than once/ },
      { name: 'no files', args: lock('no-files', { model: MODEL }), code: 65, says: /no list of files/ },
      { name: 'none', args: lock('none', []), code: 65, says: /names no file/ },
      { name: 'no list', args: lock('no-list', { files: 3 }), code: 65, says: /no list of files/ },
    ])).toEqual([]);
  });

  test('of another revision asks for that one', async () => {
    const world = await World.make('model lock');
    const { code, output } = await world.start(['--files=/nonexistent']).result;
    expect([code, output]).toEqual([66, expect.stringContaining('/nonexistent cannot be read')]);
    world.hub.models[MODEL].commit = 'e'.repeat(40);
    expect(await world.run(lock('revision', files))).toMatchObject({ code: 66, output: expect.stringContaining(`has no commit ${COMMIT}`) });
    expect(await world.end()).toEqual([]);
  });
});

describe('a gated model', () => {
  const given = (world: World, token: string) => {
    const file = join(world.folder, 'token');
    writeFileSync(file, token);
    return [`--token-file=${file}`, '--token-secret=my-secret'];
  };
  const cases: [string, string | undefined, number, RegExp][] = [
    ['with its token', `${TOKEN}\n`, 0, /complete: /],
    ['without a token', undefined, 77, /401: org\/tiny does not exist, or is not for everybody.*https:\/\/huggingface.co\/org\/tiny.*create secret generic my-secret --from-file=token=FILE/],
    ['with an empty token', '\n', 77, /401: org\/tiny does not exist, or is not for everybody/],
    ['with the token of someone who has not agreed', 'hf_of_another_account', 77, /403: the account of the token may not read org\/tiny. Accept its licence/],
    ['with something else than a token', 'two words', 66, /has white space in it/],
    ['with something that is no text', '\u00ff\u00fe', 66, /cannot be read: UnicodeDecodeError/],
  ];

  test.each(cases)('%s', async (_, token, code, says) => {
    const world = await World.make('token', undefined, TOKEN);
    const result = await world.run(token === undefined ? [`--token-file=${world.folder}/absent`, '--token-secret=my-secret'] : given(world, token));
    expect(result.output).toMatch(says);
    expect(result.code).toBe(code);
    expect(result.output).not.toContain(token?.trim() || TOKEN);
    expect(world.complete).toBe(code === 0);
    expect(await world.end()).toEqual([]);
  });

  test('a hub that repeats the token does not make us repeat it', async () => {
    const world = await World.make('token', undefined, TOKEN);
    world.hub.fault = always(asks('GET', '/api/'), { status: 200, body: JSON.stringify({ sha: TOKEN, siblings: [] }) });
    const { code, output } = await world.run(given(world, TOKEN));
    expect(output).toContain('the hub answers for commit ***');
    expect(code).toBe(65);
    expect(await world.end()).toEqual([]);
  });

  test('a token that is revoked in mid-run is said', async () => {
    const world = await World.make('token', undefined, TOKEN);
    world.hub.fault = always(asks('GET', `/resolve/${COMMIT}/${SHARDS[1]}`), { status: 401, headers: { 'x-error-code': 'InvalidToken' } });
    expect(await world.run(given(world, TOKEN))).toMatchObject({ code: 77, output: expect.stringContaining('the token is not valid') });
    expect(await world.end()).toEqual([]);
  });
});

test('it writes nothing to any disk: a full one does not matter', async () => {
  const world = await World.make('no disk');
  const sandbox = sandboxCommand({ uid: 10001, writable: [], mounts: { '/programs': dirname(LOADER), ...pythonMounts(PYTHON) } });
  const { code, output } = await world.start([], 'load', sandbox, '/programs/main.py').result;
  expect(output).toContain('complete: ');
  expect(code).toBe(0);
  expect(await world.end()).toEqual([]);
});

test.each([
  ['nothing', [], 'the following arguments are required: load|adopt'],
  ['a branch', ['load', MODEL, 'main', 'models', PREFIX], 'revision (main) must be a commit of 40 hexadecimal digits'],
  ['another command', ['fetch', MODEL, COMMIT, 'models', PREFIX], 'invalid choice: \'fetch\''],
  ['a path as model', ['adopt', '../tiny', 'run-7', 'models', PREFIX], 'model (../tiny) must be a Hugging Face id such as google/gemma-2-9b-it'],
  ['a path as revision', ['adopt', MODEL, '../7', 'models', PREFIX], 'revision (../7) must be a name of at most 63 letters'],
  ['a URL to copy from', ['adopt', MODEL, 'run-7', 'models', PREFIX, '--from=gs://models/runs'], '--from (gs://models/runs) must be a folder of the bucket'],
  ['no time', ['load', MODEL, COMMIT, 'models', PREFIX, '--lock-seconds=0'], '--lock-seconds (0.0) must be above 0'],
  ['what is no number', ['load', MODEL, COMMIT, 'models', PREFIX, '--at-once=x'], 'invalid int value: \'x\''],
  ['an argument of another command', ['adopt', MODEL, 'run-7', 'models', PREFIX, '--token-file=x'], 'unrecognized arguments: --token-file=x'],
])('wrong usage is said: %s', async (_, args, says) => {
  const child = spawn(PYTHON, [LOADER, ...args], { env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', chunk => errors += chunk);
  expect(await new Promise(done => child.on('close', done))).toBe(64);
  expect(errors).toMatch(/^weights-loader[: ]/);
  expect(errors).toContain(says);
  expect(errors).not.toContain('Traceback');
});

describe('adopt', () => {
  const put = (world: World, directory: string, change: Record<string, Buffer | undefined> = {}) => {
    for (const [path, content] of Object.entries({ ...Object.fromEntries(SERVED), 'optimizer.pt': bytes(100, 9), ...change })) {
      if (content) {
        world.bucket.put(`${directory}/${path}`, content);
      }
    }
  };
  const last = (output: string) => JSON.parse(output.trim().split('\n').at(-1)!) as object;

  test('what is in its place gets a manifest and a marker, without a hub and without an upload', async () => {
    const world = await World.make('adopt');
    put(world, PREFIX);
    const { code, output } = await world.run([], 'adopt');
    expect(code).toBe(0);
    expect(last(output)).toMatchObject({ files: 8, uploaded: 0, verifiedInPlace: 8 });
    expect(world.complete).toBe(true);
    expect(world.rightUploads).toEqual([]);
    expect(world.hub.seen).toEqual([]);
    expect(last((await world.run([], 'adopt')).output)).toMatchObject({ kept: 8, verifiedInPlace: 0 });
    expect(await world.end()).toEqual([]);
  });

  test('what is elsewhere is copied within the bucket', async () => {
    const world = await World.make('adopt');
    put(world, 'runs/7/output');
    const { code, output } = await world.run(['--from=runs/7/output/'], 'adopt');
    expect(output).toContain('config.json: copied from gs://models/runs/7/output/, 39 bytes');
    expect(code).toBe(0);
    expect(world.complete).toBe(true);
    expect([...world.bucket.objects.keys()].filter(name => name.startsWith(PREFIX) && name.endsWith('.pt'))).toEqual([]);
    expect(last((await world.run(['--from=runs/7/output'], 'adopt')).output)).toMatchObject({ kept: 8 });
    // trained again
    put(world, 'runs/7/output', { [SHARDS[1]]: safetensors(120_000, 99) });
    expect(await world.run(['--from=runs/7/output'], 'adopt')).toMatchObject({
      code: 65, output: expect.stringContaining(`was adopted before, with other content of ${SHARDS[1]}`),
    });
    expect(world.complete).toBe(true);
    world.rightUploads.length = 0;
    expect(await world.end()).toEqual([]);
  });

  const shard = SERVED.get(SHARDS[0])!;
  test.each<[string, Record<string, Buffer | undefined>, RegExp]>([
    ['a shard that is missing', { [SHARDS[1]]: undefined }, /names 3 files, of which 1 are missing: model-00002/],
    ['a shard that was not written to the end', { [SHARDS[0]]: shard.subarray(0, 150_000) }, /has 150000 bytes, its header describes 200\d+: it is not whole/],
    ['a shard with more behind it', { [SHARDS[0]]: Buffer.concat([shard, Buffer.alloc(5)]) }, /it is not whole/],
    ['a shard that is empty', { [SHARDS[0]]: Buffer.alloc(0) }, /is no safetensors file: a header of 0 bytes/],
    ['a shard that is something else', { [SHARDS[0]]: bytes(5000, 8) }, /is no safetensors file/],
    ['no config.json', { 'config.json': undefined }, /has no config.json/],
    ['an index that is none', { 'model.safetensors.index.json': Buffer.from('[1]') }, /is no index of safetensors/],
    ['pickles only', Object.fromEntries(SHARDS.map(path => [path, undefined])), /has no \*.safetensors/],
  ])('%s is refused', async (_, change, says) => {
    const world = await World.make('adopt');
    put(world, PREFIX, change);
    const { code, output } = await world.run([], 'adopt');
    expect(output).toMatch(says);
    expect(code).toBe(65);
    expect(world.bucket.objects.has(MARKER)).toBe(false);
    expect(await world.end()).toEqual([]);
  });

  test('weights that changed since are refused, and no longer served', async () => {
    const world = await World.make('adopt');
    put(world, PREFIX);
    expect((await world.run([], 'adopt')).code).toBe(0);
    world.bucket.put(`${PREFIX}/${SHARDS[0]}`, safetensors(200_000, 98));
    expect(await world.run([], 'adopt')).toMatchObject({ code: 65, output: expect.stringContaining(`with other content of ${SHARDS[0]}`) });
    expect(world.bucket.objects.has(MARKER)).toBe(false);
    expect(await world.end()).toEqual([]);
  });

  test('bytes that change on the way are noticed', async () => {
    const world = await World.make('adopt');
    put(world, PREFIX);
    world.bucket.fault = always(({ path }) => path.includes('alt=media') && path.includes('tokenizer.json'), { flip: 2500 });
    expect(await world.run([], 'adopt')).toMatchObject({ code: 69, output: expect.stringContaining('what was read is not what is stored') });
    world.bucket.fault = undefined;
    expect((await world.run([], 'adopt')).code).toBe(0);
    expect(await world.end()).toEqual([]);
  });

  test('killed at any moment, it goes on', async () => {
    expect(await sideBySide(moments(8, 35), async ({ requests, milliseconds }) => {
      const world = await World.make('adopt, kill -9');
      put(world, 'runs/7');
      await world.interrupted('SIGKILL', requests, milliseconds, [...DIES, '--from=runs/7'], 'adopt');
      const { code, output } = await world.runAgain([...DIES, '--from=runs/7'], 'adopt');
      const problems = code === 0 && world.complete ? [] : [`exit code ${code}: ${output}`];
      return [...problems, ...await world.end()].map(problem => `killed ${milliseconds} ms after request ${requests}: ${problem}`);
    })).toEqual([]);
  });
});
