import { execFile } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { BucketServer } from '../bucket';
import { Part } from '../cluster/parts';
import { RigProcess } from '../process';
import { driverOptions } from './driver-options';

const run = promisify(execFile);
const SIDECAR_USER = 65534;

/** Why this machine cannot mount; undefined when it can. */
export function whyNoMounts(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/dev/fuse')) {
    return 'there is no /dev/fuse';
  }
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch {
    return '/dev/fuse cannot be opened';
  }
  return process.getuid!() === 0 ? undefined : 'only root may mount as the driver does';
}

export interface GcsFuseMountOptions {
  readonly bucket: BucketServer;
  /** As they stand in a manifest. */
  readonly mountOptions: string;
  /** @default false */
  readonly readOnly?: boolean;
  /** Where the cache lies. @default - a temporary folder */
  readonly cacheParent?: string;
}

/**
 * A bucket mounted by the real gcsfuse as the CSI driver mounts it. Ask it without blocking: the bucket may be served by this very process.
 *
 * @see https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver
 */
export class GcsFuseMount {
  static async start(options: GcsFuseMountOptions): Promise<GcsFuseMount> {
    const folder = mkdtempSync(join(tmpdir(), 'gcsfuse-'));
    chmodSync(folder, 0o755);
    const cache = mkdtempSync(join(options.cacheParent ?? folder, 'cache-'));
    const temporary = join(folder, 'tmp');
    const path = join(folder, 'mount');
    [temporary, path].forEach(name => mkdirSync(name));
    [cache, temporary].forEach(name => chownSync(name, SIDECAR_USER, SIDECAR_USER));
    const { flags, config, readAheadKib } = driverOptions(options.mountOptions);
    const file = join(folder, 'config.yaml');
    const cached = Number((config['file-cache'] as { 'max-size-mb'?: number } | undefined)?.['max-size-mb'] ?? 0) !== 0;
    writeFileSync(file, stringify({
      ...config,
      logging: { severity: 'warning', format: 'text' },
      'enable-hns': options.bucket.folders !== undefined,
      // Without a path: the second interface of a hierarchical bucket takes it for a part of the port.
      'gcs-connection': { 'custom-endpoint': options.bucket.url },
      'gcs-auth': { 'anonymous-access': true },
      'file-system': { ...config['file-system'] as object, 'temp-dir': temporary },
      ...(cached ? { 'cache-dir': cache } : {}),
    }));
    const made = { folder, cache, path };
    const gcsfuse = await RigProcess.start({
      name: 'gcsfuse', command: 'python3', logs: folder, readyWithinSeconds: 60,
      args: [join(__dirname, 'mount.py'), options.bucket.bucket, path, file, `${options.readOnly ?? false}`, Part.GCSFUSE.file('gcsfuse'), ...flags],
      ready: async () => isMounted(path) && (await stat(path)).isDirectory(),
    }).catch(async (error) => {
      await unmount(made);
      throw error;
    });
    const mount = new GcsFuseMount(made, gcsfuse);
    if (readAheadKib !== undefined) {
      const { dev } = await stat(path);
      writeFileSync(`/sys/class/bdi/${dev >> 8}:${dev & 0xff}/read_ahead_kb`, `${readAheadKib}`);
    }
    return mount;
  }

  readonly path: string;

  private constructor(private readonly made: Made, private readonly gcsfuse: RigProcess) {
    this.path = made.path;
  }

  /** What gcsfuse complains about, in full lines; not that nobody is logged in to Google Cloud here, which its tracing wants. */
  get complaints(): string[] {
    return readFileSync(this.gcsfuse.log, 'utf8').split('\n').filter(line => line !== '' && !line.includes('could not find default credentials'));
  }

  /** The most memory that gcsfuse itself has had; what it caches in files is not in it. */
  get peakBytes(): number {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.gcsfuse.pid}/status`, 'utf8'))![1]);
  }

  /** As when the sidecar is ended for its memory. */
  async kill(): Promise<void> {
    await this.gcsfuse.stop('SIGKILL');
  }

  /** Unmounts. A gcsfuse that cannot reach its bucket would wait for it for ever, and what waits for gcsfuse with it. */
  async stop(): Promise<void> {
    await unmount(this.made, this.gcsfuse);
  }
}

interface Made {
  readonly folder: string;
  readonly cache: string;
  readonly path: string;
}

function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mounts', 'utf8').includes(` ${path} fuse `);
}

async function unmount({ folder, cache, path }: Made, gcsfuse?: RigProcess): Promise<void> {
  if (gcsfuse?.running) {
    await run('umount', [path]).catch(() => undefined);
  }
  await gcsfuse?.stop('SIGKILL');
  if (isMounted(path)) {
    await run('umount', ['-l', path]);
  }
  [cache, folder].forEach(name => rmSync(name, { recursive: true, force: true }));
}
