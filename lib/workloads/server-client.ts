import { Construct } from 'constructs';
import { Grant } from '../common/grant';
import { ServiceIdentity } from '../common/identity';
import { requireWorkloadName } from '../common/names';
import { shortened } from '../common/short-name';
import { PodMount, requireNamespace, secretFiles, toNameServers, toPods, WorkloadAccess } from '../pods';
import { k8s } from '../pods/k8s';
import { IVllmServer } from '../serving';
import { API_KEY, requireApiKeySecret } from '../serving/api-key';

const API_KEY_DIRECTORY = '/var/run/secrets/vllm';

/** Leaves room for the suffixes of what belongs to the workload, and for those that Kubernetes gives to pods. */
export const LONGEST_NAME = 52;

/** Name of what belongs to a server, where none is given: as much of the server's as there is room for. */
export function defaultName({ name }: { readonly name: string }, suffix: string, longest = LONGEST_NAME): string {
  return shortened(name, suffix, longest);
}

/** Where a pod finds the server's key, and how its program is told. */
export interface ServerKey {
  readonly mounts: PodMount[];
  readonly args: string[];
}

/** What the key that a client sends comes from. */
export interface ServerKeyProps {
  readonly server: IVllmServer;
  readonly apiKeySecretName?: string;
}

/**
 * The server's key as a file, from a Secret that exists in the cluster; nothing when it asks for no key.
 *
 * @throws on what no Secret can be called, such as the key itself
 */
export function serverKey({ server, apiKeySecretName = server.apiKeySecretName }: ServerKeyProps): ServerKey {
  if (apiKeySecretName === undefined) {
    return { mounts: [], args: [] };
  }
  return {
    mounts: [secretFiles(requireApiKeySecret(apiKeySecretName), API_KEY, [API_KEY], API_KEY_DIRECTORY)],
    args: [`--api-key-file=${API_KEY_DIRECTORY}/${API_KEY}`],
  };
}

/** Props of `ServerClient`. */
export interface ServerClientProps {
  /** Server that is asked. */
  readonly server: IVllmServer;
  /** Name of the kind of workload, for example `gradio-chat`. */
  readonly app: string;
  /** Name of every object, a DNS label of 1 to 52 characters. */
  readonly name: string;
  /** Part that the client plays, for example `chat`. */
  readonly component: string;
  /**
   * Rules for who may talk to it.
   * @default - nobody
   */
  readonly ingress?: k8s.NetworkPolicyIngressRule[];
  /**
   * Rules for whom it may talk to besides the name servers and its server.
   * @default - nobody
   */
  readonly egress?: k8s.NetworkPolicyEgressRule[];
  /**
   * What it may do in Google Cloud.
   * @default - nothing
   */
  readonly grants?: readonly Grant[];
  /**
   * Name of a service account that exists.
   * @default - one is made, of the client's name
   */
  readonly serviceAccountName?: string;
}

/** What all pods that talk to a server have in common: an identity, labels that the server lets in, and a network policy of their own. */
export class ServerClient extends Construct {
  /** Name of every object. */
  readonly name: string;
  /** Identity of the pods. */
  readonly identity: ServiceIdentity;
  /** Labels of every object. */
  readonly labels: { readonly [label: string]: string };
  /** Labels of the pods, by which the server lets them in. */
  readonly podLabels: { [label: string]: string };
  /** Labels that select the pods. */
  readonly selectorLabels: { [label: string]: string };

  constructor(scope: Construct, id: string, props: ServerClientProps) {
    super(scope, id);
    const { server, app, name } = props;
    requireNamespace(this, server.namespace);
    this.name = requireWorkloadName(name, LONGEST_NAME);
    const access = new WorkloadAccess(this, 'Access', {
      name, app, component: props.component, namespace: server.namespace, grants: props.grants, ingress: props.ingress,
      serviceAccountName: props.serviceAccountName,
      egress: [...toNameServers(), toPods(server.selectorLabels, server.port), ...props.egress ?? []],
    });
    this.identity = access.identity;
    this.labels = access.labels;
    this.selectorLabels = access.selectorLabels;
    this.podLabels = { ...this.labels, ...server.clientLabels };
  }
}
