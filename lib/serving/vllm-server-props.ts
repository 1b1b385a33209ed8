import { PodProps } from '../pods';
import { WeightsVolume } from '../weights';
import { k8s } from '../pods/k8s';
import { ServerPlanProps } from './server-plan';

/** Props of `VllmServer`. */
export interface VllmServerProps extends ServerPlanProps, PodProps {
  /** The weights that it serves. */
  readonly weights: WeightsVolume;
  /**
   * Name of the server's objects: a DNS label of at most 53 characters that starts with a letter.
   * @default - vllm-openai-STORAGE-ACCELERATOR
   */
  readonly name?: string;
  /**
   * Name of the model in requests and metrics: letters, digits and any of `_ . / : @ + -`, starting with a letter or digit.
   * @default - the model's Hugging Face id
   */
  readonly servedModelName?: string;
  /**
   * Number of servers, 1 or more; ignored as soon as an autoscaler holds the server.
   * @default - as many as one node holds
   */
  readonly replicas?: number;
  /**
   * Number of nodes that the pools for this server can have at most, from 1 to 15,000.
   * @default 5
   */
  readonly maxNodes?: number;
  /**
   * Number of GPUs that are kept free for updates: 0, or those of one server or more. With none, an update replaces servers one by one.
   * @default 0
   */
  readonly spareGpus?: number;
  /**
   * Name of the PriorityClass of the pods.
   * @default - the cluster's default priority
   */
  readonly priorityClassName?: string;
  /**
   * Image of one's own of the same release, for example with a plugin or under another name: with a tag other than `latest`, or a digest.
   * What the plan knows is of the release, which the image has to be of.
   * @default - the image of the release
   */
  readonly image?: string;
  /**
   * Digest that the image of the release is pinned to, `sha256:` and 64 hexadecimal digits.
   * @default - the image is known by the release's tag
   */
  readonly imageDigest?: string;
  /**
   * Whether an image that is known by its tag only is refused: a tag can come to name another image.
   * @default false
   */
  readonly requireDigest?: boolean;
  /**
   * Name of a Secret whose key `api-key` holds the key that callers have to send as `Authorization: Bearer KEY`. vLLM asks for it below
   * `/v1` only: `/metrics`, `/tokenize` and `/invocations` stay open to whom the network policy lets in.
   * @default - whoever reaches the server may call it
   * @see https://docs.vllm.ai/en/latest/usage/security/
   */
  readonly apiKeySecretName?: string;
  /**
   * Who else may call the server, besides the pods with `clientLabels` in its namespace: pods, namespaces, or addresses, which need
   * `apiKeySecretName`.
   * @default - nobody
   */
  readonly ingressFrom?: readonly k8s.NetworkPolicyPeer[];
  /**
   * Liveness probes in a row, one in 10 seconds, that may fail before the server is started again, 3 to 360. It asks whether the process
   * answers at all, which a busy one may take long for.
   * @default 10
   */
  readonly livenessFailureThreshold?: number;
  /**
   * Further arguments of `vllm serve`, each `--flag=value`; the release has to know them, and no prop may decide them.
   * @default - none
   */
  readonly extraArgs?: readonly string[];
  /**
   * Further environment variables of the server, none of them a secret; the release has to know those that begin with `VLLM_`.
   * @default - none
   */
  readonly extraEnv?: { readonly [name: string]: string };
}
