/** Never changes while an object lives: selectors are immutable. */
export function selectorLabels(name: string): { [label: string]: string } {
  return { 'app.kubernetes.io/name': 'vllm', 'app.kubernetes.io/instance': name };
}

/** `app` is what the guides for vLLM on GKE select by. https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export function serverLabels(name: string): { [label: string]: string } {
  return { app: name, ...selectorLabels(name), 'app.kubernetes.io/component': 'server', 'app.kubernetes.io/part-of': 'cdk8s-vllm' };
}

/** Pods with this label may call the server of that name; all others are kept out by its network policy. */
export function clientLabels(serverName: string): { [label: string]: string } {
  return { [`client.cdk8s-vllm/${serverName}`]: 'true' };
}
