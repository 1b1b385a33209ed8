import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DEFAULT_RELEASE } from './vllm';
import { pythonOf } from './vllm/install';

export interface ArgumentVerdict {
  readonly errors: string[];
  readonly warnings: string[];
}

/** vLLM's own command line, imported once and then asked about many argument lists. */
export class ArgumentChecker {
  static async start(release = DEFAULT_RELEASE): Promise<ArgumentChecker> {
    const checker = new ArgumentChecker(release);
    const first = await checker.nextLine();
    if (first !== 'ready') {
      throw new Error(`the argument checker of vLLM ${release} did not start:\n${checker.errorOutput}`);
    }
    return checker;
  }

  private readonly process: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private errorOutput = '';
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(release: string) {
    this.process = spawn(pythonOf(release), [join(__dirname, 'vllm', 'check_arguments.py')], {
      // no home: nothing of the user's may change the verdict, and nothing is written
      env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => { this.errorOutput = (this.errorOutput + text).slice(-8000); });
    this.lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  /** @param args what follows `vllm serve`, the model first */
  check(args: string[]): Promise<ArgumentVerdict> {
    const answer = this.queue.then(async () => {
      this.process.stdin!.write(`${JSON.stringify(args)}\n`);
      const line = await this.nextLine();
      if (line === undefined) {
        throw new Error(`the argument checker died of ${JSON.stringify(args)}:\n${this.errorOutput}`);
      }
      return JSON.parse(line) as ArgumentVerdict;
    });
    this.queue = answer.catch(() => undefined);
    return answer;
  }

  async stop(): Promise<void> {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }

  private async nextLine(): Promise<string | undefined> {
    const { done, value } = await this.lines.next();
    return done ? undefined : value;
  }
}
