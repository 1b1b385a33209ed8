import { k8s } from './k8s';

/** One pod may leave at a time; one that is still loading or broken never holds up a node's upgrade. */
export function oneMayLeave(selectorLabels: { readonly [label: string]: string }): k8s.PodDisruptionBudgetSpec {
  return {
    maxUnavailable: k8s.IntOrString.fromNumber(1), unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: { ...selectorLabels } },
  };
}

/** About as many pods in each zone, or on each node, as in another. */
export function preferSpread(selectorLabels: { readonly [label: string]: string }, topologyKey: string): k8s.TopologySpreadConstraint {
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { ...selectorLabels } } };
}

/** Each pod on a node of its own, if there are enough. */
export function preferApart(selectorLabels: { readonly [label: string]: string }): k8s.PodAntiAffinity {
  return {
    preferredDuringSchedulingIgnoredDuringExecution: [{
      weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { ...selectorLabels } } },
    }],
  };
}
