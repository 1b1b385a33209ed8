import { ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { imagePython } from '../rig/python/environment';

/** The program of a Job, run as in its pod: the Python of vLLM's image, and next to no environment. */
export class ClientProgram {
  private static readonly running = new Set<ChildProcess>();

  static killAll(): void {
    ClientProgram.running.forEach(child => child.kill('SIGKILL'));
  }

  /** All that it has written for a person. */
  output = '';
  readonly child: ChildProcess;
  private readonly ended: Promise<number | NodeJS.Signals>;

  /**
   * @param folder the programs, as `programFolder` makes it
   * @param wrapper stands before the command
   */
  constructor(folder: string, args: readonly string[], wrapper: readonly string[] = []) {
    const [command, ...rest] = [...wrapper, imagePython('vllm-openai'), join(folder, 'main.py'), ...args];
    this.child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1' } });
    ClientProgram.running.add(this.child);
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (chunk: Buffer) => this.output += chunk.toString());
    }
    this.ended = new Promise(resolve => this.child.once('close', (code, signal) => {
      ClientProgram.running.delete(this.child);
      resolve(code ?? signal!);
    }));
  }

  /** Its exit code, or the signal that ended it. No person ever reads a traceback. */
  async code(): Promise<number | NodeJS.Signals> {
    const code = await this.ended;
    expect(this.output).not.toMatch(/Traceback|Error:|never retrieved/);
    return code;
  }
}
