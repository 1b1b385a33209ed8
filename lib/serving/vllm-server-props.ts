import { WeightsVolume } from '../weights';
import { ServerPlanProps } from './server-plan';

export interface VllmServerProps extends ServerPlanProps {
  readonly weights: WeightsVolume;
  /** @default - vllm-openai-STORAGE-ACCELERATOR */
  readonly name?: string;
  /**
   * The model's name in requests and metrics.
   * @default - the model's Hugging Face id
   */
  readonly servedModelName?: string;
  /**
   * Ignored as soon as an autoscaler holds the server.
   * @default - as many as one node holds
   */
  readonly replicas?: number;
  /**
   * The most nodes that the pools for this server can have.
   * @default 5
   */
  readonly maxNodes?: number;
  /**
   * GPUs kept free for updates: with none, an update replaces servers one by one.
   * @default 0
   */
  readonly spareGpus?: number;
  /** @default - the cluster's default priority */
  readonly priorityClassName?: string;
  /**
   * The server image by digest, `sha256:…`.
   * @default - by the release's tag
   */
  readonly imageDigest?: string;
  /**
   * Further arguments of `vllm serve`, each `--flag=value`.
   * @default - none
   */
  readonly extraArgs?: string[];
  /**
   * Further environment of the server.
   * @default - none
   */
  readonly extraEnv?: { readonly [name: string]: string };
}
