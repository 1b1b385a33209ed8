import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GradioChat, GradioChatProps } from '../../lib';
import { server, unit } from '../serving/rendered';
import { freePort, RigProcess } from './process';
import { programFolder } from './program-folder';
import { imagePython, pythonMounts } from './python/environment';
import { sandboxCommand } from './vllm';

export const MAX_MODEL_LEN = 512;

export interface ChatProgramProps {
  /** Of the model's server. */
  readonly serverUrl: string;
  readonly chat?: Partial<GradioChatProps>;
  /** Further arguments of the program, for what would take minutes otherwise. @default - none */
  readonly args?: readonly string[];
}

/** The chat page's program as its pod runs it: the manifest's arguments and user, a read-only root, the image's Python. */
export class ChatProgram {
  static async start(props: ChatProgramProps): Promise<ChatProgram> {
    const started = new ChatProgram(props, await freePort());
    started.process = await RigProcess.start({
      name: 'gradio-chat', ...started.command(), logs: started.directory, env: { PATH: '/usr/bin:/bin' },
      ready: async () => (await fetch(`${started.origin}/healthz`)).ok,
    });
    return started;
  }

  readonly origin: string;
  readonly servedModelName: string;
  readonly title: string;
  private readonly programs = programFolder(GradioChat.programImage().programs);
  /** Of the key, and of the log. */
  private readonly directory = mkdtempSync(join(tmpdir(), 'gradio-chat-'));
  private readonly args: string[];
  private process?: RigProcess;

  private constructor(props: ChatProgramProps, port: number) {
    const scope = unit();
    const model = server(scope, { maxModelLen: MAX_MODEL_LEN });
    const chat = new GradioChat(scope, 'chat', { server: model, maxTokens: 60, temperature: 0, ...props.chat });
    this.servedModelName = model.servedModelName;
    this.title = props.chat?.title ?? 'Chat';
    this.origin = `http://127.0.0.1:${port}`;
    const replaced = [`--server-url=${props.serverUrl}`, `--port=${port}`, '--host=127.0.0.1', ...props.args ?? []];
    const flags = replaced.map(arg => arg.split('=')[0]);
    // What Kubernetes does to arguments.
    const manifest = chat.args.map(arg => arg.replaceAll('$$', () => '$'));
    this.args = [...manifest.filter(arg => !flags.includes(arg.split('=')[0])), ...replaced];
    // The program's user is another.
    [this.programs, this.directory].forEach(directory => chmodSync(directory, 0o755));
    this.writeKey('the-key');
  }

  /** Of its first process, without the sandbox around it. */
  get pid(): number {
    return Number(readFileSync(`/proc/${this.process!.pid}/task/${this.process!.pid}/children`, 'utf8').trim().split(' ')[0]);
  }

  get log(): string {
    return readFileSync(this.process!.log, 'utf8');
  }

  get running(): boolean {
    return this.process!.running;
  }

  /** What the Secret holds from now on. */
  writeKey(key: string): void {
    writeFileSync(join(this.directory, 'api-key'), key, { mode: 0o644 });
  }

  /** Runs it with other arguments to its end. */
  run(...args: string[]): { readonly exitCode: number | null; readonly output: string } {
    const { command, args: before } = this.command(args);
    const { status, stdout, stderr } = spawnSync(command, before, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' }, timeout: 300_000 });
    return { exitCode: status, output: stdout + stderr };
  }

  async stop(): Promise<void> {
    // The sandbox around it hands no signal on.
    await this.process?.stop('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  private command(args = this.args): { readonly command: string; readonly args: string[] } {
    const python = imagePython('gradio-app');
    const { path } = GradioChat.programImage();
    const [command, ...before] = sandboxCommand({
      uid: 10001, writable: ['/tmp'],
      mounts: { ...pythonMounts(python), [dirname(path)]: this.programs, '/var/run/secrets/vllm': this.directory },
    });
    return { command, args: [...before, '/usr/bin/env', '--chdir=/tmp', python, path, ...args] };
  }
}
