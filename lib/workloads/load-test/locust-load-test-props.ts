import { Duration } from 'cdk8s';
import { VllmServer } from '../../serving';

/** Numbers of tokens: log-normal, cut off at both ends. */
export interface TokenLengths {
  /** Before the ends are cut off. */
  readonly mean: number;
  /**
   * Of the logarithm; 0: always the mean.
   * @default 1
   */
  readonly sigma?: number;
  /** @default 1 */
  readonly min?: number;
  /** @default - four times the mean, as far as the server's context has room */
  readonly max?: number;
}

/** What has to hold for the Job to succeed. */
export interface LoadTestThresholds {
  /** Until the first token, for 95 % of the answers. */
  readonly ttftP95Seconds?: number;
  /** From one token to the next, as the mean of an answer, for 95 % of the answers. */
  readonly interTokenP95Seconds?: number;
  /** Until the whole answer is there, for 95 % of the answers. */
  readonly endToEndP95Seconds?: number;
  /**
   * Failed requests by all, from 0 to below 1.
   * @default 0.01
   */
  readonly errorRate?: number;
  /** Tokens of all answers, by all seconds of the test. */
  readonly minTokensPerSecond?: number;
}

export interface LoadTestOutput {
  readonly bucket: string;
  /**
   * Folder of the bucket; each test makes one of its own in it.
   * @default - the load test's name
   */
  readonly path?: string;
}

export interface LoadTestPage {
  /** A Secret of type kubernetes.io/basic-auth in the same namespace: the keys username and password, of 12 characters at least. */
  readonly loginSecretName: string;
}

export interface LocustLoadTestProps {
  readonly server: VllmServer;
  /**
   * Closed loop: so many users, each of which sends when its last answer is there.
   * @default 8, unless requestsPerSecond is given
   */
  readonly users?: number;
  /**
   * Open loop: requests come by chance, so many a second on average, whatever the server does.
   * @default - closed loop
   */
  readonly requestsPerSecond?: number;
  /**
   * Pods that send. One holds 100 users or 10 requests a second.
   * @default - as many as are needed, 2 at least
   */
  readonly workers?: number;
  /**
   * Whole seconds from 10 s to an hour.
   * @default Duration.minutes(5)
   */
  readonly runTime?: Duration;
  /**
   * Users that are added a second.
   * @default - all within 10 s
   */
  readonly spawnRate?: number;
  /** @default - as ShareGPT's: mean 161, at most 1024 */
  readonly promptTokens?: TokenLengths;
  /**
   * Answers are exactly as long as was drawn, unless the prompts are one's own: then the model may end before.
   * @default - as ShareGPT's: mean 338, at most 1024
   */
  readonly outputTokens?: TokenLengths;
  /**
   * Own prompts, drawn by chance.
   * @default - words of no meaning, as long as promptTokens says
   */
  readonly prompts?: readonly string[];
  /**
   * A ConfigMap in the same namespace with the key prompts.txt: one prompt a line, as JSON string where it has several lines.
   * @default - none
   */
  readonly promptsConfigMap?: string;
  /**
   * Every prompt begins with a mark of its own, so that the server's prefix cache does not flatter it.
   * @default true
   */
  readonly uniquePrompts?: boolean;
  /**
   * The same seed draws the same lengths and prompts.
   * @default 0
   */
  readonly seed?: number;
  /** @default - at most 1 % of failed requests */
  readonly thresholds?: LoadTestThresholds;
  /**
   * The page and the figures of every test go to a bucket.
   * @default - only to the log, from which `locust_load_test.py page` makes the page
   */
  readonly output?: LoadTestOutput;
  /**
   * Tests are started by hand, on Locust's page, for an hour; `kubectl port-forward` leads to it, and no Service.
   * @default - one test, at once
   */
  readonly webUi?: LoadTestPage;
  /**
   * Another address than the server's, for example of a gateway before it: http://NAME:PORT
   * @default - the server's url
   */
  readonly target?: string;
  /** The target is outside the cluster, and mine. @default false */
  readonly acknowledgeExternalTarget?: boolean;
  /** @default - the server's name and `-load-test` */
  readonly name?: string;
  /**
   * An image that has the programs already, built from `dist/images/locust-load-test`.
   * @default - Locust's public image, with the programs mounted
   */
  readonly image?: string;
}
