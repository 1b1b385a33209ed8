import { ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually } from './eventually';

const STOP_SECONDS = 10;
const TAIL_LINES = 25;

export interface RigProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: string[];
  /** Its log goes here, as `<name>.log`. */
  readonly logs: string;
  /** @default - the environment of this process */
  readonly env?: NodeJS.ProcessEnv;
  readonly ready: () => Promise<boolean>;
  /** @default 300 */
  readonly readyWithinSeconds?: number;
}

/**
 * Ends what this process leaves behind however it dies. jest gives a test a copy of `process` on which no 'exit' is ever
 * emitted, and nothing at all runs on SIGKILL; a pipe closes in every case.
 */
class Guard {
  private static instance?: Guard;

  static get(): Guard {
    return Guard.instance ??= new Guard();
  }

  private readonly shell: ChildProcess;

  private constructor() {
    // a session of its own: a Ctrl-C in the terminal must not end the guard before its wards
    this.shell = spawn('sh', ['-c', 'while read -r sign pid; do '
    + 'case $sign in +) wards="$wards $pid " ;; -) wards=$(printf %s "$wards" | sed "s/ $pid / /") ;; esac; '
    + 'done; [ -z "$(echo $wards)" ] || kill -9 $wards'], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.shell.unref();
    (this.shell.stdin as unknown as { unref(): void }).unref();
  }

  watch(pid: number): void {
    this.shell.stdin!.write(`+ ${pid}\n`);
  }

  /** The number may be given to another process from now on. */
  forget(pid: number): void {
    this.shell.stdin!.write(`- ${pid}\n`);
  }
}

/** A real program as a child of the test. */
export class RigProcess {
  static async start(options: RigProcessOptions): Promise<RigProcess> {
    const started = new RigProcess(options);
    try {
      await eventually(`${options.name} is ready`, async () => started.ended !== undefined || await options.ready(),
        options.readyWithinSeconds ?? 300);
    } catch (error) {
      await started.stop();
      throw new Error(`${(error as Error).message}\n${started.tail()}`);
    }
    if (started.ended !== undefined) {
      throw new Error(`${options.name} ended (${started.ended}) before it was ready.\n${started.tail()}`);
    }
    return started;
  }

  readonly name: string;
  readonly log: string;
  readonly pid: number;
  private ended?: string;
  private readonly exit: Promise<void>;
  private readonly child: ChildProcess;

  private constructor(options: RigProcessOptions) {
    this.name = options.name;
    mkdirSync(options.logs, { recursive: true });
    this.log = join(options.logs, `${options.name}.log`);
    const log = openSync(this.log, 'w');
    this.child = spawn(options.command, options.args, { env: options.env ?? process.env, stdio: ['ignore', log, log] });
    closeSync(log);
    // a missing program is reported by this event, without a pid; the line below says it with the name
    this.child.once('error', () => undefined);
    if (this.child.pid === undefined) {
      throw new Error(`${options.name} cannot be started: ${options.command}`);
    }
    this.pid = this.child.pid;
    Guard.get().watch(this.pid);
    this.exit = new Promise(resolve => this.child.once('exit', (code, signal) => {
      this.ended = signal ?? `exit code ${code}`;
      Guard.get().forget(this.pid);
      resolve();
    }));
    // a test that forgot stop() must not hang: the guard ends this one
    this.child.unref();
  }

  get running(): boolean {
    return this.ended === undefined;
  }

  /** The end of its log, for an error message. */
  tail(): string {
    const lines = readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES);
    return `The end of ${this.log}:\n${lines.map(line => `  ${line}`).join('\n')}`;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.running) {
      this.child.kill(signal);
      const kill = setTimeout(() => this.child.kill('SIGKILL'), STOP_SECONDS * 1000);
      await this.exit;
      clearTimeout(kill);
    }
  }
}

/** A port of the loopback interface that nothing listens on. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0];
}

/** So many of them, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map(server => (server.address() as { port: number }).port);
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
  return ports;
}
