import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Accelerator, MachineType, Model } from '../../lib';
import { objectsIn } from '../rig/unit-folder';
import { parseBytes } from './quantity';

export const KUSTOMIZE = join(__dirname, '..', '..', 'dist', 'kustomize');
export const CLUSTER_FOLDER = join(KUSTOMIZE, 'cluster');
/** Of the default settings, which the committed tree is made with. */
export const NAMESPACE = 'vllm';

export interface Container {
  readonly name: string;
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly spec: { readonly containers: Container[]; readonly initContainers?: Container[] };
}

export interface Workload {
  readonly kind: string;
  readonly name: string;
  readonly template: PodTemplate;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly spec?: unknown;
}

interface CellReport {
  readonly id: string;
  readonly model: string;
  readonly accelerator: string;
  readonly storage: string;
  readonly possible: boolean;
  readonly server: string;
  readonly placement: {
    readonly machineType: string;
    readonly gpusPerNode: number;
    readonly serversPerNode: number;
    readonly strandedGpus: number;
    readonly zones: string[];
    readonly cacheMedium: string | null;
    readonly localSsdCount: number;
  };
}

/** One folder of the committed matrix, beside what the report says of it. */
export class Cell {
  static all(): Cell[] {
    const report = JSON.parse(readFileSync(join(KUSTOMIZE, '..', 'report', 'cells.json'), 'utf8')) as CellReport[];
    return report.filter(cell => cell.possible).map(cell => new Cell(cell));
  }

  readonly id: string;
  readonly folder: string;
  readonly storage: string;
  readonly model: Model;
  /** The name of its server and of nearly everything else in it. */
  readonly server: string;
  readonly accelerator: Accelerator;
  readonly machineType: MachineType;
  readonly serversPerNode: number;
  readonly gpusPerServer: number;
  readonly localSsdCount: number;
  readonly cachesOnSsd: boolean;
  /** That its disk binds it to; undefined for a bucket, which is read from anywhere. */
  readonly zones?: string[];

  private constructor({ id, storage, model, server, accelerator, placement }: CellReport) {
    this.id = id;
    this.folder = join(KUSTOMIZE, id);
    this.storage = storage;
    this.model = Model.fromId(model);
    this.server = server;
    this.accelerator = Accelerator.fromId(accelerator);
    this.machineType = MachineType.fromName(placement.machineType, placement.gpusPerNode);
    this.serversPerNode = placement.serversPerNode;
    this.gpusPerServer = (placement.gpusPerNode - placement.strandedGpus) / placement.serversPerNode;
    this.localSsdCount = placement.localSsdCount;
    this.cachesOnSsd = placement.cacheMedium === 'local-ssd';
    this.zones = storage === 'gcs' ? undefined : placement.zones;
  }

  /** Those that are applied with the cell. */
  get units(): string[] {
    return (parse(readFileSync(join(this.folder, 'kustomization.yaml'), 'utf8')) as { resources: string[] }).resources;
  }

  /** Those that are applied once, or now and then: what fills the weights, tests and batches. */
  get unitsApart(): string[] {
    const units = readdirSync(this.folder, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(entry => entry.name);
    return units.filter(unit => !this.units.includes(unit)).sort();
  }

  get manifests(): Manifest[] {
    return this.units.flatMap(unit => manifestsIn(join(this.folder, unit)));
  }

  get manifestsApart(): Manifest[] {
    return this.unitsApart.flatMap(unit => manifestsIn(join(this.folder, unit)));
  }

  /** Everything of the cell that runs. */
  get workloads(): Workload[] {
    return [...this.manifests, ...this.manifestsApart].flatMap(({ kind, metadata: { name }, spec }) => {
      const { template } = spec as { template?: PodTemplate } ?? {};
      return template === undefined ? [] : [{ kind, name, template }];
    });
  }

  get podTemplate(): PodTemplate {
    const deployment = this.manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === this.server);
    return (deployment!.spec as { template: PodTemplate }).template;
  }

  /** Of the server and of the sidecar that GKE adds to it. */
  get memoryBytes(): number {
    const { spec, metadata } = this.podTemplate;
    const [server] = spec.containers;
    return parseBytes(server.resources.requests.memory) + parseBytes(metadata.annotations?.['gke-gcsfuse/memory-request'] ?? '0');
  }
}

export function manifestsIn(folder: string): Manifest[] {
  return objectsIn(folder) as Manifest[];
}
