/** What the names of Services end with. https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/ */
export const CLUSTER_SUFFIX = '.svc.cluster.local';

/** Address of a Service inside the cluster. */
export function serviceUrl(name: string, namespace: string, port: number): string {
  return `http://${name}.${namespace}${CLUSTER_SUFFIX}:${port}`;
}

/** Namespace of the Service of a host name; undefined when it is no Service's. */
export function serviceNamespace(hostname: string): string | undefined {
  const [, namespace, ...more] = hostname.endsWith(CLUSTER_SUFFIX) ? hostname.slice(0, -CLUSTER_SUFFIX.length).split('.') : [];
  return more.length === 0 ? namespace : undefined;
}
