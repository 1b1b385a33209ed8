import { VllmRelease } from '../catalog';
import { Refusal } from '../common/refusal';
import { GPU_UTILIZATION, METRICS } from './signals';
import { VllmServer } from './vllm-server';

/** Google Cloud's names hold `/`, which the metrics adapter writes as `|`. */
const PROMETHEUS = 'prometheus.googleapis.com';

export interface VllmMetricProps {
  /** The metric as vLLM names it, when it is one of vLLM's. */
  readonly vllmName?: string;
  /** The metric as the autoscaler asks for it. */
  readonly adapterName: string;
  /** `Pods`: the server's own pods report it. `External`: it is looked up by `selector`. */
  readonly type: 'Pods' | 'External';
  /**
   * Label selector of an external metric.
   * @default - none
   */
  readonly selector?: (server: VllmServer) => { [label: string]: string };
  /**
   * Every GPU of a server reports it, and the metrics adapter adds them up; targets are for one GPU.
   * @default false
   */
  readonly perGpu?: boolean;
  /** The largest average that a server can reach. */
  readonly largest: (server: VllmServer) => number;
  readonly defaultTarget: number;
}

/** Something that a server is scaled by. */
export class VllmMetric implements VllmMetricProps {
  /** Queue: throughput and cost. Empties when a server is added, so it is calm only with a slow scale-down. */
  static readonly REQUESTS_WAITING = VllmMetric.gauge(METRICS.requestsWaiting, () => Infinity, 10);
  /** Batch: latency. */
  static readonly REQUESTS_RUNNING = VllmMetric.gauge(METRICS.requestsRunning, server => server.plan.memory.maxNumSeqs, 10);
  /** A fraction, 0 to 1. */
  static readonly KV_CACHE_USAGE = VllmMetric.gauge(METRICS.kvCacheUsage, () => 1, 0.8);
  /** Percent, by DCGM; needs the cluster's monitoring of it, see dist/kustomize/cluster. Autoscalers know lower case names only. */
  static readonly GPU_UTILIZATION = new VllmMetric({
    adapterName: `${PROMETHEUS}|${GPU_UTILIZATION.scraped}|unknown`,
    type: 'Pods',
    perGpu: true,
    largest: () => 100,
    defaultTarget: 80,
  });

  /** Percent, by GKE itself, once a minute. */
  static readonly GPU_DUTY_CYCLE = new VllmMetric({
    adapterName: 'kubernetes.io|container|accelerator|duty_cycle',
    type: 'Pods',
    perGpu: true,
    largest: () => 100,
    defaultTarget: 80,
  });

  static of(props: VllmMetricProps): VllmMetric {
    return new VllmMetric(props);
  }

  /** A gauge that vLLM exports, through Managed Service for Prometheus. */
  static gauge(vllmName: string, largest: (server: VllmServer) => number, defaultTarget: number): VllmMetric {
    return new VllmMetric({ vllmName, adapterName: `${PROMETHEUS}|${vllmName}|gauge`, type: 'Pods', largest, defaultTarget });
  }

  readonly vllmName?: string;
  readonly adapterName: string;
  readonly type: 'Pods' | 'External';
  readonly selector?: (server: VllmServer) => { [label: string]: string };
  readonly perGpu: boolean;
  readonly largest: (server: VllmServer) => number;
  readonly defaultTarget: number;

  private constructor(props: VllmMetricProps) {
    this.vllmName = props.vllmName;
    this.adapterName = props.adapterName;
    this.type = props.type;
    this.selector = props.selector;
    this.perGpu = props.perGpu ?? false;
    this.largest = props.largest;
    this.defaultTarget = props.defaultTarget;
  }

  /** @throws when the release does not export it, or not as a gauge, the only kind that the adapter takes */
  check(release: VllmRelease): void {
    if (this.vllmName && release.metric(this.vllmName).type !== 'gauge') {
      throw new Refusal(`metric '${this.vllmName}' is a ${release.metric(this.vllmName).type}; an autoscaler can only follow a gauge`);
    }
  }
}
