import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROJECT } from '../../scripts/docs/example';
import { Block } from '../gke/synthesized';
import { standIn } from '../terraform/stand-in';

const STACK = 'dist/terraform/stacks/gke/cdk.tf.json';
const PACKAGES = ['cdk8s', 'cdk8s-plus-28', 'constructs', 'typescript', '@types', '.bin'];

/** Where a reader follows a walkthrough. */
export class Place {
  /** A fresh clone, as far as it is committed or would be, with its packages installed. */
  static clone(): Place {
    const place = new Place();
    const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: PROJECT, encoding: 'utf8' });
    for (const file of files.split('\0').filter(name => name !== '')) {
      mkdirSync(dirname(place.path(file)), { recursive: true });
      cpSync(join(PROJECT, file), place.path(file));
    }
    symlinkSync(join(PROJECT, 'node_modules'), place.path('node_modules'));
    return place;
  }

  /** An empty folder in which the library is installed, compiled as it is published, beside what a reader installs. */
  static ofReader(library: Place): Place {
    const place = new Place();
    execFileSync('npm', ['run', 'build'], { cwd: library.folder, stdio: 'pipe' });
    mkdirSync(place.path('node_modules'));
    symlinkSync(library.folder, place.path('node_modules/cdk8s-vllm'));
    PACKAGES.forEach(name => symlinkSync(join(PROJECT, 'node_modules', name), place.path('node_modules', name)));
    return place;
  }

  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'walkthrough-')));

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(file: string, text: string): void {
    writeFileSync(this.path(file), text);
  }

  replace(file: string, before: string, after: string): void {
    this.write(file, readFileSync(this.path(file), 'utf8').replaceAll(before, after));
  }

  /** The stack as it was synthesized. */
  get stack(): Block {
    return JSON.parse(readFileSync(this.path(STACK), 'utf8')) as Block;
  }

  /** Puts stand-ins into the place of Google's resources, whose provider cannot be had everywhere; nothing the second time. */
  standIn(): void {
    const { stack } = this;
    if (stack.resource.terraform_data === undefined) {
      this.write(STACK, JSON.stringify(standIn(stack)));
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
