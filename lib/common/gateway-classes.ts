/**
 * Names of GKE's gateway classes by who reaches their address: the network, or everybody by one region or by all.
 *
 * @see https://cloud.google.com/kubernetes-engine/docs/concepts/gateway-api#gatewayclass
 */
export const GATEWAY_CLASSES = {
  internal: 'gke-l7-rilb', regional: 'gke-l7-regional-external-managed', global: 'gke-l7-global-external-managed',
} as const;

/** All whose address only the network reaches, those of several clusters included. */
export const INTERNAL_GATEWAY_CLASSES: readonly string[] = [
  GATEWAY_CLASSES.internal, 'gke-l7-rilb-mc', 'gke-l7-cross-regional-internal-managed-mc',
];
