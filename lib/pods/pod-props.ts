import { k8s } from './k8s';
import { PodVolume } from './pod-volume';

/** A key of a Secret that exists in the cluster. */
export interface SecretKey {
  /** Name of the Secret, in the namespace of the pod. */
  readonly secretName: string;
  /** Key of the Secret: letters, digits and any of `- _ .`. */
  readonly key: string;
}

/** What a platform asks of the pods of every workload. It is added to what the workload decides itself, and changes none of that. */
export interface PodProps {
  /**
   * Labels that a node must have besides those that the workload asks for, for example `cloud.google.com/gke-nodepool`.
   * @default - none
   * @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodeselector
   */
  readonly nodeSelector?: { readonly [label: string]: string };
  /**
   * Taints of nodes that the pods bear, besides those that the workload bears itself.
   * @default - none
   * @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
   */
  readonly tolerations?: readonly k8s.Toleration[];
  /**
   * Names of Secrets of type kubernetes.io/dockerconfigjson, with which images are pulled.
   * @default - as the nodes and the service account may pull
   * @see https://kubernetes.io/docs/concepts/containers/images/#specifying-imagepullsecrets-on-a-pod
   */
  readonly imagePullSecrets?: readonly string[];
  /**
   * Further labels of the pods.
   * @default - none
   */
  readonly podLabels?: { readonly [label: string]: string };
  /**
   * Further annotations of the pods.
   * @default - none
   */
  readonly podAnnotations?: { readonly [name: string]: string };
  /**
   * Name of a service account that exists in the namespace; it gets what the workload needs in Google Cloud, and so has every other pod
   * that has it.
   * @default - one is made for the workload alone
   */
  readonly serviceAccountName?: string;
  /**
   * Environment variables of the container, each from a key of a Secret.
   * @default - none
   */
  readonly secretEnv?: { readonly [name: string]: SecretKey };
  /**
   * What the container mounts besides, read-only unless a volume says otherwise.
   * @default - nothing
   */
  readonly volumes?: readonly PodVolume[];
}
