import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseBytes } from '../cluster/quantity';
import { expanded } from './expanded';
import { Block } from './synthesized';

/** Both outputs, as they are committed, with a resource for each entry of `for_each`. A copy may be changed. */
export interface Worlds {
  readonly manifests: Block[];
  readonly terraform: Block;
}

export function committedWorlds(dist = join(__dirname, '..', '..', 'dist')): Worlds {
  const files = readdirSync(join(dist, 'kustomize'), { recursive: true }) as string[];
  return {
    manifests: files.filter(name => name.endsWith('.yaml') && !name.endsWith('kustomization.yaml')).sort()
      .map(name => parse(readFileSync(join(dist, 'kustomize', name), 'utf8')) as Block),
    terraform: withEach(JSON.parse(readFileSync(join(dist, 'terraform', 'stacks', 'gke', 'cdk.tf.json'), 'utf8')) as Block),
  };
}

/** What Terraform makes of a stack: each resource under a name of its own. */
export function withEach(terraform: Block): Block {
  const resource = Object.entries(terraform.resource as Record<string, Record<string, Block>>).map(([type, blocks]) => [
    type, Object.fromEntries(Object.entries(blocks).flatMap(([name, block]) => expanded(block).map((made, index) => [`${name}${index || ''}`, made]))),
  ]);
  return { ...terraform, resource: Object.fromEntries(resource) };
}

export function resources({ terraform }: Worlds, type: string): Block[] {
  return Object.values((terraform.resource as Block)[type] ?? {});
}

export function objects({ manifests }: Worlds, ...kinds: string[]): Block[] {
  return manifests.filter(({ kind }) => kinds.includes(kind));
}

export interface Amount {
  cpuMillis: number;
  memoryBytes: number;
  ephemeralStorageBytes: number;
}

/** The pods of a workload, with what GKE adds to them. */
export class Workload {
  static all(worlds: Worlds): Workload[] {
    return objects(worlds, 'Deployment', 'StatefulSet', 'Job', 'CronJob').map(manifest => new Workload(manifest));
  }

  readonly id: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly spec: Block;
  private readonly annotations: Record<string, string>;

  private constructor(readonly manifest: Block) {
    const { metadata, spec } = (manifest.kind === 'CronJob' ? manifest.spec.jobTemplate : manifest).spec.template as Block;
    this.id = `${manifest.kind}/${manifest.metadata.name}`;
    this.namespace = manifest.metadata.namespace;
    this.serviceAccount = spec.serviceAccountName;
    this.spec = spec;
    this.annotations = metadata.annotations ?? {};
  }

  get gpus(): number {
    return this.containers.reduce((sum, { resources: { requests } }) => sum + Number(requests['nvidia.com/gpu'] ?? 0), 0);
  }

  /** Of the containers and of the sidecar that mounts buckets. */
  get requests(): Amount {
    const sum = { cpuMillis: 0, memoryBytes: 0, ephemeralStorageBytes: 0 };
    const sidecar = (name: string) => this.annotations[`gke-gcsfuse/${name}-request`] ?? '0';
    const requests = this.containers.map(container => container.resources.requests as Record<string, string>);
    for (const request of [...requests, { cpu: sidecar('cpu'), memory: sidecar('memory'), 'ephemeral-storage': sidecar('ephemeral-storage') }]) {
      sum.cpuMillis += millis(request.cpu ?? '0');
      sum.memoryBytes += parseBytes(request.memory ?? '0');
      sum.ephemeralStorageBytes += parseBytes(request['ephemeral-storage'] ?? '0');
    }
    return sum;
  }

  get volumes(): Block[] {
    return this.spec.volumes ?? [];
  }

  get tolerations(): Block[] {
    return this.spec.tolerations ?? [];
  }

  /** What the labels of its node must be, all of them: a label and its allowed values. */
  get demands(): [string, string[]][] {
    const terms: Block[] = this.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
    if (terms.length > 1 || terms.some(({ matchExpressions }) => matchExpressions.some(({ operator }: Block) => operator !== 'In'))) {
      throw new Error(`${this.id}: a node affinity that this test does not read`);
    }
    const selected = Object.entries((this.spec.nodeSelector ?? {}) as Record<string, string>);
    return [
      ...selected.map(([label, value]): [string, string[]] => [label, [value]]),
      ...terms.flatMap(({ matchExpressions }) => matchExpressions.map(({ key, values }: Block): [string, string[]] => [key, values])),
    ];
  }

  private get containers(): Block[] {
    return this.spec.containers;
  }
}

function millis(cpu: string): number {
  return cpu.endsWith('m') ? Number(cpu.slice(0, -1)) : Number(cpu) * 1000;
}
