import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface KubectlAnswer {
  readonly stdout: string;
  /** Warnings of the API server are here. */
  readonly stderr: string;
}

/** One kubectl program and one kubeconfig, out of reach of the user's own settings and cache. */
export class Kubectl {
  private readonly waiting: (() => void)[] = [];
  private idle = availableParallelism();

  constructor(private readonly command: string, private readonly home: string, private readonly kubeconfig: string) {}

  /** Throws when kubectl fails. Ask as often as you like at the same time: as many run as there are processors. */
  async run(args: string[], stdin: string): Promise<KubectlAnswer> {
    await this.turn();
    try {
      return await this.execute(args, stdin);
    } finally {
      this.idle++;
      this.waiting.shift()?.();
    }
  }

  private async turn(): Promise<void> {
    while (this.idle === 0) {
      await new Promise<void>(resolve => this.waiting.push(resolve));
    }
    this.idle--;
  }

  private execute(args: string[], stdin: string): Promise<KubectlAnswer> {
    const env = { PATH: process.env.PATH, HOME: this.home, KUBECONFIG: this.kubeconfig, KUBECACHEDIR: join(this.home, 'kubectl-cache') };
    return new Promise((resolve, reject) => {
      const child = execFile(this.command, args, { env, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
        if (error) {
          reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || error.message}`));
        } else {
          resolve({ stdout, stderr });
        }
      });
      child.stdin!.end(stdin);
    });
  }
}
