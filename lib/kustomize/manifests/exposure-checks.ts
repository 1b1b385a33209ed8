import { Manifest } from './manifest';
import { INTERNAL_GATEWAY_CLASSES } from '../../common/gateway-classes';
import { Refusal } from '../../common/refusal';
import { SERVER_KEY_VARIABLE } from '../../common/secret-variables';

/** Kinds of the Gateway API that carry traffic to a backend. */
const ROUTE_KINDS = new Set(['GRPCRoute', 'HTTPRoute', 'TCPRoute', 'TLSRoute', 'UDPRoute']);
const BACKEND_CONFIG = ['cloud.google.com/backend-config', 'beta.cloud.google.com/backend-config'];

interface Backend {
  readonly kind: string;
  readonly name: string;
}

interface IngressBackend {
  readonly service?: { readonly name: string };
}

interface IngressSpec {
  readonly defaultBackend?: IngressBackend;
  readonly rules?: readonly { readonly http?: { readonly paths?: readonly { readonly backend?: IngressBackend }[] } }[];
}

interface RouteSpec {
  readonly parentRefs?: readonly { readonly kind?: string; readonly name: string }[];
  readonly rules?: readonly {
    readonly matches?: readonly { readonly path?: { readonly type?: string; readonly value?: string } }[];
    readonly filters?: readonly object[];
    readonly backendRefs?: readonly { readonly kind?: string; readonly name: string }[];
  }[];
}

interface ServerSpec {
  readonly selector?: { readonly matchLabels?: Labels } | Labels;
  readonly template?: { readonly metadata?: { readonly labels?: Labels }; readonly spec?: { readonly containers?: readonly Container[] } };
}

interface Labels { readonly [name: string]: string }

interface Container {
  readonly env?: readonly { readonly name: string; readonly valueFrom?: { readonly secretKeyRef?: object } }[];
}

interface PolicySpec {
  readonly targetRef?: Backend;
  readonly default?: { readonly iap?: { readonly enabled?: boolean } };
}

/** A Service that is a load balancer of its own knows no callers: neither vLLM nor what talks to it asks who they are. */
export function checkService({ kind, spec }: Manifest): void {
  if (kind !== 'Service' || spec === undefined) {
    return;
  }
  const { type, externalIPs } = spec as { readonly type?: string; readonly externalIPs?: readonly string[] };
  const opened = type === 'LoadBalancer' || type === 'NodePort' ? `spec.type ${type}`
    : externalIPs && externalIPs.length > 0 ? `spec.externalIPs ${externalIPs.join(', ')}` : undefined;
  if (opened) {
    throw new Refusal(`${opened} opens its ports to all who reach the address, internal or not, without authentication. Use ClusterIP with`
      + ' kubectl port-forward, or a Gateway whose backend has Identity-Aware Proxy');
  }
}

/**
 * Every way in from outside leads through Identity-Aware Proxy, which the same cell turns on, or only to where the server asks for its key.
 * A gateway of the network's inside is reached by those whom the network lets in.
 *
 * @see https://cloud.google.com/iap/docs/enabling-kubernetes-howto
 */
export function checkRoutes(manifests: readonly Manifest[]): void {
  for (const route of manifests) {
    const isIngress = route.kind === 'Ingress';
    if ((!isIngress && !ROUTE_KINDS.has(route.kind)) || isInternal(route, manifests)) {
      continue;
    }
    const open = isIngress ? ingressBackends(route).find(backend => !hasBackendConfig(backend, manifests))
      : routeBackends(route).find(backend => !hasPolicy(backend, manifests) && !asksForKey(route, backend, manifests));
    if (open) {
      const guard = isIngress ? 'a BackendConfig with spec.iap.enabled: true, named by the Service\'s annotation cloud.google.com/backend-config'
        : `a GCPBackendPolicy for ${open.kind} '${open.name}' with spec.default.iap.enabled: true, or route only /v1`
          + ' to a server with apiKeySecretName, as InferenceGateway does';
      throw new Refusal(`${route.kind} '${route.metadata.name}' opens ${open.kind} '${open.name}' to all who reach the address, without`
        + ` authentication. Add ${guard}, or leave the ${route.kind} out and use kubectl port-forward`);
    }
  }
}

function ingressBackends({ spec }: Manifest): Backend[] {
  const { defaultBackend, rules } = (spec ?? {}) as IngressSpec;
  return [defaultBackend, ...(rules ?? []).flatMap(rule => rule.http?.paths ?? []).map(path => path.backend)]
    .flatMap(backend => backend?.service ? [{ kind: 'Service', name: backend.service.name }] : []);
}

function routeBackends({ spec }: Manifest): Backend[] {
  const { rules } = (spec ?? {}) as RouteSpec;
  return (rules ?? []).flatMap(rule => rule.backendRefs ?? []).map(({ kind, name }) => ({ kind: kind ?? 'Service', name }));
}

function hasPolicy(backend: Backend, manifests: readonly Manifest[]): boolean {
  return manifests.some(({ kind, spec }) => {
    const policy = (spec ?? {}) as PolicySpec;
    return kind === 'GCPBackendPolicy' && policy.default?.iap?.enabled === true
      && policy.targetRef?.kind === backend.kind && policy.targetRef.name === backend.name;
  });
}

/** The annotation is `{"default": NAME}` or `{"ports": {PORT: NAME}}`. */
function hasBackendConfig(backend: Backend, manifests: readonly Manifest[]): boolean {
  const service = manifests.find(({ kind, metadata }) => kind === 'Service' && metadata.name === backend.name);
  const annotation = BACKEND_CONFIG.map(name => service?.metadata.annotations?.[name]).find(value => value !== undefined);
  return manifests.some(({ kind, metadata, spec }) => {
    const { iap } = (spec ?? {}) as { readonly iap?: { readonly enabled?: boolean } };
    return kind === 'BackendConfig' && iap?.enabled === true && annotation?.includes(`"${metadata.name}"`) === true;
  });
}

/** Whether all its gateways are of this cell, and have an address of the network only. */
function isInternal({ spec }: Manifest, manifests: readonly Manifest[]): boolean {
  const parents = ((spec ?? {}) as RouteSpec).parentRefs ?? [];
  return parents.length > 0 && parents.every(({ kind = 'Gateway', name }) => kind === 'Gateway' && manifests.some((gateway) => {
    const { gatewayClassName } = (gateway.spec ?? {}) as { readonly gatewayClassName?: string };
    return gateway.kind === 'Gateway' && gateway.metadata.name === name && INTERNAL_GATEWAY_CLASSES.includes(gatewayClassName ?? '');
  }));
}

/** Whether vLLM asks for a key wherever the route leads: below /v1. https://docs.vllm.ai/en/latest/usage/security/ */
function asksForKey(route: Manifest, backend: Backend, manifests: readonly Manifest[]): boolean {
  const rules = (((route.spec ?? {}) as RouteSpec).rules ?? []).filter(rule => rule.backendRefs?.some(({ name }) => name === backend.name));
  const target = manifests.find(({ kind, metadata }) => kind === backend.kind && metadata.name === backend.name);
  const { selector } = (target?.spec ?? {}) as ServerSpec;
  const labels = (backend.kind === 'Service' ? selector : selector?.matchLabels) as Labels | undefined;
  const servers = manifests.filter(({ kind, spec }) => kind === 'Deployment' && labels !== undefined && isSelected(spec as ServerSpec, labels));
  return rules.every(isBelowV1) && servers.length > 0
    && servers.every(({ spec }) => (spec as ServerSpec).template?.spec?.containers
      ?.some(({ env }) => env?.some(({ name, valueFrom }) => name === SERVER_KEY_VARIABLE && valueFrom?.secretKeyRef)));
}

/** A filter may write another path, and an expression may mean others as well. */
function isBelowV1({ matches = [], filters }: NonNullable<RouteSpec['rules']>[number]): boolean {
  return filters === undefined && matches.length > 0 && matches.every(({ path }) =>
    path?.type !== 'RegularExpression' && /^\/v1(?:\/|$)/.test(path?.value ?? '/'));
}

function isSelected({ template }: ServerSpec, labels: Labels): boolean {
  return Object.entries(labels).every(([name, value]) => template?.metadata?.labels?.[name] === value);
}
