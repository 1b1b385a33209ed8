import { ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocustLoadTest, LocustLoadTestProps } from '../../lib';
import { onlyProps } from '../../lib/common/props';
import { freePorts } from '../rig/process';
import { programFolder } from '../rig/program-folder';
import { imagePython, pythonMounts } from '../rig/python/environment';
import { sandboxCommand } from '../rig/vllm';
import { objectsOf, Rendered, server, unit } from '../serving/rendered';

const NAME = 'load-test';

/** What a test with `apiKeySecretName` finds in its Secret. */
export const SERVER_KEY = 'a-key-that-nobody-guesses';

export const LOCUST_PROGRAMS = programFolder(LocustLoadTest.programImage().programs);

type Rendering = Partial<Omit<LocustLoadTestProps, 'server' | 'name'>>;

export interface LocustRunProps extends Omit<Rendering, 'target'> {
  readonly target: string;
  /** What is smaller in a test than in a cluster, by its name in the file. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /**
   * As in the container: the user, the read-only root and the writable directories of the manifest.
   * @default false
   */
  readonly sandboxed?: boolean;
  /** Where the reports go, for example a mount. @default - a folder of the run */
  readonly resultsFolder?: string;
  /** Worker processes that are started. @default - as many as the test asks for */
  readonly started?: number;
}

/** A part of what is measured; the rest of the summary by its name. */
export interface Summary {
  readonly passed: boolean;
  readonly troubles: string[];
  readonly requests: { readonly sent: number; readonly answered: number; readonly failed: number; readonly late: number };
  readonly tokens: { readonly in: number; readonly out: number };
  readonly warmUp: { readonly requests: number; readonly tokensIn: number; readonly tokensOut: number };
  readonly workers: { readonly asked: number; readonly reported: number };
  readonly seconds: Record<'first' | 'between' | 'pause' | 'whole', Record<'p50' | 'p95' | 'p99' | 'max' | 'mean', number>>;
  readonly distribution: {
    readonly fastest: number; readonly mean: number; readonly slowest: number; readonly percentiles: Record<string, number>;
    readonly histogram: { readonly upToSeconds: number; readonly answers: number }[];
  };
  readonly errors: { readonly kind: string; readonly count: number; readonly firstAtSeconds: number; readonly example: string }[];
  readonly thresholds: { readonly name: string; readonly held: boolean }[];
  readonly perSecond: { readonly requests: number; readonly tokensOut: number };
  readonly elapsedSeconds: number;
}

/** A process with all that it says. */
export class Said {
  output = '';
  readonly exited: Promise<number | NodeJS.Signals>;
  ended = false;

  constructor(readonly process: ChildProcess) {
    for (const stream of [process.stdout!, process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => { this.output += text; });
    }
    this.exited = new Promise((resolve, reject) => {
      process.once('error', reject);
      process.once('close', (code, signal) => {
        this.ended = true;
        resolve(code ?? signal!);
      });
    });
  }
}

function rendered(props: Rendering): Rendered[] {
  const scope = unit();
  new LocustLoadTest(scope, 'load-test', { server: server(scope, { maxModelLen: 512, maxNumSeqs: 8 }), ...props, name: NAME });
  return objectsOf(scope);
}

/** What the programs read, by file name, as the construct writes it. */
export function settingsFiles(objects = rendered({})): Readonly<Record<string, string>> {
  return objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === `${NAME}-settings`)!.data;
}

/** The Jobs of a rendered load test as processes: their arguments, ConfigMaps and environment; addresses are the loopback interface's. */
export class LocustRun {
  static async start(props: LocustRunProps): Promise<LocustRun> {
    return new LocustRun(props, await freePorts(2));
  }

  readonly master: Said;
  readonly workers: Said[];
  readonly directory = mkdtempSync(join(tmpdir(), 'locust-run-'));
  readonly pagePort: number;
  private readonly resultsFolder: string;
  private readonly objects: Rendered[];

  private constructor(private readonly props: LocustRunProps, private readonly ports: number[]) {
    const { settings = {}, started, resultsFolder } = props;
    this.resultsFolder = resultsFolder ?? join(this.directory, 'results');
    this.objects = rendered(onlyProps('LocustLoadTestProps', { acknowledgeExternalTarget: true, ...props }));
    this.pagePort = ports[1];
    mkdirSync(join(this.directory, 'results'));
    const files = settingsFiles(this.objects);
    const merged = { ...JSON.parse(files['settings.json']), ...settings };
    this.write('settings', { ...files, 'settings.json': JSON.stringify(merged) });
    this.write('api-key', { 'api-key': `${SERVER_KEY}\n` });
    this.write('login', { username: 'tester', password: 'correct horse battery' });
    this.master = this.run(NAME, '--bind=127.0.0.1', `--page-port=${this.pagePort}`);
    this.workers = Array.from({ length: started ?? merged.workers }, () => this.run(`${NAME}-worker`));
  }

  get summary(): Summary {
    const line = this.master.output.split('\n').find(text => text.startsWith('{"summary":'));
    if (line === undefined) {
      throw new Error(`no summary: ${this.master.output}`);
    }
    return JSON.parse(line).summary as Summary;
  }

  /** The folder of the one test. */
  get results(): string {
    const [folder] = readdirSync(this.resultsFolder);
    return join(this.resultsFolder, folder);
  }

  /** What was written, by file name. */
  get files(): Readonly<Record<string, string>> {
    return Object.fromEntries(readdirSync(this.results).map(name => [name, readFileSync(join(this.results, name), 'utf8')]));
  }

  /** All that a person could read. */
  get output(): string {
    return [this.master, ...this.workers].map(({ output }) => output).join('\n');
  }

  async ended(): Promise<{ readonly master: number | NodeJS.Signals; readonly workers: (number | NodeJS.Signals)[] }> {
    return { master: await this.master.exited, workers: await Promise.all(this.workers.map(({ exited }) => exited)) };
  }

  async stop(): Promise<void> {
    for (const { process: child, ended } of [this.master, ...this.workers]) {
      if (!ended) {
        child.kill('SIGKILL');
      }
    }
    await this.ended();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private write(folder: string, files: Readonly<Record<string, string>>): void {
    mkdirSync(join(this.directory, folder));
    Object.entries(files).forEach(([name, text]) => writeFileSync(join(this.directory, folder, name), text));
  }

  private run(job: string, ...more: string[]): Said {
    const { spec } = this.objects.find(({ kind, metadata }) => kind === 'Job' && metadata.name === job)!;
    const [container] = spec.template.spec.containers;
    const python = imagePython('locust');
    const paths = container.volumeMounts.map(({ name, mountPath }: Rendered) => [name, mountPath]);
    const volumes = Object.fromEntries(paths) as Record<string, string>;
    const folders = {
      programs: LOCUST_PROGRAMS, settings: join(this.directory, 'settings'), login: join(this.directory, 'login'), 'api-key': join(this.directory, 'api-key'),
    };
    const mounts = Object.fromEntries(Object.entries(folders).filter(([name]) => volumes[name])
      .map(([name, folder]) => [volumes[name], folder]));
    const replaced = (arg: string) => this.props.sandboxed ? arg : Object.entries(mounts)
      .reduce((text, [path, folder]) => text.replace(new RegExp(`(^|=)${path}(?=/|$)`), `$1${folder}`), arg);
    const results = volumes.results && !this.props.sandboxed ? [`--results=${this.resultsFolder}`] : [];
    const args = [...container.command.slice(1), ...container.args, ...more, `--port=${this.ports[0]}`, ...results]
      .map((arg: string) => replaced(arg.replace(/^--master=.*/, '--master=127.0.0.1')));
    const env = Object.fromEntries(container.env.map(({ name, value }: Rendered) => [name, value]));
    const [command, ...rest] = this.props.sandboxed
      ? [...sandboxCommand({
          uid: container.securityContext.runAsUser, writable: [volumes.tmp, volumes.results].filter(path => path),
          mounts: { ...mounts, ...pythonMounts(python) },
        }), python, ...args]
      : [python, ...args];
    const child = spawn('setpriv', ['--pdeathsig=KILL', command, ...rest], {
      cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Said(child);
  }
}
