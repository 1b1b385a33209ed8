import { VllmMetric } from './vllm-metric';
import { VllmServer } from './vllm-server';

/** One of several figures that a server is scaled by. */
export interface ScalingMetric {
  /** Figure that the server is scaled by. */
  readonly metric: VllmMetric;
  /**
   * Average for each server that is aimed at, in the range of `VllmHpaProps.target`.
   * @default - the metric's; of a server with a goal what its plan says of requests that run or wait
   */
  readonly target?: number;
}

/** Props of `VllmHpa`. */
export interface VllmHpaProps {
  /** The server that is scaled. */
  readonly server: VllmServer;
  /**
   * Number of servers at least, from 1 to `maxReplicas`. Not 0: a server that is not there reports no request that waits for it.
   * @default - as many as one node holds
   */
  readonly minReplicas?: number;
  /**
   * Number of servers at most, up to what the node pools can hold.
   * @default - as many as the node pools can hold
   */
  readonly maxReplicas?: number;
  /**
   * Figure that the server is scaled by.
   * @default - unless there are `metrics`, VllmMetric.REQUESTS_WAITING; of a server with a goal VllmMetric.REQUESTS_RUNNING, unless a queue
   * shows it first
   */
  readonly metric?: VllmMetric;
  /**
   * Average for each server that is aimed at (for each GPU where every GPU reports the metric), from 0.001 to what the metric can reach.
   * @default - the metric's; of a server with a goal what its plan says of requests that run or wait
   */
  readonly target?: number;
  /**
   * Figures that the server is scaled by, besides `metric` if that is given. The one that asks for the most servers wins, and while one of
   * them cannot be read no server is taken away.
   * @default - none
   * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
   */
  readonly metrics?: readonly ScalingMetric[];
  /**
   * Seconds that the load must have been high before servers are added, from 0 to 3,600.
   * @default 0
   * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#stabilization-window
   */
  readonly scaleUpStabilizationSeconds?: number;
  /**
   * Seconds from one step up to the next, from what a server takes to start to 1,800. The start alone is right where nodes are kept free
   * and have the image.
   * @default - the start of a server on a new node that pulls its image, at most 1,800
   */
  readonly scaleUpPeriodSeconds?: number;
  /**
   * Number of servers that one step adds, from 1 to `maxReplicas`.
   * @default - as many as one node holds
   */
  readonly scaleUpServers?: number;
  /**
   * Seconds that the load must have been low before a server is taken away, from what a server takes to start to 3,600.
   * @default - two starts, from 300 to 3,600
   */
  readonly scaleDownStabilizationSeconds?: number;
  /**
   * Seconds from one step down to the next, from 1 to 1,800.
   * @default 300
   */
  readonly scaleDownPeriodSeconds?: number;
  /**
   * Number of servers that one step takes away, from 1 to `maxReplicas`.
   * @default 1
   */
  readonly scaleDownServers?: number;
}
