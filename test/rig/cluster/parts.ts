import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../cache';
import { sha256 } from '../sha256';

/** A folder with a go.mod beside this file: which program at which version, and the sums of all that it is built from. */
export class Part {
  static readonly KUBERNETES_1_36 = new Part('kubernetes-1.36');
  static readonly KUBERNETES_1_33 = new Part('kubernetes-1.33');
  static readonly ETCD = new Part('etcd');
  static readonly KWOK = new Part('kwok');
  static readonly CRDS = new Part('crds');
  static readonly KUBE_LINTER = new Part('kube-linter');
  static readonly KUBE_SCORE = new Part('kube-score');
  static readonly PROMTOOL = new Part('promtool');
  /** What the cells' mounts of a bucket run; no part of a control plane, so it is built for the tests of mounts only. */
  static readonly GCSFUSE = new Part('gcsfuse');

  static all(): Part[] {
    return [
      Part.KUBERNETES_1_36, Part.KUBERNETES_1_33, Part.ETCD, Part.KWOK, Part.CRDS, Part.KUBE_LINTER, Part.KUBE_SCORE,
      Part.PROMTOOL,
    ];
  }

  readonly sources: string;
  /** Where the built part lives; a change of anything in its folder is another directory. */
  readonly directory: string;

  private constructor(readonly name: string) {
    this.sources = join(__dirname, name);
    const digest = sha256(...readdirSync(this.sources).sort().flatMap(file => [`${file}\n`, readFileSync(join(this.sources, file))]));
    this.directory = cacheDirectory('cluster', `${name}-${digest.slice(0, 12)}`);
  }

  get installed(): boolean {
    return existsSync(this.directory);
  }

  /** A built program, or a file that was generated beside it. */
  file(name: string): string {
    const path = join(this.directory, name);
    if (!existsSync(path)) {
      throw new Error(`The rig lacks ${name} of ${this.name} (${path}). Run: npx sucrase-node test/rig/cluster/install.ts`);
    }
    return path;
  }
}
