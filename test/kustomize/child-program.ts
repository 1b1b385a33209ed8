import { ChildProcess, spawn, SpawnOptions } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const PROJECT = resolve(__dirname, '../..');

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The versioned app as plain JavaScript inside the project, so that 50 starts of it take seconds. */
export class ChildProgram {
  private readonly folder: string;

  constructor() {
    mkdirSync(join(PROJECT, 'test/output'), { recursive: true });
    this.folder = mkdtempSync(join(PROJECT, 'test/output/child-'));
    chmodSync(this.folder, 0o755);
    for (const room of ['lib/common', 'lib/kustomize']) {
      const files = readdirSync(join(PROJECT, room), { recursive: true }) as string[];
      files.filter(name => name.endsWith('.ts')).forEach(name => this.compile(room, name));
      files.filter(name => name.endsWith('.json')).forEach(name => copyFileSync(join(PROJECT, room, name), join(this.folder, room, name)));
    }
    this.compile('test/kustomize', 'versioned-app.ts');
  }

  public start(args: readonly (string | number)[], options: SpawnOptions = {}): ChildProcess {
    return spawn(process.execPath, [this.program, ...args.map(String)], { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  }

  public get program(): string {
    return join(this.folder, 'test/kustomize/versioned-app.js');
  }

  public async run(args: readonly (string | number)[], options: SpawnOptions = {}): Promise<Ended> {
    return ended(this.start(args, options));
  }

  public remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private compile(folder: string, name: string): void {
    const source = readFileSync(join(PROJECT, folder, name), 'utf8');
    const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true };
    const { outputText } = transpileModule(source, { compilerOptions });
    const file = join(this.folder, folder, name.replace(/ts$/, 'js'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, outputText);
  }
}

export function ended(child: ChildProcess): Promise<Ended> {
  let output = '';
  child.stdout?.on('data', data => output += String(data));
  child.stderr?.on('data', data => output += String(data));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', code => done({ code, output }));
  });
}
