import { createServer, Server } from 'node:https';
import { ControlPlane } from './control-plane';
import { isReady, Pod } from './kubernetes-api';

const NAMESPACE = 'rig-metrics';
const SERVICE = 'metrics';

interface ApiGroup {
  readonly group: string;
  readonly version: string;
  readonly list: string;
}

// What a metrics adapter on GKE serves, the older version of the first included: the autoscaler takes what it prefers.
const APIS: readonly ApiGroup[] = [
  { group: 'custom.metrics.k8s.io', version: 'v1beta1', list: 'MetricValueList' },
  { group: 'custom.metrics.k8s.io', version: 'v1beta2', list: 'MetricValueList' },
  { group: 'external.metrics.k8s.io', version: 'v1beta1', list: 'ExternalMetricValueList' },
];

/** What each pod reports, for example its share of one queue: `ready => 40 / ready`. */
export type PodValue = (readyPods: number) => number;

/** A question that the autoscaler asked. */
export interface AskedMetric {
  readonly api: 'custom' | 'external';
  readonly namespace: string;
  readonly metric: string;
  readonly selector: string;
}

/**
 * The custom and external metrics of a cluster, with the values that the test sets, registered with the API server in the place
 * of an adapter. A metric without a value is answered with 404, as an adapter does.
 */
export class MetricsApi {
  /** Also takes over the registrations of an adapter that was applied before. */
  static async start(plane: ControlPlane): Promise<MetricsApi> {
    const api = new MetricsApi(plane);
    await new Promise<void>((resolve, reject) => api.server.once('error', reject).listen(0, '127.0.0.1', resolve));
    await api.register((api.server.address() as { port: number }).port);
    return api;
  }

  /** Everything that was asked so far. */
  readonly asked: AskedMetric[] = [];
  private readonly podValues = new Map<string, PodValue>();
  private readonly externalValues = new Map<string, number>();
  private readonly server: Server;

  private constructor(private readonly plane: ControlPlane) {
    this.server = createServer({ cert: plane.certificate, key: plane.certificateKey }, (request, response) => {
      this.answer(new URL(request.url!, 'https://metrics')).then(
        ([status, body]) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
        error => response.writeHead(500).end(`${error}`),
      );
    });
    // the other side keeps connections; one that is closed here while a question is on its way would be an error there
    this.server.keepAliveTimeout = 0;
    this.server.unref();
  }

  /** Every ready pod that is asked for has this value. */
  setPodMetric(metric: string, value: PodValue): void {
    this.podValues.set(metric, value);
  }

  setExternalMetric(metric: string, value: number): void {
    this.externalValues.set(metric, value);
  }

  /** As if nothing exported it. */
  removeMetric(metric: string): void {
    this.podValues.delete(metric);
    this.externalValues.delete(metric);
  }

  /** Takes the registrations away too: an API that nobody serves keeps every deleted namespace from going. */
  async stop(): Promise<void> {
    await Promise.all(APIS.map(api => this.plane.api.delete(registration(api))));
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private async register(port: number): Promise<void> {
    const { api } = this.plane;
    await api.apply(`/api/v1/namespaces/${NAMESPACE}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    // the API server resolves the name itself, and so reaches the test
    await api.apply(`/api/v1/namespaces/${NAMESPACE}/services/${SERVICE}`, {
      apiVersion: 'v1', kind: 'Service', metadata: { name: SERVICE }, spec: { type: 'ExternalName', externalName: 'localhost' },
    });
    for (const { group, version } of APIS) {
      const service = { namespace: NAMESPACE, name: SERVICE, port };
      await api.apply(registration({ group, version }), {
        apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: `${version}.${group}` },
        spec: { group, version, service, insecureSkipTLSVerify: true, groupPriorityMinimum: 100, versionPriority: 100 },
      });
    }
    const names = APIS.map(({ group, version }) => `apiservice/${version}.${group}`);
    await this.plane.kubectl(['wait', '--for=condition=Available', '--timeout=300s', ...names]);
  }

  private async answer(url: URL): Promise<[number, object]> {
    const [group, version, scope, namespace, ...rest] = url.pathname.split('/').slice(2).map(decodeURIComponent);
    const api = APIS.find(candidate => candidate.group === group && candidate.version === version);
    if (!api) {
      return notFound(url.pathname);
    }
    if (scope !== 'namespaces') {
      const resource = { name: '*', singularName: '', namespaced: true, kind: api.list, verbs: ['get'] };
      return [200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources: [resource] }];
    }
    const custom = group === 'custom.metrics.k8s.io';
    const metric = rest[rest.length - 1];
    const selector = url.searchParams.get(custom ? 'metricLabelSelector' : 'labelSelector') ?? '';
    this.asked.push({ api: custom ? 'custom' : 'external', namespace, metric, selector });
    const items = custom
      ? await this.podItems(version, namespace, rest, url.searchParams.get('labelSelector') ?? '')
      : this.externalItems(metric);
    return items ? [200, { kind: api.list, apiVersion: `${group}/${version}`, metadata: {}, items }] : notFound(url.pathname);
  }

  private externalItems(metric: string): object[] | undefined {
    const value = this.externalValues.get(metric);
    return value === undefined ? undefined : [{ metricName: metric, metricLabels: {}, ...measured(value) }];
  }

  /** Of `pods / * / metric`, the only kind of question that an autoscaler for pods asks. */
  private async podItems(version: string, namespace: string, path: string[], selector: string): Promise<object[] | undefined> {
    const [resource, , metric] = path;
    const value = this.podValues.get(metric);
    if (!value || resource !== 'pods') {
      return undefined;
    }
    const pods = await this.plane.api.list<Pod>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`);
    const ready = pods.filter(isReady);
    return ready.map(pod => ({
      describedObject: { kind: 'Pod', namespace, name: pod.metadata.name, apiVersion: 'v1' },
      ...version === 'v1beta1' ? { metricName: metric } : { metric: { name: metric } },
      ...measured(value(ready.length)),
    }));
  }
}

function registration({ group, version }: Pick<ApiGroup, 'group' | 'version'>): string {
  return `/apis/apiregistration.k8s.io/v1/apiservices/${version}.${group}`;
}

function measured(value: number): object {
  return { timestamp: new Date().toISOString(), value: `${Math.round(value * 1000)}m` };
}

function notFound(path: string): [number, object] {
  return [404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404, message: `no value for ${path}` }];
}
