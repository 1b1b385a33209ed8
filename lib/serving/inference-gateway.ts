import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Cidr } from '../common/cidr';
import { GATEWAY_CLASSES } from '../common/gateway-classes';
import { requireWorkloadName } from '../common/names';
import { requirePropsOf } from '../common/props';
import { named, Refusal } from '../common/refusal';
import { shortened } from '../common/short-name';
import { wholeNumber } from '../common/whole-number';
import { requireNamespace, tcp } from '../pods';
import { k8s } from '../pods/k8s';
import { LONGEST_SERVER_NAME } from './server-name';
import { InferenceGatewayProps } from './inference-gateway-props';
import { SERVER_PORT } from './server-arguments';

/**
 * Where health checks come from, and all requests of a global gateway.
 * https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges
 */
const GOOGLE_PROXIES = ['35.191.0.0/16', '130.211.0.0/22'];

/** https://cloud.google.com/load-balancing/docs/backend-service#timeout-setting; the longest drain is an hour as well. */
const AN_HOUR = 3600;
const DEFAULT_TIMEOUT_SECONDS = 300;
const PICKER_PORT = 9002;
const GATEWAY_GROUP = 'gateway.networking.k8s.io';
const POOL_GROUP = 'inference.networking.k8s.io';

/**
 * A way in from outside of the cluster: Gateway, HTTPRoute, health check, time-outs and the server's network policy for the load
 * balancer. Only `/v1` is routed: vLLM asks for a key nowhere else, and `/metrics` is nobody's business outside.
 *
 * @throws when everybody could reach the server without saying who they are, or without encryption; on ranges and names that are none
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/deploying-gateways
 */
export class InferenceGateway extends Construct {
  /** Name of every object. */
  readonly name: string;

  constructor(scope: Construct, id: string, private readonly props: InferenceGatewayProps) {
    super(scope, id);
    requirePropsOf(this, 'InferenceGatewayProps', props);
    try {
      requireNamespace(this, props.server.namespace);
      this.name = requireWorkloadName(props.name ?? shortened(props.server.name, '-gateway', LONGEST_SERVER_NAME), LONGEST_SERVER_NAME);
      this.requireGuard();
      const ranges = this.ranges();
      this.makeGateway();
      const backend = this.makeBackend();
      this.makeRoute(backend);
      this.makePolicies(backend);
      new k8s.KubeNetworkPolicy(this, 'NetworkPolicy', {
        metadata: this.metadata,
        spec: {
          podSelector: { matchLabels: props.server.selectorLabels },
          policyTypes: ['Ingress'],
          ingress: [{ from: ranges.map(cidr => ({ ipBlock: { cidr } })), ports: [tcp(SERVER_PORT)] }],
        },
      });
    } catch (error) {
      throw named(this, error);
    }
  }

  private get exposure(): keyof typeof GATEWAY_CLASSES {
    const { exposure = 'internal' } = this.props;
    if (!Object.hasOwn(GATEWAY_CLASSES, exposure)) {
      throw new Refusal(`'exposure' (${exposure}) is none of ${Object.keys(GATEWAY_CLASSES).join(', ')}`);
    }
    return exposure;
  }

  private get metadata(): { name: string; labels: { [name: string]: string } } {
    return { name: this.name, labels: { ...this.props.server.labels } };
  }

  private requireGuard(): void {
    const { exposure } = this;
    if (exposure === 'internal') {
      return;
    }
    const { server, identityAwareProxy, certificateName } = this.props;
    if (!identityAwareProxy && server.apiKeySecretName === undefined) {
      throw new Refusal(`'exposure' (${exposure}) lets everybody call the server without saying who they are; set apiKeySecretName of the`
        + ' server, or identityAwareProxy, or take internal');
    }
    if (certificateName === undefined) {
      throw new Refusal(`'exposure' (${exposure}) sends keys and questions over the internet in clear; set certificateName`);
    }
  }

  /** Whom the server has to let in: health checks, and the proxies that requests come from. */
  private ranges(): string[] {
    const { exposure, props: { proxyCidr } } = this;
    if (exposure === 'global') {
      if (proxyCidr !== undefined) {
        throw new Refusal(`'proxyCidr' (${proxyCidr}) is of a region's proxies, and 'exposure' is global; leave it out`);
      }
      return GOOGLE_PROXIES;
    }
    if (proxyCidr === undefined) {
      throw new Refusal(`'proxyCidr' (${proxyCidr}) must be the range of the region's proxy-only subnet, /9 to /26, for example 10.9.0.0/23: the`
        + ` requests of a gateway that is ${exposure} come from there`);
    }
    return [...GOOGLE_PROXIES, Cidr.of('proxyCidr', proxyCidr).within(9, 26).text];
  }

  private makeGateway(): void {
    const { addressName, certificateName, hosts } = this.props;
    hosts?.forEach((host) => {
      if (!/^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(host)) {
        throw new Refusal(`'hosts' (${host}) is no name of a host; for example llm.example.com`);
      }
    });
    const listener = certificateName === undefined
      ? { name: 'http', protocol: 'HTTP', port: 80 }
      : {
          name: 'https', protocol: 'HTTPS', port: 443,
          tls: { mode: 'Terminate', options: { 'networking.gke.io/pre-shared-certs': certificateName } },
        };
    new ApiObject(this, 'Resource', {
      apiVersion: `${GATEWAY_GROUP}/v1`, kind: 'Gateway', metadata: this.metadata,
      spec: {
        gatewayClassName: GATEWAY_CLASSES[this.exposure],
        listeners: [{ ...listener, allowedRoutes: { namespaces: { from: 'Same' } } }],
        ...(addressName === undefined ? {} : { addresses: [{ type: 'NamedAddress', value: addressName }] }),
      },
    });
  }

  /** The Service, or the pool that the picker chooses from. */
  private makeBackend(): { group: string; kind: string; name: string } {
    const { server, endpointPicker } = this.props;
    if (endpointPicker === undefined) {
      return { group: '', kind: 'Service', name: server.name };
    }
    if (this.exposure === 'global') {
      throw new Refusal('\'exposure\' (global) takes no endpoint picker; take internal or regional, or leave endpointPicker out');
    }
    const port = wholeNumber('endpointPicker.port', endpointPicker.port ?? PICKER_PORT, 1, 65535);
    new ApiObject(this, 'Pool', {
      apiVersion: `${POOL_GROUP}/v1`, kind: 'InferencePool', metadata: this.metadata,
      spec: {
        selector: { matchLabels: server.selectorLabels },
        targetPorts: [{ number: SERVER_PORT }],
        // Without the picker requests go to any pod, as they would without a pool.
        endpointPickerRef: { name: requireWorkloadName(endpointPicker.serviceName, 63), port: { number: port }, failureMode: 'FailOpen' },
      },
    });
    return { group: POOL_GROUP, kind: 'InferencePool', name: this.name };
  }

  private makeRoute(backend: { group: string; kind: string; name: string }): void {
    const { hosts } = this.props;
    new ApiObject(this, 'Route', {
      apiVersion: `${GATEWAY_GROUP}/v1`, kind: 'HTTPRoute', metadata: this.metadata,
      spec: {
        // What the API server would add to a list is written: otherwise every apply would replace the list, and call the route changed.
        parentRefs: [{ group: GATEWAY_GROUP, kind: 'Gateway', name: this.name }],
        ...(hosts === undefined ? {} : { hostnames: [...hosts] }),
        rules: [{
          matches: [{ path: { type: 'PathPrefix', value: '/v1' } }],
          backendRefs: [{ ...backend, ...(backend.kind === 'Service' ? { port: SERVER_PORT } : {}), weight: 1 }],
        }],
      },
    });
  }

  private makePolicies(targetRef: { group: string; kind: string; name: string }): void {
    const { server: { plan: { shutdown } }, identityAwareProxy } = this.props;
    const timeoutSec = wholeNumber('timeoutSeconds',
      this.props.timeoutSeconds ?? Math.min(AN_HOUR, Math.max(DEFAULT_TIMEOUT_SECONDS, shutdown.drainSeconds)), 1, AN_HOUR);
    new ApiObject(this, 'HealthCheck', {
      apiVersion: 'networking.gke.io/v1', kind: 'HealthCheckPolicy', metadata: this.metadata,
      spec: {
        default: {
          checkIntervalSec: 5, timeoutSec: 5, healthyThreshold: 1, unhealthyThreshold: 2,
          config: { type: 'HTTP', httpHealthCheck: { portSpecification: 'USE_FIXED_PORT', port: SERVER_PORT, requestPath: '/health' } },
        },
        targetRef,
      },
    });
    new ApiObject(this, 'Policy', {
      apiVersion: 'networking.gke.io/v1', kind: 'GCPBackendPolicy', metadata: this.metadata,
      spec: {
        default: {
          timeoutSec,
          // A server that leaves is given the time that it takes: its answers end whole.
          connectionDraining: { drainingTimeoutSec: Math.min(AN_HOUR, shutdown.terminationGracePeriodSeconds) },
          ...(identityAwareProxy ? { iap: { enabled: true } } : {}),
        },
        targetRef,
      },
    });
  }
}
