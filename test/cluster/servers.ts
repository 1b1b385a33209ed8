import { eventually } from '../rig/eventually';
import { isReady, KubernetesApi, KubernetesObject, Pod } from '../rig/kubernetes-api';
import { Cell, Container, NAMESPACE } from './cells';

export interface ServerPod extends Pod {
  readonly spec: Pod['spec'] & { readonly containers: Container[]; readonly initContainers?: Container[] };
}

interface Deployment extends KubernetesObject {
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

const namespaced = (group: string, resource: string) => `/${group}/namespaces/${NAMESPACE}/${resource}`;
export const PODS = namespaced('api/v1', 'pods');
export const DEPLOYMENTS = namespaced('apis/apps/v1', 'deployments');
export const BUDGETS = namespaced('apis/policy/v1', 'poddisruptionbudgets');
export const AUTOSCALERS = namespaced('apis/autoscaling/v2', 'horizontalpodautoscalers');

/** The pods of servers by the name of their server, those that are going not counted. */
export async function serverPods(api: KubernetesApi): Promise<Map<string, ServerPod[]>> {
  const servers = new Map<string, ServerPod[]>();
  for (const pod of await api.list<ServerPod>(`${PODS}?labelSelector=app.kubernetes.io%2Fcomponent%3Dserver`)) {
    if (!pod.metadata.deletionTimestamp) {
      const name = pod.metadata.labels!['app.kubernetes.io/instance'];
      servers.set(name, [...servers.get(name) ?? [], pod]);
    }
  }
  return servers;
}

/** Number of nodes by why the scheduler passed them over. */
export type Reasons = Record<string, number>;

/** Why the scheduler left a pod waiting; undefined while it has not looked at it. */
export function waitingReasons(pod: Pod): Reasons | undefined {
  const scheduled = pod.status.conditions?.find(condition => condition.type === 'PodScheduled');
  if (pod.spec.nodeName || scheduled?.reason !== 'Unschedulable') {
    return undefined;
  }
  // "0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 …"
  const [, reasons] = /nodes are available: (.*?)\. /.exec(`${scheduled.message} `) ?? [undefined, scheduled.message ?? ''];
  return Object.fromEntries(reasons.split(', ').map((reason) => {
    const [, count, why] = /^(?:(\d+) )?(.*)$/.exec(reason)!;
    return [why, Number(count ?? 0)];
  }));
}

/** Waits until every server has so many pods, all placed and ready. */
export async function allReady<T extends Pick<Cell, 'server'>>(
  api: KubernetesApi, cells: readonly T[], count: (cell: T) => number,
): Promise<Map<string, ServerPod[]>> {
  let unready: string[] = [];
  try {
    return await eventually('every server is ready', async () => {
      const servers = await serverPods(api);
      unready = cells.filter((cell) => {
        const pods = servers.get(cell.server) ?? [];
        return pods.length !== count(cell) || !pods.every(isReady);
      }).map(cell => `${cell.server}: ${(servers.get(cell.server) ?? []).map(pod => JSON.stringify(pod.status.conditions)).join(' ')}`);
      return unready.length === 0 && servers;
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${unready.join('\n')}`, { cause: error });
  }
}

/** Whether the controller has brought the last change of a Deployment to its end. */
export async function isRolledOut(api: KubernetesApi, name: string): Promise<boolean> {
  const { metadata, spec, status } = await api.get<Deployment>(`${DEPLOYMENTS}/${name}`);
  return status.observedGeneration === metadata.generation
    && status.updatedReplicas === spec.replicas && status.availableReplicas === spec.replicas && status.replicas === spec.replicas;
}

export async function replicasOf(api: KubernetesApi, name: string): Promise<number> {
  return (await api.get<Deployment>(`${DEPLOYMENTS}/${name}`)).spec.replicas;
}
