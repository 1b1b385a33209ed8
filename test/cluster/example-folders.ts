import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ControlPlane } from '../rig/control-plane';
import { eventually } from '../rig/eventually';
import { KubernetesObject } from '../rig/kubernetes-api';
import { Rendered } from '../serving/rendered';
import { changesOf, linesWithout } from './applied';

interface Workload extends KubernetesObject {
  readonly status: { readonly replicas?: number; readonly active?: number };
}

/** Paths of workloads whose pods the control plane makes. */
const RESOURCES: { readonly [kind: string]: string } = { Deployment: 'apis/apps/v1', Job: 'apis/batch/v1' };

function subfolders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => join(folder, name));
}

/** Every folder that applies alone, those that a cluster needs once before all others. */
export function foldersIn(manifests: string): string[] {
  const cells = subfolders(manifests).filter(cell => !cell.endsWith('/programs'));
  const isFirst = (cell: string) => Number(cell.endsWith('cluster'));
  return cells.sort((one, other) => isFirst(other) - isFirst(one)).flatMap((cell) => {
    const units = subfolders(cell).filter(unit => existsSync(join(unit, 'kustomization.yaml')));
    return units.length > 0 ? units : [cell];
  });
}

/** What a program has written, on a control plane. */
export class AppliedFolders {
  constructor(
    private readonly plane: ControlPlane, private readonly folders: readonly string[], private readonly objects: readonly Rendered[],
  ) {}

  /** What the objects count on: namespaces and service accounts that somebody else has made. */
  async makeWhatIsThere(): Promise<void> {
    const made = this.objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
    made.push(...(await this.plane.api.list('/api/v1/namespaces')).map(({ metadata }) => metadata.name));
    const named = this.objects.flatMap(({ metadata: { namespace } }) => namespace ?? []);
    const missing = new Set(named.filter(name => !made.includes(name)));
    await Promise.all([...missing].map(name => this.plane.kubectl(['create', 'namespace', name])));
    const accounts = this.workloads().map(({ metadata: { namespace }, spec }) => `${namespace} ${spec.template.spec.serviceAccountName}`);
    const own = this.objects.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata: { namespace, name } }) => `${namespace} ${name}`);
    await Promise.all([...new Set(accounts)].filter(account => !own.includes(account)).map((account) => {
      const [namespace, name] = account.split(' ');
      return this.plane.kubectl(['create', 'serviceaccount', '--namespace', namespace, name]);
    }));
  }

  /** What is not simply created. */
  async apply(): Promise<string[]> {
    const remarks: string[] = [];
    for (const folder of this.folders) {
      const { stdout, stderr } = await this.plane.kubectl(['apply', '--validate=strict', '-k', folder]);
      remarks.push(...[...linesWithout('created', stdout), ...stderr.split('\n')].filter(line => line !== ''));
    }
    return remarks;
  }

  async changes(): Promise<string[]> {
    return (await Promise.all(this.folders.map(folder => changesOf(this.plane, ['-k', folder])))).flat();
  }

  /** Waits until every workload has pods: its account exists, and no quota and no policy is against them. */
  async havePods(): Promise<void> {
    await Promise.all(this.workloads().map(({ kind, metadata: { namespace, name } }) =>
      eventually(`${kind} ${name} has a pod`, async () => {
        const { status } = await this.plane.api.get<Workload>(`/${RESOURCES[kind]}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`);
        return (status.replicas ?? status.active ?? 0) > 0;
      })));
  }

  async delete(): Promise<void> {
    for (const folder of [...this.folders].reverse()) {
      await this.plane.kubectl(['delete', '--ignore-not-found', '--timeout=300s', '-k', folder]);
    }
  }

  private workloads(): Rendered[] {
    return this.objects.filter(({ kind }) => kind in RESOURCES);
  }
}
