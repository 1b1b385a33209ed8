import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { objectsIn } from './unit-folder';

const CELLS = join(__dirname, '..', '..', 'dist', 'kustomize');

interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly configMap?: { readonly name: string };
}

interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly image: string;
  readonly command?: string[];
  readonly args: string[];
  readonly env?: { readonly name: string; readonly value: string }[];
  readonly ports: { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number; readonly readOnlyRootFilesystem: boolean };
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: string[] } } };
  readonly volumeMounts: VolumeMount[];
}

/** A generated cell as kubectl would read it: from the YAML under dist, never from the constructs that wrote it. */
export class GeneratedCell {
  static all(): GeneratedCell[] {
    const names = readdirSync(CELLS).filter(name => existsSync(join(CELLS, name, 'server'))).sort();
    return names.map(name => new GeneratedCell(name));
  }

  /** @param cells - folder that has the cell's folder */
  static of(name: string, cells = CELLS): GeneratedCell {
    return new GeneratedCell(name, cells);
  }

  readonly server: Container;
  readonly checkWeights: Container;
  readonly terminationGracePeriodSeconds: number;
  readonly progressDeadlineSeconds: number;
  /** Where the server may write: the empty directories. */
  readonly writable: string[];
  /** Directory and content of the programs that the pod mounts. */
  readonly programs: { readonly path: string; readonly files: Readonly<Record<string, string>> };

  private constructor(readonly name: string, private readonly cells = CELLS) {
    const [deployment] = this.objects('server', 'deployment');
    this.progressDeadlineSeconds = deployment.spec.progressDeadlineSeconds;
    const { containers, initContainers, volumes, terminationGracePeriodSeconds } = deployment.spec.template.spec;
    [this.server] = containers;
    [this.checkWeights] = initContainers;
    this.terminationGracePeriodSeconds = terminationGracePeriodSeconds;
    const mountsOf = (kind: 'emptyDir' | 'configMap') => this.server.volumeMounts
      .filter(mount => volumes.some((volume: Volume) => volume.name === mount.name && volume[kind]));
    this.writable = mountsOf('emptyDir').filter(mount => !mount.readOnly).map(mount => mount.mountPath);
    const [configMap] = this.objects('server', 'configmap');
    this.programs = { path: mountsOf('configMap')[0].mountPath, files: configMap.data };
  }

  /** What follows `--flag=` in the server's arguments. */
  argument(flag: string): string | undefined {
    return this.server.args.find(arg => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
  }

  get environment(): Record<string, string> {
    return Object.fromEntries((this.server.env ?? []).map(({ name, value }) => [name, value]));
  }

  /** The objects of a kind in one unit of the cell. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- YAML of many kinds; a wrong path fails the test that reads it
  objects(unit: string, kind: string): any[] {
    const found = objectsIn(join(this.cells, this.name, unit)).filter(object => object.kind.toLowerCase() === kind);
    if (found.length === 0) {
      throw new Error(`cell ${this.name} has no ${kind} in ${unit}`);
    }
    return found;
  }
}
