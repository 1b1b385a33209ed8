import { VllmRelease } from '../catalog';
import { Refusal } from '../common/refusal';
import { GPU_UTILIZATION, METRICS } from './signals';
import { VllmServer } from './vllm-server';
import { requireProps } from '../common/props';

/** Google Cloud's names hold `/`, which the metrics adapter writes as `|`. */
const PROMETHEUS = 'prometheus.googleapis.com';

/** Facts of a `VllmMetric`. */
export interface VllmMetricProps {
  /**
   * Name of the metric in vLLM's `/metrics`, which the release of the server has to export.
   * @default - it is none of vLLM's
   */
  readonly vllmName?: string;
  /** Name of the metric as the autoscaler asks the metrics adapter for it. */
  readonly adapterName: string;
  /** Where the metric is looked up. `Pods`: the server's own pods report it. `External`: it is found by `selector`. */
  readonly type: 'Pods' | 'External';
  /**
   * Label selector of an external metric.
   * @default - none
   */
  readonly selector?: (server: VllmServer) => { readonly [label: string]: string };
  /**
   * Whether every GPU of a server reports it, and the metrics adapter adds them up; targets are for one GPU.
   * @default false
   */
  readonly perGpu?: boolean;
  /** Largest average that a server can reach. */
  readonly largest: (server: VllmServer) => number;
  /** Average for each server that is aimed at unless the autoscaler is told otherwise, above 0. */
  readonly defaultTarget: number;
}

/** The props are the fields, and those with a default always have a value. */
export interface VllmMetric extends VllmMetricProps {
  /** Whether every GPU of a server reports it. */
  readonly perGpu: boolean;
}

/** A figure that a server is scaled by. */
export class VllmMetric {
  /** Requests that wait. For throughput and cost; empties when a server is added, so it is calm only with a slow scale-down. */
  static readonly REQUESTS_WAITING = VllmMetric.gauge(METRICS.requestsWaiting, () => Infinity, 10);
  /** Requests that run. For latency. */
  static readonly REQUESTS_RUNNING = VllmMetric.gauge(METRICS.requestsRunning, server => server.plan.memory.maxNumSeqs, 10);
  /** Share of the KV cache that is in use, from 0 to 1. */
  static readonly KV_CACHE_USAGE = VllmMetric.gauge(METRICS.kvCacheUsage, () => 1, 0.8);
  // Autoscalers know lower case names only.
  /** Percentage of time that a GPU computes, as DCGM measures it, from 0 to 100; needs `GpuMonitoring` in the cluster. */
  static readonly GPU_UTILIZATION = new VllmMetric({
    adapterName: `${PROMETHEUS}|${GPU_UTILIZATION.scraped}|unknown`,
    type: 'Pods',
    perGpu: true,
    largest: () => 100,
    defaultTarget: 80,
  });

  /** Percentage of time that a GPU computes, as GKE itself measures it once a minute, from 0 to 100. */
  static readonly GPU_DUTY_CYCLE = new VllmMetric({
    adapterName: 'kubernetes.io|container|accelerator|duty_cycle',
    type: 'Pods',
    perGpu: true,
    largest: () => 100,
    defaultTarget: 80,
  });

  /** A metric that is not among these. */
  static of(props: VllmMetricProps): VllmMetric {
    requireProps('VllmMetricProps', props, 'VllmMetric.of');
    return new VllmMetric(props);
  }

  /**
   * A gauge that vLLM exports, by way of Managed Service for Prometheus.
   *
   * @param vllmName - name in `/metrics`, for example `vllm:num_requests_waiting`
   * @param largest - the largest average that a server can reach
   * @param defaultTarget - the average for each server that is aimed at unless the autoscaler is told otherwise
   */
  static gauge(vllmName: string, largest: (server: VllmServer) => number, defaultTarget: number): VllmMetric {
    return new VllmMetric({ vllmName, adapterName: `${PROMETHEUS}|${vllmName}|gauge`, type: 'Pods', largest, defaultTarget });
  }

  private constructor(props: VllmMetricProps) {
    Object.assign(this, props, { perGpu: props.perGpu ?? false });
  }

  /**
   * Refuses a release that a server cannot be scaled with by this metric.
   *
   * @throws when the release does not export the metric, or not as a gauge, the only kind that the adapter takes
   */
  check(release: VllmRelease): void {
    if (this.vllmName && release.metric(this.vllmName).type !== 'gauge') {
      throw new Refusal(`metric '${this.vllmName}' is a ${release.metric(this.vllmName).type}; an autoscaler can only follow a gauge`);
    }
  }
}
