/**
 * What is watched of servers, once: what is scraped, the alerts in the cluster and in Cloud Monitoring, and both dashboards follow from it.
 * Plain text and functions, without a framework, so that both layers can read it.
 */

/** What is scraped from every server, as vLLM names it. Autoscalers and `SIGNALS` read these; every other series would only cost. */
export const METRICS = {
  requestsRunning: 'vllm:num_requests_running',
  requestsWaiting: 'vllm:num_requests_waiting',
  kvCacheUsage: 'vllm:kv_cache_usage_perc',
  preemptions: 'vllm:num_preemptions_total',
  prefixCacheQueries: 'vllm:prefix_cache_queries_total',
  prefixCacheHits: 'vllm:prefix_cache_hits_total',
  promptTokens: 'vllm:prompt_tokens_total',
  generationTokens: 'vllm:generation_tokens_total',
  answers: 'vllm:request_success_total',
  timeToFirstToken: 'vllm:time_to_first_token_seconds',
  interTokenLatency: 'vllm:inter_token_latency_seconds',
  answerTime: 'vllm:e2e_request_latency_seconds',
  queueTime: 'vllm:request_queue_time_seconds',
  // No signal reads the rest: they say what the requests of an installation are like, which the next plan needs.
  requestPromptTokens: 'vllm:request_prompt_tokens',
  requestGenerationTokens: 'vllm:request_generation_tokens',
  cacheConfig: 'vllm:cache_config_info',
} as const;

/** The GPUs' utilisation in percent as DCGM exports it, and as it is scraped: autoscalers know lower case names only. */
export const GPU_UTILIZATION = { exported: 'DCGM_FI_DEV_GPU_UTIL', scraped: 'dcgm_fi_dev_gpu_util' };

/** Whose series an expression reads, and by which labels it tells them apart. */
export class Scope {
  /** All servers, by the name of their model. */
  static readonly ALL = new Scope([], ['model_name']);

  /** The servers that somebody chooses on Grafana's dashboard by its variables `job` and `model_name`, each by its name. */
  static readonly CHOSEN = new Scope(
    ['job=~"$job"', 'model_name=~"$model_name"'], ['job'], `${GPU_UTILIZATION.scraped} or ${GPU_UTILIZATION.exported}`);

  /**
   * What one `VllmServer` reports, all its replicas as one. Its name is the job's, as what scrapes it has that name; the name of the model
   * would also find a sibling that serves the same.
   *
   * @param namespace - of the server, where a rule reads the series of all namespaces
   */
  static of(serverName: string, namespace?: string): Scope {
    return new Scope([`job="${serverName}"`, ...namespace === undefined ? [] : [`namespace="${namespace}"`]], []);
  }

  /** @param gpuUtilization - series of GPUs: only our own scrape of the exporter renames them */
  private constructor(
    private readonly matchers: readonly string[], readonly by: readonly string[], readonly gpuUtilization: string = GPU_UTILIZATION.scraped,
  ) {}

  series(name: string, ...matchers: string[]): string {
    const all = [...this.matchers, ...matchers];
    return all.length > 0 ? `${name}{${all.join(',')}}` : name;
  }

  /** The same a second, over five minutes: long enough for twenty samples. */
  rate(name: string, ...matchers: string[]): string {
    return `rate(${this.series(name, ...matchers)}[5m])`;
  }
}

export interface Alarm {
  /** The value is alarming above it. @default - as soon as there is a value */
  readonly above?: number;
  /** Seconds that it has to last. */
  readonly seconds: number;
  /** Whether a server's planned start is added to the seconds: what scaling ends by itself is no alarm. @default false */
  readonly afterStart?: boolean;
  readonly severity: 'critical' | 'warning';
  /** Name of the alert in the cluster, which is about one server. */
  readonly rule: string;
  readonly summary: (above: number) => string;
  /** The alert of Cloud Monitoring, which is about all servers and is seen also when a cluster ends. @default - there is none */
  readonly policy?: {
    readonly name: string;
    /** @default - that of the rule */
    readonly seconds?: number;
    /** @default - that of the rule */
    readonly severity?: Alarm['severity'];
    /** What a person can do. */
    readonly advice: string;
  };
}

export type Expression = (scope: Scope) => string;

/** What the values of a chart are, as Cloud Monitoring (UCUM) and Grafana write it. */
export interface Unit {
  /** @see https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.metricDescriptors#MetricDescriptor */
  readonly cloud: string;
  /** @see https://github.com/grafana/grafana/blob/v12.0.0/packages/grafana-data/src/valueFormats/categories.ts */
  readonly grafana: string;
}

const UNITS = {
  requests: { cloud: '{requests}', grafana: 'short' },
  share: { cloud: '10^2.%', grafana: 'percentunit' },
  percent: { cloud: '%', grafana: 'percent' },
  seconds: { cloud: 's', grafana: 's' },
  tokensASecond: { cloud: '{tokens}/s', grafana: 'suffix: tokens/s' },
  aSecond: { cloud: '1/s', grafana: 'cps' },
} satisfies { readonly [name: string]: Unit };

/** One line of a chart, for each server or model. */
export interface Line {
  /** Name beside that of the server or model. @default - that alone */
  readonly name?: string;
  readonly value: Expression;
}

export interface Chart {
  readonly title: string;
  readonly unit: Unit;
  /** @default - the value */
  readonly lines?: readonly Line[];
}

export interface Signal {
  /** Metrics of vLLM that its expressions read. */
  readonly metrics: readonly string[];
  readonly value: Expression;
  /** Its chart on the dashboard. @default - there is none */
  readonly chart?: Chart;
  /** When it is alarming. @default - never */
  readonly alarm?: Alarm;
}

const FULL_SHARE = 0.95;
const BROKEN_SHARE = 0.05;
/** Scaling can end a queue; Cloud Monitoring knows no server's start and waits for what most need, and a little more. */
const QUEUE_SECONDS_IN_CLOUD = 900;
/** How a request ended that nobody got an answer to. */
const BROKEN = 'finished_reason=~"abort|error"';

export const SIGNALS = {
  servers: {
    metrics: [METRICS.requestsRunning],
    value: scope => `absent(${scope.series(METRICS.requestsRunning)})`,
    alarm: { seconds: 300, afterStart: true, severity: 'critical', rule: 'VllmNoServer', summary: () => 'no server reports metrics' },
  },
  requestsRunning: gauge('Requests running', UNITS.requests, METRICS.requestsRunning, sum),
  requestsWaiting: {
    ...gauge('Requests waiting', UNITS.requests, METRICS.requestsWaiting, sum),
    // A queue that outlives the start of one more server is one that scaling does not empty.
    alarm: {
      above: 0, seconds: 300, afterStart: true, severity: 'warning', rule: 'VllmQueue',
      summary: () => 'requests wait although there was time to scale',
      policy: {
        name: 'requests wait', seconds: QUEUE_SECONDS_IN_CLOUD,
        advice: `Requests have waited for ${QUEUE_SECONDS_IN_CLOUD / 60} minutes although there was time to scale: raise maxReplicas, or see why nodes`
          + ' are not added.',
      },
    },
  },
  kvCacheUsage: {
    ...gauge('KV cache in use, fullest server', UNITS.share, METRICS.kvCacheUsage, max),
    alarm: {
      above: FULL_SHARE, seconds: 600, severity: 'warning', rule: 'VllmKvCacheFull',
      summary: () => 'the KV cache is full: requests are preempted or wait',
      policy: {
        name: 'KV cache full',
        advice: 'The KV cache is full: requests are preempted or wait. Lower maxNumSeqs or maxModelLen, or add servers.',
      },
    },
  },
  generationTokens: flow('Tokens generated a second', UNITS.tokensASecond, METRICS.generationTokens),
  promptTokens: flow('Tokens read a second', UNITS.tokensASecond, METRICS.promptTokens),
  prefixCacheHits: {
    metrics: [METRICS.prefixCacheHits, METRICS.prefixCacheQueries],
    value: scope => `${sum(scope.rate(METRICS.prefixCacheHits), scope.by)} / ${sum(scope.rate(METRICS.prefixCacheQueries), scope.by)}`,
    chart: { title: 'Share of the prompt found in the prefix cache', unit: UNITS.share },
  },
  preemptions: {
    ...flow('Preemptions a second', UNITS.aSecond, METRICS.preemptions),
    alarm: {
      above: 0, seconds: 600, severity: 'warning', rule: 'VllmPreemptions',
      summary: () => 'requests are preempted and computed twice: lower max-num-seqs or max-model-len',
    },
  },
  answers: {
    metrics: [METRICS.answers],
    value: scope => sum(scope.rate(METRICS.answers), [...scope.by, 'finished_reason']),
    chart: { title: 'Answers a second by how they ended', unit: UNITS.aSecond },
  },
  timeToFirstToken: {
    ...latency('Time to first token', METRICS.timeToFirstToken),
    alarm: {
      above: 5, seconds: 600, severity: 'warning', rule: 'VllmSlowFirstToken',
      summary: above => `one request in twenty waits more than ${above} s for its first token`,
    },
  },
  interTokenLatency: latency('Time between tokens', METRICS.interTokenLatency),
  answerTime: latency('Time of a whole answer', METRICS.answerTime),
  queueTime: latency('Time in the queue', METRICS.queueTime),
  brokenAnswers: {
    metrics: [METRICS.answers],
    value: scope => `${sum(scope.rate(METRICS.answers, BROKEN), scope.by)} / ${sum(scope.rate(METRICS.answers), scope.by)}`,
    chart: { title: 'Share of answers that end as abort or error', unit: UNITS.share },
    alarm: {
      above: BROKEN_SHARE, seconds: 300, severity: 'warning', rule: 'VllmBrokenAnswers',
      summary: above => `more than ${above * 100} % of answers end as abort or error`,
      policy: {
        // Of all servers of a model: people get no answers, whichever server they reach.
        name: 'broken answers', severity: 'critical',
        advice: `More than ${BROKEN_SHARE * 100} % of the answers end as abort or error: read the log of the servers.`,
      },
    },
  },
  gpuUtilization: {
    metrics: [],
    // DCGM names the GPU's model so, and knows nothing of the one that is served.
    value: scope => `avg by (modelName) (${scope.gpuUtilization})`,
    chart: { title: 'GPU utilisation', unit: UNITS.percent },
  },
} satisfies { readonly [name: string]: Signal };

/** The signals in the order of the dashboard. */
export function signals(): Signal[] {
  return Object.values(SIGNALS);
}

/** What is drawn of the signals, in the order of the dashboards. */
export function charts(): (Required<Chart> & Pick<Signal, 'metrics'> & { readonly threshold?: number })[] {
  return signals().flatMap(({ metrics, value, chart, alarm }) => chart === undefined ? [] : [{
    metrics, lines: [{ value }], ...chart,
    // Above nothing is alarming: a line along the bottom would say no more.
    threshold: alarm?.above || undefined,
  }]);
}

/** The value, with what it is compared to. */
export function alarmExpression({ value, alarm }: Signal, scope: Scope, above = alarm?.above): string {
  return above === undefined ? value(scope) : `${value(scope)} > ${above}`;
}

function sum(expression: string, by: readonly string[]): string {
  return by.length > 0 ? `sum by (${by.join(', ')}) (${expression})` : `sum(${expression})`;
}

function max(expression: string, by: readonly string[]): string {
  return sum(expression, by).replace(/^sum/, 'max');
}

function gauge(title: string, unit: Unit, metric: string, aggregated: typeof sum): Signal {
  return { metrics: [metric], value: scope => aggregated(scope.series(metric), scope.by), chart: { title, unit } };
}

function flow(title: string, unit: Unit, metric: string): Signal {
  return { metrics: [metric], value: scope => sum(scope.rate(metric), scope.by), chart: { title, unit } };
}

/** One request in twenty takes longer than the value. */
function latency(title: string, metric: string): Signal {
  const quantile = (share: number): Expression => scope => `histogram_quantile(${share}, ${sum(scope.rate(`${metric}_bucket`), ['le', ...scope.by])})`;
  const lines = [0.5, 0.95, 0.99].map(share => ({ name: `p${share * 100}`, value: quantile(share) }));
  return { metrics: [metric], value: quantile(0.95), chart: { title, unit: UNITS.seconds, lines } };
}
