import { ControlPlane } from '../rig/control-plane';
import { KubernetesObject } from '../rig/kubernetes-api';

/** What the name of everything that belongs to one cell starts with. */
export const SERVER_PREFIX = 'vllm-openai-';

/** `Kind namespace/name` of every object of the cluster in which the text stands anywhere: name, label, owner, claim. Events aside. */
export async function objectsNaming(plane: ControlPlane, text: string): Promise<string[]> {
  const kinds = (await plane.kubectl(['api-resources', '--verbs=list', '--output=name'])).stdout.trim().split('\n')
    .filter(kind => kind !== 'events' && kind !== 'events.events.k8s.io');
  const { stdout } = await plane.kubectl(['get', kinds.join(','), '--all-namespaces', '--output=json']);
  return (JSON.parse(stdout) as { items: KubernetesObject[] }).items
    .filter(item => JSON.stringify(item).includes(text))
    .map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
}
