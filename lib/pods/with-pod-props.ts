import { requireSecretName } from '../common/names';
import { Refusal } from '../common/refusal';
import { k8s } from './k8s';
import { PodProps } from './pod-props';
import { withVolumes } from './pod-volume';
import { some } from './some';

interface Texts {
  readonly [name: string]: string;
}

/** Why nobody may say it, by the beginning of its name. */
interface Reserved {
  readonly [prefix: string]: string;
}

const KUBERNETES = 'is written by Kubernetes itself';
/** https://kubernetes.io/docs/reference/labels-annotations-taints/ */
const RESERVED_LABELS: Reserved = {
  'client.cdk8s-vllm/': 'would let the pods call a server that they are no client of',
  'batch.kubernetes.io/': KUBERNETES,
  'controller-uid': KUBERNETES,
  'job-name': KUBERNETES,
  'pod-template-hash': KUBERNETES,
};
const RESERVED_ANNOTATIONS: Reserved = {
  'cdk8s-vllm/': 'is what a change of programs and settings is seen by',
  'gke-gcsfuse/': 'is for the bucket\'s mount to say, from the plan of its sidecar',
};

/** The keys of a toleration, and what those with a choice can be. */
const TOLERATION_KEYS = ['key', 'operator', 'value', 'effect', 'tolerationSeconds'];
const OPERATORS = ['Exists', 'Equal'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/**
 * What a workload decides of its pods, with what a platform asks of them besides. The first container gets the environment.
 *
 * @param selectedBy - by label of a node: the prop of the workload that decides it
 * @throws on everything that the workload decides itself, and on what Kubernetes does not take
 */
export function withPodProps(decided: k8s.PodTemplateSpec, props: PodProps, selectedBy: Texts = {}): k8s.PodTemplateSpec {
  const { metadata = {}, spec } = decided;
  const secrets = (props.imagePullSecrets ?? []).map(name => ({ name: requirePullSecret(name) }));
  const tolerations = [...spec!.tolerations ?? [], ...(props.tolerations ?? []).map(requireToleration)];
  const pod = withVolumes(spec!, props.volumes ?? []);
  const [container, ...others] = pod.containers;
  return {
    metadata: {
      ...metadata,
      labels: added('podLabels', metadata.labels, props.podLabels, RESERVED_LABELS),
      annotations: added('podAnnotations', metadata.annotations, props.podAnnotations, RESERVED_ANNOTATIONS),
    },
    spec: {
      ...pod,
      nodeSelector: withNodes(spec!, props.nodeSelector ?? {}, selectedBy),
      tolerations: some(tolerations),
      imagePullSecrets: some(secrets),
      containers: [{ ...container, env: some([...container.env ?? [], ...secretVariables(container, props.secretEnv)]) }, ...others],
    },
  };
}

function added(prop: string, decided: Texts = {}, given: Texts = {}, reserved: Reserved = {}): { [name: string]: string } | undefined {
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(decided, name)) {
      throw new Refusal(`'${prop}' (${name}: ${value}) is decided already: ${name} is ${decided[name]}; leave it out`);
    }
    const prefix = Object.keys(reserved).find(beginning => name.startsWith(beginning));
    if (prefix !== undefined) {
      throw new Refusal(`'${prop}' (${name}: ${value}) ${reserved[prefix]}; leave it out`);
    }
  }
  return Object.keys({ ...decided, ...given }).length > 0 ? { ...decided, ...given } : undefined;
}

function withNodes({ nodeSelector, affinity }: k8s.PodSpec, given: Texts, selectedBy: Texts): { [label: string]: string } | undefined {
  for (const [label, value] of Object.entries(given)) {
    const prop = Object.hasOwn(selectedBy, label) ? selectedBy[label] : undefined;
    if (prop !== undefined) {
      const is = nodeSelector?.[label];
      throw new Refusal(`'nodeSelector' (${label}: ${value}) is for '${prop}' to say${is ? `, and is ${is}` : ''}; leave it out, and set '${prop}'`);
    }
    requirePossible(label, value, affinity);
  }
  return added('nodeSelector', nodeSelector, given);
}

/** A label may choose among the nodes that the pods can run on; any other leaves them none. */
function requirePossible(label: string, value: string, affinity?: k8s.Affinity): void {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const expression = terms.flatMap(term => term.matchExpressions ?? []).find(({ key, values }) => key === label && values);
  if (expression && !expression.values!.includes(value)) {
    throw new Refusal(`'nodeSelector' (${label}: ${value}) is none of those that the pods can run on: ${expression.values!.join(', ')}; take one`
      + ' of them, or leave it out');
  }
}

/** @throws on what the API server refuses, or reads as a toleration of everything */
function requireToleration(toleration: k8s.Toleration, index: number): k8s.Toleration {
  const problem = problemOf(toleration);
  if (problem !== undefined) {
    throw new Refusal(`'tolerations[${index}]' (${JSON.stringify(toleration)}) ${problem}; write for example { key: 'dedicated', operator: 'Equal',`
      + ' value: \'serving\', effect: \'NoSchedule\' }');
  }
  return toleration;
}

function problemOf(toleration: k8s.Toleration): string | undefined {
  if (typeof toleration !== 'object' || toleration === null) {
    return 'is no toleration';
  }
  const unknown = Object.keys(toleration).find(name => !TOLERATION_KEYS.includes(name));
  if (unknown !== undefined) {
    return `has '${unknown}', and a toleration has ${TOLERATION_KEYS.join(', ')}`;
  }
  const { key, operator = 'Equal', value, effect, tolerationSeconds } = toleration;
  if (!OPERATORS.includes(operator)) {
    return `has to have the operator ${OPERATORS.join(' or ')}`;
  }
  if (effect !== undefined && !EFFECTS.includes(effect)) {
    return `has to have the effect ${EFFECTS.join(', ')} or none, which is all`;
  }
  if (!key && operator !== 'Exists') {
    return 'has no key, which only Exists can do without, and then bears every taint';
  }
  if (value && operator === 'Exists') {
    return 'has a value, which Exists does not look at';
  }
  return tolerationSeconds !== undefined && effect !== 'NoExecute' ? 'has tolerationSeconds, which are for NoExecute alone' : undefined;
}

function requirePullSecret(name: string): string {
  return requireSecretName('imagePullSecrets', name, 'kubectl create secret docker-registry NAME --from-file=.dockerconfigjson=FILE');
}

function secretVariables({ env = [] }: k8s.Container, secretEnv: PodProps['secretEnv'] = {}): k8s.EnvVar[] {
  return Object.entries(secretEnv).map(([name, { secretName, key }]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new Refusal(`'secretEnv' (${name}) must be a name of letters, digits and '_', such as PLUGIN_LICENCE`);
    }
    if (env.some(variable => variable.name === name)) {
      throw new Refusal(`'secretEnv' (${name}) is set already; leave it out`);
    }
    // What is no key is not repeated: it may be the secret itself, passed by mistake.
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
      throw new Refusal(`'secretEnv.${name}.key' is no key of a Secret: 1 to 253 letters, digits, '-', '_' and '.'`);
    }
    const made = requireSecretName(`secretEnv.${name}.secretName`, secretName, `kubectl create secret generic NAME --from-file=${key}=FILE`);
    return { name, valueFrom: { secretKeyRef: { name: made, key } } };
  });
}
