import { Duration } from 'cdk8s';
import { PodProps } from '../../pods';
import { IVllmServer } from '../../serving';

/** Numbers of tokens: log-normal, cut off at both ends. */
export interface TokenLengths {
  /** Mean number of tokens before the ends are cut off, from min to max. */
  readonly mean: number;
  /**
   * Standard deviation of the logarithm, from 0 (always the mean) to 3.
   * @default 1
   */
  readonly sigma?: number;
  /**
   * Fewest tokens, at least 1.
   * @default 1
   */
  readonly min?: number;
  /**
   * Most tokens; prompt and answer together fit the server's context.
   * @default - four times the mean, as far as the server's context has room
   */
  readonly max?: number;
}

/** What has to hold for the Job to succeed. */
export interface LoadTestThresholds {
  /**
   * Seconds until the first token, for 95 % of the answers; above 0 and below 120.
   * @default - none
   */
  readonly ttftP95Seconds?: number;
  /**
   * Seconds from one token to the next, as the mean of an answer, for 95 % of the answers; above 0 and below 60.
   * @default - none
   */
  readonly interTokenP95Seconds?: number;
  /**
   * Seconds until the whole answer is there, for 95 % of the answers; above 0 and below 300.
   * @default - none
   */
  readonly endToEndP95Seconds?: number;
  /**
   * Share of requests that may fail, from 0 to 0.99.
   * @default 0.01
   */
  readonly errorRate?: number;
  /**
   * Tokens of all answers a second, above 0: their number by all seconds of the test.
   * @default - none
   */
  readonly minTokensPerSecond?: number;
}

/** Where the results of load tests go. */
export interface LoadTestOutput {
  /** Name of a Cloud Storage bucket. */
  readonly bucket: string;
  /**
   * Folder of the bucket; each test makes one of its own in it.
   * @default - the load test's name
   */
  readonly path?: string;
}

/** Who may open Locust's own page. */
export interface LoadTestPage {
  /** Name of a Secret of type kubernetes.io/basic-auth in the same namespace: the keys username and password, of 12 characters at least. */
  readonly loginSecretName: string;
}

/** What a load test is asked to do; contract.json beside this file holds every bound and default. */
export interface LocustLoadTestProps extends PodProps {
  /** Server that is tested. */
  readonly server: IVllmServer;
  /**
   * Users of a closed loop, from 1 to 2000: each sends when its last answer is there.
   * @default 8, unless requestsPerSecond is given
   */
  readonly users?: number;
  /**
   * Requests of an open loop, above 0 and at most 200 a second on average: they come by chance, whatever the server does.
   * @default - closed loop
   */
  readonly requestsPerSecond?: number;
  /**
   * Pods that send, from 1 to 20. One holds 100 users or 10 requests a second.
   * @default - as many as are needed, 2 at least
   */
  readonly workers?: number;
  /**
   * Time of the test in whole seconds, from 10 s to an hour.
   * @default Duration.minutes(5)
   */
  readonly runTime?: Duration;
  /**
   * Users that are added a second, from 0.01 to 100.
   * @default - all within 10 s, as far as 100 a second do it
   */
  readonly spawnRate?: number;
  /**
   * Lengths of the prompts.
   * @default - as ShareGPT's: mean 161, at most 1024
   */
  readonly promptTokens?: TokenLengths;
  /**
   * Lengths of the answers; they are exactly as long as was drawn, unless the prompts are one's own: then the model may end before.
   * @default - as ShareGPT's: mean 338, at most 1024
   */
  readonly outputTokens?: TokenLengths;
  /**
   * Own prompts, drawn by chance.
   * @default - words of no meaning, as long as promptTokens says
   */
  readonly prompts?: readonly string[];
  /**
   * Name of a ConfigMap in the same namespace with the key prompts.txt: one prompt a line, as JSON string where it has several lines.
   * @default - none
   */
  readonly promptsConfigMap?: string;
  /**
   * Whether every prompt begins with a mark of its own, so that the server's prefix cache does not flatter it.
   * @default true
   */
  readonly uniquePrompts?: boolean;
  /**
   * Whole number from 0: the same seed draws the same lengths and prompts.
   * @default 0
   */
  readonly seed?: number;
  /**
   * Promises that decide whether the Job succeeds.
   * @default - at most 1 % of failed requests
   */
  readonly thresholds?: LoadTestThresholds;
  /**
   * Bucket that gets the page (report.html) and the figures of every test.
   * @default - none: the figures are in the log alone
   */
  readonly output?: LoadTestOutput;
  /**
   * Locust's own page, on which people start tests for an hour; `kubectl port-forward` leads to it, and no Service.
   * @default - one test, at once
   */
  readonly webUi?: LoadTestPage;
  /**
   * Another address than the server's, for example of a gateway before it: `http://NAME:PORT`.
   * @default - the server's url
   */
  readonly target?: string;
  /**
   * Whether the target is outside the cluster, and mine.
   * @default false
   */
  readonly acknowledgeExternalTarget?: boolean;
  /**
   * Name of the load test: a DNS label that leaves room for `-worker` in 52 characters.
   * @default - the server's name and `-load-test`
   */
  readonly name?: string;
  /**
   * Name of a Secret with the server's key under `api-key`.
   * @default - the server's own; none for another target
   */
  readonly apiKeySecretName?: string;
  /**
   * Image that has the programs, built from `dist/kustomize/programs/locust-load-test`.
   * @default - Locust's public image, with the programs mounted
   */
  readonly image?: string;
}
