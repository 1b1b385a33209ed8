import { k8s } from './k8s';

/** What a Job does when a pod of it ends early. The API wants one condition a rule, the type of that time all of them. */
export function failurePolicy(containerName: string, actions: { readonly [action: string]: readonly number[] }): k8s.PodFailurePolicy {
  const rules = [
    ...Object.entries(actions).map(([action, values]) => ({ action, onExitCodes: { containerName, operator: 'In', values: [...values] } })),
    // An upgrade or a lack of room on the node is no failure of the program.
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  ];
  return { rules: rules as k8s.PodFailurePolicyRule[] };
}
