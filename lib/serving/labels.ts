import { selectorLabelsOf, workloadLabels } from '../pods';

const APP = 'vllm';

export function selectorLabels(name: string): { [label: string]: string } {
  return selectorLabelsOf({ app: APP, instance: name });
}

export function serverLabels(name: string): { [label: string]: string } {
  return workloadLabels({ app: APP, instance: name }, 'server');
}

/** Pods with this label may call the server of that name; all others are kept out by its network policy. */
export function clientLabels(serverName: string): { [label: string]: string } {
  return { [`client.cdk8s-vllm/${serverName}`]: 'true' };
}
