import { ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheDirectory } from './cache';
import { freePort } from './process';
import { pythonMounts } from './python/environment';
import { sha256 } from './sha256';
import { environmentOf, pythonOf } from './vllm/install';

export const DEFAULT_RELEASE = '0.33.0';

/** What a server needs to run on a processor instead of a GPU. Three processes on few cores: pinning them to cores only hurts. */
export const CPU_ENVIRONMENT: Readonly<Record<string, string>> = {
  VLLM_CPU_KVCACHE_SPACE: '1',
  VLLM_CPU_OMP_THREADS_BIND: 'nobind',
};

const SANDBOX = join(__dirname, 'vllm', 'sandbox.sh');

export interface SandboxProps {
  /** User and group of the server. */
  readonly uid: number;
  /** The only directories it can write to. */
  readonly writable: readonly string[];
  /** Further directories it can read, by the path it sees them under. */
  readonly mounts?: Readonly<Record<string, string>>;
}

export interface VllmServerProps {
  /** What follows `vllm serve`, the model first. Host and port are replaced; the dtype is float32 unless it is given. */
  readonly args: readonly string[];
  /**
   * The whole environment of the server, besides PATH and what a processor needs.
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default - as the caller, with the whole file system */
  readonly sandbox?: SandboxProps;
  readonly release?: string;
}

/**
 * A tiny random model with its tokenizer, the same on every machine; made once.
 *
 * @param vocabulary - number of tokens that the model knows, 1,024 or more; those beyond the tokenizer's have no text
 */
export function tinyModel(vocabulary?: number): string {
  const script = join(__dirname, 'vllm', 'tiny_model.py');
  const size = vocabulary === undefined ? [] : [String(vocabulary)];
  const digest = sha256(readFileSync(script), environmentOf(DEFAULT_RELEASE), ...size).slice(0, 8);
  const directory = cacheDirectory('vllm', `tiny-model-${digest}`);
  if (!existsSync(directory)) {
    const partial = mkdtempSync(`${directory}.partial-`);
    execFileSync(pythonOf(DEFAULT_RELEASE), [script, partial, ...size], { stdio: 'pipe' });
    renameSync(partial, directory);
  }
  return directory;
}

/** bfloat16 attention of the CPU build ends in an illegal instruction on some processors that announce AMX; float32 is the same on all. */
export const EVERY_PROCESSOR = '--dtype=float32';

function onLoopback(args: readonly string[], port: number): string[] {
  const kept = args.filter((arg, index) => !/^--(host|port)(=|$)/.test(arg) && !/^--(host|port)$/.test(args[index - 1] ?? ''));
  const dtype = kept.some(arg => /^--dtype(=|$)/.test(arg)) ? [] : [EVERY_PROCESSOR];
  return [...kept, ...dtype, '--host=127.0.0.1', `--port=${port}`];
}

function requireSandbox(): void {
  const { status, stderr, error } = spawnSync('unshare', ['--mount', '--pid', '--fork', 'setpriv', '--version'], { encoding: 'utf8' });
  if (status !== 0) {
    const why = (error?.message ?? stderr).trim().split('\n')[0];
    throw new Error(`this machine cannot run a server in a mount namespace (it takes root, and unshare and setpriv of util-linux): ${why}`);
  }
}

/** A real `vllm serve` on the loopback interface. */
export class VllmServer {
  static async start(props: VllmServerProps): Promise<VllmServer> {
    return new VllmServer(props, await freePort());
  }

  readonly url: string;
  readonly logFile: string;
  private readonly environment: NodeJS.ProcessEnv;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  private readonly process: ChildProcess;
  private ended = false;

  private constructor(private readonly props: VllmServerProps, readonly port: number) {
    const release = props.release ?? DEFAULT_RELEASE;
    const directory = mkdtempSync(join(tmpdir(), 'vllm-server-'));
    this.url = `http://127.0.0.1:${port}`;
    this.logFile = join(directory, 'log');
    const [command, ...args] = [
      // a test that is killed must not leave its server behind
      'setpriv', '--pdeathsig=KILL',
      ...(props.sandbox ? sandboxCommand(props.sandbox, release) : []),
      // the console script of the environment has a shell between itself and Python, which would be the process that is signalled
      pythonOf(release), '-c', 'from vllm.entrypoints.cli.main import main; main()', 'serve', ...onLoopback(props.args, port),
    ];
    this.environment = { PATH: `${join(environmentOf(release), 'bin')}:/usr/bin:/bin`, ...CPU_ENVIRONMENT, ...props.environment };
    this.process = spawn(command, args, {
      cwd: directory,
      detached: true,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(this.logFile);
    this.process.stdout!.pipe(log, { end: false });
    this.process.stderr!.pipe(log, { end: false });
    this.process.once('close', () => log.end());
    this.exited = new Promise((resolve, reject) => {
      this.process.once('error', reject);
      this.process.once('exit', (code, signal) => {
        this.ended = true;
        resolve(code ?? signal!);
      });
    });
  }

  /** Also the number of its process group. */
  get pid(): number {
    return this.process.pid!;
  }

  /** The server itself, without the sandbox around it. */
  get mainPid(): number {
    return this.props.sandbox ? firstChildOf(this.pid) : this.pid;
  }

  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** The answer of `/health`: a status, or `refused` while nothing listens. */
  async health(): Promise<number | 'refused'> {
    try {
      return (await fetch(`${this.url}/health`)).status;
    } catch {
      return 'refused';
    }
  }

  /** Waits until `/health` is 200 and returns every different answer before it, in order. */
  async ready(timeoutSeconds = 900): Promise<(number | 'refused')[]> {
    const deadline = Date.now() + timeoutSeconds * 1000;
    const answers: (number | 'refused')[] = [];
    while (Date.now() < deadline && !this.ended) {
      const answer = await this.health();
      if (answers.at(-1) !== answer) {
        answers.push(answer);
      }
      if (answer === 200) {
        return answers;
      }
      await sleep(200);
    }
    // the root cause stands before the traces of the processes that waited for it
    const cause = this.log.split('\n').filter(line => /^\(.*\) ERROR .*\b\w+(Error|Exception): /.test(line)).slice(0, 5).join('\n');
    throw new Error(`the server ${this.ended ? 'ended' : `was not ready after ${timeoutSeconds} s`}: ${cause}\nIts log ends:\n${this.log.slice(-4000)}`);
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text();
  }

  /** Signals the server's first process, as kubelet does. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.mainPid, signal);
  }

  /** Runs a command beside the server, in its sandbox, as its user and with its environment, as kubelet runs a preStop. */
  exec(command: readonly string[]): ChildProcess {
    const { sandbox } = this.props;
    if (!sandbox) {
      throw new Error('a command can be run beside a server only in a sandbox');
    }
    const inside = ['--target', String(this.mainPid), '--mount', '--pid', '--wd=/'];
    return spawn('nsenter', [...inside, ...asUser(sandbox.uid), ...command], { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Ends it with all its processes and forgets its log. */
  async stop(): Promise<void> {
    // the first process may be gone and its helpers not
    while (killGroup(this.pid) && groupRuns(this.pid)) {
      await sleep(50);
    }
    await this.exited;
    rmSync(dirname(this.logFile), { recursive: true, force: true });
  }
}

/** A plain user without capabilities: what the end of sandbox.sh does, for a process that joins later. */
function asUser(uid: number): string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
}

/** What to put before a command, so that it runs as in a container of that release. */
export function sandboxCommand(sandbox: SandboxProps, release = DEFAULT_RELEASE): string[] {
  requireSandbox();
  const readable = { ...pythonMounts(pythonOf(release)), ...sandbox.mounts };
  return [
    'unshare', '--mount', '--pid', '--fork', '--kill-child', SANDBOX, String(sandbox.uid),
    // the system's own directories are there already
    ...Object.entries(readable).filter(([target]) => target !== '/usr').map(([target, source]) => `ro:${target}=${source}`),
    ...sandbox.writable.map(target => `rw:${target}`),
    '--',
  ];
}

function killGroup(pid: number): boolean {
  try {
    return process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') {
      return false;
    }
    throw error;
  }
}

/** Whether one of the group does more than wait to be buried, which a container's first process may never do. */
function groupRuns(group: number): boolean {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).some((pid) => {
    try {
      const [state, , ofGroup] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
      return Number(ofGroup) === group && state !== 'Z';
    } catch {
      return false; // it has just gone
    }
  });
}

function firstChildOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  if (children[0] === '') {
    throw new Error(`process ${pid} has no child`);
  }
  return Number(children[0]);
}
