import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_RELEASE, EVERY_PROCESSOR, VllmServer, sandboxCommand, tinyModel } from './vllm';
import { GeneratedCell } from './vllm-cell';
import { environmentOf } from './vllm/install';

/** What takes the place of a manifest's flag on a machine without a GPU, and why. Every other argument stays as it is. */
export const ON_A_PROCESSOR: Readonly<Record<string, string>> = {
  '--tensor-parallel-size=1': 'two workers on the cores of one processor wait for each other: 8 tokens a second instead of 150',
  '--enforce-eager': 'to compile for a processor takes a C++ compiler and half a minute; graphs are a matter of GPUs',
  [EVERY_PROCESSOR]: 'the CPU build breaks in bfloat16 on some processors',
};

/** A module of the rig that the server loads; see paced.py. */
const PACED = { path: '/opt/rig', argument: '--logits-processors=paced:Paced' };

export interface VllmPodProps {
  readonly cell: GeneratedCell;
  /**
   * Further arguments, each in the place of the manifest's with that flag.
   * @default - none
   */
  readonly args?: readonly string[];
  /**
   * Answers as slow as a large model's, the same on every machine.
   * @default false
   */
  readonly paced?: boolean;
  /**
   * Further variables of its environment.
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Command {
  readonly exitCode: number;
  readonly output: string;
}

export interface Shutdown {
  readonly preStop?: Command & { readonly seconds: number };
  /** From SIGTERM on. */
  readonly exitSeconds: number;
  /** `SIGKILL`: it outlived the grace period. */
  readonly exit: number | NodeJS.Signals;
}

/** A cell's pod as a node runs it: its programs, environment, writable directories and user; a tiny model in its weights' place. */
export class VllmPod {
  static async start(props: VllmPodProps): Promise<VllmPod> {
    const pod = new VllmPod(props);
    const { exitCode, output } = pod.checkWeights();
    if (exitCode !== 0) {
      throw new Error(`the weights check of cell ${props.cell.name} refuses: ${output}`);
    }
    pod.running = await VllmServer.start({
      args: pod.args,
      environment: { ...props.cell.environment, ...(props.paced ? { PYTHONPATH: PACED.path } : {}), ...props.environment },
      sandbox: { uid: pod.uid, writable: props.cell.writable, mounts: pod.mounts },
    });
    return pod;
  }

  /** The manifest's arguments with what is replaced. */
  readonly args: string[];
  private readonly cell: GeneratedCell;
  private readonly uid: number;
  private readonly directory = mkdtempSync(join(tmpdir(), 'vllm-pod-'));
  private readonly mounts: Record<string, string>;
  private running?: VllmServer;

  private constructor({ cell, args = [], paced = false }: VllmPodProps) {
    const flagOf = (arg: string) => arg.split('=')[0];
    const replaced = [...Object.keys(ON_A_PROCESSOR), ...args];
    this.cell = cell;
    this.uid = cell.server.securityContext.runAsUser;
    this.args = [
      ...cell.server.args.filter(arg => !replaced.some(other => flagOf(other) === flagOf(arg))),
      ...replaced, ...(paced ? [PACED.argument] : []),
    ];
    // the server is another user
    chmodSync(this.directory, 0o755);
    const [weightsPath, model, revision] = cell.checkWeights.args;
    this.mounts = {
      [weightsPath]: this.weights(model, revision),
      [cell.programs.path]: this.folder('programs', cell.programs.files),
      ...(paced ? { [PACED.path]: this.folder('rig', { 'paced.py': readFileSync(join(__dirname, 'vllm', 'paced.py'), 'utf8') }) } : {}),
    };
  }

  get server(): VllmServer {
    return this.running!;
  }

  /** The init container, as the manifest has it. */
  checkWeights(args = this.cell.checkWeights.args): Command {
    const { command } = this.cell.checkWeights;
    const [program, ...rest] = [...sandboxCommand({ uid: this.uid, writable: [], mounts: this.mounts }), ...command!, ...args];
    const { status, stdout, stderr } = spawnSync(program, rest, {
      encoding: 'utf8', env: { PATH: `${join(environmentOf(DEFAULT_RELEASE), 'bin')}:/usr/bin:/bin` },
    });
    return { exitCode: status!, output: stdout + stderr };
  }

  /** The manifest's preStop; its port is the one that this machine had free. */
  get preStop(): string[] {
    const { containerPort } = this.cell.server.ports[0];
    return this.cell.server.lifecycle.preStop.exec.command.map(arg => arg.replace(`:${containerPort}/`, `:${this.server.port}/`));
  }

  /** What kubelet does to a deleted pod: preStop if there is one, SIGTERM, and SIGKILL when the grace period, which begins now, is over. */
  async delete(preStop?: readonly string[]): Promise<Shutdown> {
    const deadline = Date.now() + this.cell.terminationGracePeriodSeconds * 1000;
    const hook = preStop && await this.runPreStop(preStop, deadline);
    const signalled = Date.now();
    this.server.signal('SIGTERM');
    const grace = new AbortController();
    const late = sleep(Math.max(0, deadline - Date.now()), 'SIGKILL' as const, { signal: grace.signal }).catch(() => 'SIGKILL' as const);
    const exit = await Promise.race([this.server.exited, late]);
    grace.abort();
    if (exit === 'SIGKILL') {
      this.server.signal(exit);
    }
    return { preStop: hook, exitSeconds: (Date.now() - signalled) / 1000, exit };
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async runPreStop(command: readonly string[], deadline: number): Promise<Shutdown['preStop']> {
    const started = Date.now();
    const child = this.server.exec(command);
    let output = '';
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
    }
    const kill = setTimeout(() => child.kill('SIGKILL'), deadline - started);
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', code => resolve(code ?? -1));
    });
    clearTimeout(kill);
    return { exitCode, output, seconds: (Date.now() - started) / 1000 };
  }

  /** The tiny model as the loader leaves weights: with a manifest of its files, and the marker that they are complete. */
  private weights(model: string, revision: string): string {
    const directory = join(this.directory, 'weights');
    cpSync(tinyModel(), directory, { recursive: true });
    const files = readdirSync(directory).map(path => ({ path, size: statSync(join(directory, path)).size }));
    writeFileSync(join(directory, 'MANIFEST.json'), JSON.stringify({ model, revision, files }));
    writeFileSync(join(directory, `.complete-${revision}`), '');
    return directory;
  }

  private folder(name: string, files: Readonly<Record<string, string>>): string {
    const directory = join(this.directory, name);
    mkdirSync(directory);
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(join(directory, file), text);
    }
    return directory;
  }
}
