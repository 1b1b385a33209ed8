/**
 * How machines come: at once at full price, what is left over, what was reserved, for at most a week as soon as there are some, or all of
 * them at once for a ProvisioningRequest.
 *
 * @see https://docs.cloud.google.com/compute/docs/instances/provisioning-models
 */
export type Capacity = 'on-demand' | 'spot' | 'reservation' | 'flex-start' | 'queued';

export const CAPACITIES: readonly Capacity[] = ['on-demand', 'spot', 'reservation', 'flex-start', 'queued'];

/**
 * Labels by which pods choose nodes of a capacity. GKE sets those of its own; which reservation a node is of it does not say, so our node
 * pools do.
 *
 * @see https://docs.cloud.google.com/kubernetes-engine/docs/concepts/spot-vms
 * and https://docs.cloud.google.com/kubernetes-engine/docs/how-to/dws-flex-start-inference
 */
export const CAPACITY_LABELS: { readonly [capacity in Capacity]?: string } = {
  spot: 'cloud.google.com/gke-spot',
  'flex-start': 'cloud.google.com/gke-flex-start',
  reservation: 'vllm-reservation',
};
