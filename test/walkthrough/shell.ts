import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RigProcess } from '../rig/process';

/** A reader's shell: what one command exports the next one has, and programs are found in a folder of the test first. */
export class Shell {
  readonly home = mkdtempSync(join(tmpdir(), 'shell-'));
  private readonly variables = join(this.home, 'variables');
  private readonly programs = join(this.home, 'bin');
  private readonly background: RigProcess[] = [];

  constructor(readonly folder: string) {
    mkdirSync(this.programs);
    writeFileSync(this.variables, '');
  }

  /** Puts a program on the path, by its file. */
  link(name: string, file: string): void {
    symlinkSync(file, join(this.programs, name));
  }

  /** Puts a program on the path that is a script of a shell. */
  script(name: string, text: string): void {
    const file = join(this.programs, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }

  /** @throws what it printed when it fails */
  async run(command: string, answers = ''): Promise<string> {
    // Variables that are not exported last as well, as they do in a shell.
    const child = this.spawn(`set -a; . ${this.variables}; ${command}\ncode=$?; export -p > ${this.variables}; exit $code`);
    let [out, all] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => { [out, all] = [out + text, all + text]; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { all += text; });
    child.stdin.end(answers);
    const code = await new Promise(resolve => child.once('close', resolve));
    if (code !== 0) {
      throw new Error(`${command}\nends with ${code}:\n${all}`);
    }
    return out;
  }

  /** Leaves a command running that ends with `&`, once it has printed something. */
  async leave(command: string, printed: string): Promise<void> {
    const [name, logs] = [`background-${this.background.length}`, join(this.home, 'logs')];
    this.background.push(await RigProcess.start({
      name, logs, command: 'bash', env: this.environment,
      args: ['-c', `. ${this.variables}; cd ${this.folder}; exec ${command.replace(/ &$/, '')}`],
      ready: async () => readFileSync(join(logs, `${name}.log`), 'utf8').includes(printed),
    }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.background.map(started => started.stop()));
    rmSync(this.home, { recursive: true, force: true });
  }

  private get environment(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !/^(?:CDK8S_|TF_VAR|KUBE)/.test(name) || name === 'CDK8S_VLLM_CACHE');
    return {
      ...Object.fromEntries(own), HOME: this.home, KUBECONFIG: join(this.home, 'kubeconfig'), CHECKPOINT_DISABLE: '1',
      PATH: [this.programs, dirname(process.execPath), process.env.PATH].join(':'),
    };
  }

  private spawn(script: string) {
    return spawn('bash', ['--noprofile', '--norc', '-c', script], { cwd: this.folder, env: this.environment, stdio: ['pipe', 'pipe', 'pipe'] });
  }
}
