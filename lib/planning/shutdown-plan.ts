import { Refusal } from '../common/refusal';
import { requireProps } from '../common/props';

/** Until every node's proxy and load balancer has dropped the endpoint; those of Google Cloud take some seconds more than kube-proxy. */
const PROPAGATION_SECONDS = 10;
/** From the last answer to the process' end: 1.5 s that the drain gives aborted answers, and an exit measured at 1 to 3 s, doubled. */
const EXIT_SECONDS = 10;
const DEFAULT_LONGEST_ANSWER_SECONDS = 120;

/** GKE's own split of the 30 s notice is 15 s for pods. https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms */
const SPOT_POD_SECONDS = 15;
const SPOT_PROPAGATION_SECONDS = 2;
/** As measured, without a margin: a spot node leaves none to give. */
const SPOT_EXIT_SECONDS = 5;

/** Props of `ShutdownPlan.of`. */
export interface ShutdownPlanProps {
  /**
   * Seconds of the longest answer that is waited for, 0 or more.
   * @default 120, on spot what fits 15 s
   */
  readonly longestAnswerSeconds?: number;
  /**
   * Seconds of `--shutdown-timeout`: 0, or longer than the longest answer.
   * @default 0
   */
  readonly shutdownTimeoutSeconds?: number;
  /**
   * Seconds that Kubernetes gives the pod, at least those that the drain takes.
   * @default - propagation, drain, shutdown timeout and exit
   */
  readonly terminationGracePeriodSeconds?: number;
  /**
   * Whether the server runs on a spot node, which gives its pods 15 seconds.
   * @default false
   */
  readonly spot?: boolean;
}

/**
 * How a server leaves without breaking an answer. The pod's deletion takes it out of the Service; preStop waits until that is known
 * everywhere and then until no request is left; only then vLLM gets SIGTERM, after which it would refuse new requests with 500.
 */
export class ShutdownPlan {
  /**
   * The plan of an end.
   *
   * @throws on a shutdown timeout that would cut answers, a grace period shorter than the drain, a spot node that does not wait
   */
  static of(props: ShutdownPlanProps = {}): ShutdownPlan {
    requireProps('ShutdownPlanProps', props, 'ShutdownPlan');
    return new ShutdownPlan(props);
  }

  /** Seconds that preStop waits until every proxy and load balancer has dropped the endpoint. */
  readonly propagationSeconds: number;
  /** Seconds that preStop waits at most for running requests. */
  readonly drainSeconds: number;
  /** Seconds of `--shutdown-timeout`. */
  readonly shutdownTimeoutSeconds: number;
  /** Seconds between the pod's deletion and its kill. */
  readonly terminationGracePeriodSeconds: number;

  private constructor(props: ShutdownPlanProps) {
    const spot = props.spot ?? false;
    const exit = spot ? SPOT_EXIT_SECONDS : EXIT_SECONDS;
    this.propagationSeconds = spot ? SPOT_PROPAGATION_SECONDS : PROPAGATION_SECONDS;
    const spotRest = SPOT_POD_SECONDS - this.propagationSeconds - exit;
    this.drainSeconds = props.longestAnswerSeconds ?? (spot ? spotRest : DEFAULT_LONGEST_ANSWER_SECONDS);
    this.shutdownTimeoutSeconds = props.shutdownTimeoutSeconds ?? 0;
    const given = {
      longestAnswerSeconds: this.drainSeconds,
      shutdownTimeoutSeconds: this.shutdownTimeoutSeconds,
      terminationGracePeriodSeconds: props.terminationGracePeriodSeconds ?? 0,
    };
    for (const [name, value] of Object.entries(given)) {
      if (!Number.isSafeInteger(value) || value < 0) {
        throw new Refusal(`ShutdownPlan: '${name}' (${value}) must be a whole number of seconds, 0 or more`);
      }
    }
    if (this.shutdownTimeoutSeconds > 0 && this.shutdownTimeoutSeconds <= this.drainSeconds) {
      throw new Refusal(`ShutdownPlan: 'shutdownTimeoutSeconds' (${this.shutdownTimeoutSeconds}) is neither 0 nor longer than the longest answer`
        + ` (${this.drainSeconds} s): the engine would be killed under answers that still run, and their clients get neither data nor an end.`
        + ` Use 0 or at least ${this.drainSeconds + 1}`);
    }
    const needed = this.propagationSeconds + this.drainSeconds + this.shutdownTimeoutSeconds + exit;
    const sum = `${this.propagationSeconds} s propagation + ${this.drainSeconds} s longest answer + ${this.shutdownTimeoutSeconds} s shutdown timeout`
      + ` + ${exit} s exit = ${needed} s`;
    if (spot && needed > SPOT_POD_SECONDS) {
      throw new Refusal(`ShutdownPlan: a spot node gives its pods ${SPOT_POD_SECONDS} s, but ${sum}.`
        + ` Use longestAnswerSeconds of at most ${spotRest} without a shutdownTimeoutSeconds, or take on-demand nodes`);
    }
    this.terminationGracePeriodSeconds = props.terminationGracePeriodSeconds ?? needed;
    if (this.terminationGracePeriodSeconds < needed) {
      throw new Refusal(`ShutdownPlan: 'terminationGracePeriodSeconds' (${this.terminationGracePeriodSeconds}) is shorter than the drain: ${sum}.`
        + ` Leave it out, or use at least ${needed}`);
    }
  }
}
