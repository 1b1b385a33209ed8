import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WeightsHydration, WeightsLoader } from '../../lib';
import { SERVER_PROGRAMS } from '../../lib/serving/server-programs';
import { BucketServer } from '../rig/bucket';
import { Fault, SeenRequest } from '../rig/faulty-server';
import { programFolder } from '../rig/program-folder';
import { imagePython, pythonMounts } from '../rig/python/environment';
import { sha256 } from '../rig/sha256';

const [HYDRATION, LOADER, SERVER] = [
  WeightsHydration.programImage().programs, WeightsLoader.programImage().programs, SERVER_PROGRAMS.data,
].map(programFolder);
const PYTHON = imagePython('vllm-openai');
export const MODEL = 'google/gemma-2-9b-it';
export const REVISION = '11c9b309abf73637e4b6f9a3fa1e92e615547819';
export const PREFIX = `${MODEL}/${REVISION}`;
export const MARKER = `.complete-${REVISION}`;
/** Two ranges of it. */
export const SHARD_BYTES = 17 * 2 ** 20;

export type Files = Readonly<Record<string, Buffer>>;

/** A small model in which everything occurs: several ranges, a folder, an empty file. */
export const FILES: Files = {
  'model-00001-of-00002.safetensors': randomBytes(SHARD_BYTES),
  'nested/model-00002-of-00002.safetensors': randomBytes(2 ** 20),
  'config.json': randomBytes(700),
  'empty.json': Buffer.alloc(0),
};

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Runs the program: `unshare …`. */
  readonly prefix?: readonly string[];
  /** @default - the trial's */
  readonly directory?: string;
  readonly arguments?: readonly string[];
  /** In seconds. @default 1.5 */
  readonly patience?: number;
  readonly onStart?: (child: ChildProcess) => void;
}

/** The real program against a bucket that the trial fills, and a directory of its own. */
export class Trial {
  static count = 0;

  static async start(files: Files = FILES): Promise<Trial> {
    Trial.count++;
    const trial = new Trial(await BucketServer.start(), files);
    trial.fill({});
    return trial;
  }

  readonly directory = mkdtempSync(join(tmpdir(), 'hydration-'));

  private constructor(readonly bucket: BucketServer, readonly files: Files) {}

  /** As the loader leaves it, but for what is changed in the manifest. */
  fill(manifest: object): void {
    for (const [path, content] of Object.entries(this.files)) {
      this.bucket.put(`${PREFIX}/${path}`, content);
    }
    this.putManifest({ model: MODEL, revision: REVISION, files: this.entries, ...manifest });
    this.bucket.put(`${PREFIX}/${MARKER}`, '');
  }

  putManifest(manifest: object | string): void {
    this.bucket.put(`${PREFIX}/MANIFEST.json`, typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  }

  get entries(): { path: string; size: number; sha256: string }[] {
    return Object.entries(this.files).map(([path, content]) => ({ path, size: content.length, sha256: sha256(content) }));
  }

  async run(options: RunOptions = {}): Promise<Outcome> {
    const [command, ...args] = [
      ...options.prefix ?? [], PYTHON, join(HYDRATION, 'main.py'),
      ...options.arguments ?? [MODEL, REVISION, this.bucket.bucket, PREFIX, options.directory ?? this.directory],
      '--patience', `${options.patience ?? 1.5}`,
    ];
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', STORAGE_EMULATOR_HOST: this.bucket.url, PYTHONDONTWRITEBYTECODE: '1' },
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', text => output[stream] += text);
    }
    options.onStart?.(child);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done, failed) => {
      child.once('error', failed).once('close', (...ended) => done(ended));
    });
    expect(output.stderr).not.toMatch(/Traceback|an error that nobody foresaw:/);
    return { code, signal, ...output };
  }

  /** Times that bytes of a file were asked for. */
  reads(path: string, since = 0): number {
    return this.bucket.seen.slice(since).filter(request => isRead(request, path)).length;
  }

  /** Whether the marker is there; when it is, so is every byte, and the servers' own check agrees. */
  isComplete(directory = this.directory): boolean {
    if (!existsSync(join(directory, MARKER))) {
      return false;
    }
    expect(Object.keys(this.files).map(path => [path, sha256(readFileSync(join(directory, path)))]))
      .toEqual(this.entries.map(entry => [entry.path, entry.sha256]));
    expect(JSON.parse(readFileSync(join(directory, 'MANIFEST.json'), 'utf8'))).toMatchObject({ model: MODEL, revision: REVISION });
    expect(spawnSync(PYTHON, checkCommand(directory), { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    return true;
  }

  async stop(): Promise<void> {
    await this.bucket.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function checkCommand(directory: string): string[] {
  return [join(SERVER, 'weights_check.py'), directory, MODEL, REVISION];
}

export function pythonCommand(): string {
  return PYTHON;
}

/** Hub -> bucket, with the real loader. */
export function loaderCommand(): string[] {
  return [join(LOADER, 'main.py'), 'load', MODEL, REVISION, 'models', PREFIX];
}

/** What a sandbox needs of this machine: the programs, and the Python that runs them. */
export function readable(): Record<string, string> {
  return { ...pythonMounts(PYTHON), [HYDRATION]: HYDRATION, [SERVER]: SERVER };
}

export function isListing({ method, path }: SeenRequest): boolean {
  return method === 'GET' && path.startsWith('/storage/v1/b/models/o?');
}

/** Whether a file's bytes are asked for, and not what is known of it. */
export function isRead({ path }: SeenRequest, file: string): boolean {
  return path.includes(`/${encodeURIComponent(`${PREFIX}/${file}`)}?`) && path.includes('alt=media');
}

/** The fault once, where it is wanted for the first time. */
export function once(wanted: (request: SeenRequest) => boolean, fault: Fault): (request: SeenRequest) => Fault | undefined {
  let done = false;
  return (request) => {
    if (done || !wanted(request)) {
      return undefined;
    }
    done = true;
    return fault;
  };
}
