import { selectorLabelsOf, workloadLabels } from '../pods';

/** What a server is, and the part that it plays. */
export const SERVER = { app: 'vllm', component: 'server' };

export function selectorLabels(name: string): { [label: string]: string } {
  return selectorLabelsOf({ app: SERVER.app, instance: name });
}

export function serverLabels(name: string): { [label: string]: string } {
  return workloadLabels({ app: SERVER.app, instance: name }, SERVER.component);
}

/** Pods with this label may call the server of that name; all others are kept out by its network policy. */
export function clientLabels(serverName: string): { [label: string]: string } {
  return { [`client.cdk8s-vllm/${serverName}`]: 'true' };
}
