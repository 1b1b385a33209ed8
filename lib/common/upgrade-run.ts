/** Name of the variable by which `npx cdk8s-vllm upgrade` tells an app that it is only looked at. */
export const UPGRADE_VARIABLE = 'CDK8S_VLLM_UPGRADE';

/** An app that is run to see what another release would change: it writes below `folder` and nowhere else. */
export interface UpgradeRun {
  /** Folder that everything is written to. */
  readonly folder: string;
  /** Release that is served now: a version, or the file of a registry. */
  readonly from: string;
  /** Release that would be served: a version, or the file of a registry. */
  readonly to: string;
  /** Which of the two the servers take in this run. */
  readonly takes: 'from' | 'to';
  /** Servers that take the older one all the same, because the newer one refuses them. */
  readonly stay: readonly string[];
}

/** The figures of a plan that an upgrade may change. */
export interface PlanFigures {
  readonly tensorParallelSize: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  /** Bytes on each GPU. */
  readonly kvCacheBytes: number;
  readonly kvCacheTokens: number;
  readonly maxModelLen: number;
  readonly largestModelLen: number;
  /** Requests of `maxModelLen` that run at once. */
  readonly maxConcurrency: number;
  readonly readySeconds: number;
}

/** What a server of the app says of itself. */
export interface SurveyedServer {
  readonly name: string;
  readonly namespace?: string;
  /** Version of the release that it runs. */
  readonly release: string;
  /** Whether it runs the older release, and so would run the newer one. */
  readonly upgraded: boolean;
  /** Whether its image is pinned to a digest, which is then that of the older release. */
  readonly pinned: boolean;
  readonly model: string;
  readonly architecture: string;
  readonly quantization?: string;
  readonly accelerator: string;
  readonly args: readonly string[];
  readonly environment: readonly string[];
  readonly before: PlanFigures;
  /** Its plan with the newer release; absent when the model does not fit any more. */
  readonly after?: PlanFigures;
  /** Why there would be no server with the newer release. */
  readonly refusal?: string;
}

/** The run that this process is part of; undefined when the app writes what it is asked to. */
export function upgradeRun(environment: { readonly [name: string]: string | undefined } = process.env): UpgradeRun | undefined {
  const text = environment[UPGRADE_VARIABLE];
  return text ? JSON.parse(text) as UpgradeRun : undefined;
}
