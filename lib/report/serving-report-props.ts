import { Measurement } from '../planning';

/** Props of `ServingReport`. */
export interface ServingReportProps {
  /**
   * Number of tokens of a prompt, 1 or more, for which the throughput is planned.
   * @default 1024
   */
  readonly inputTokens?: number;
  /**
   * Number of tokens of an answer, 1 or more, for which the throughput is planned.
   * @default 256
   */
  readonly outputTokens?: number;
  /**
   * Seconds, above 0, that half of the requests wait for their first token at most: a goal.
   * @default 2
   */
  readonly timeToFirstTokenSeconds?: number;
  /**
   * Seconds, above 0, between two tokens of a stream, at most for half of them: a goal.
   * @default 0.1
   */
  readonly interTokenLatencySeconds?: number;
  /**
   * What was measured. It stands in the place of what is predicted for the same server and load.
   * @default - none
   */
  readonly measurements?: readonly Measurement[];
  /**
   * Commands that are run once, before any cell is applied.
   * @default - none are shown
   */
  readonly onceCommands?: readonly string[];
  /**
   * Folder of the manifests as the commands name it.
   * @default dist/kustomize
   */
  readonly folder?: string;
}
