import { ApiObject } from 'cdk8s';
import { objectJson } from './object-json';
import { toYaml } from './yaml-writer';

/** A Kubernetes object as it goes into a file. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly [key: string]: unknown;
}

/** Kinds without a namespace; cdk8s gives every object of a chart the chart's namespace. */
const CLUSTER_SCOPED = new Set([
  'APIService', 'CSIDriver', 'ClusterNodeMonitoring', 'ClusterPodMonitoring', 'ClusterRole', 'ClusterRoleBinding', 'ClusterRules',
  'ComputeClass', 'CustomResourceDefinition', 'DeviceClass', 'FlowSchema', 'GatewayClass', 'GlobalRules', 'IngressClass',
  'MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding', 'MutatingWebhookConfiguration', 'Namespace', 'Node',
  'PersistentVolume', 'PriorityClass', 'PriorityLevelConfiguration', 'RuntimeClass', 'StorageClass', 'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding', 'ValidatingWebhookConfiguration', 'VolumeAttributesClass', 'VolumeSnapshotClass',
  'VolumeSnapshotContent',
]);

export function isClusterScoped(kind: string): boolean {
  return CLUSTER_SCOPED.has(kind);
}

/** The object that cdk8s renders, without the namespace that a cluster-wide kind cannot have. */
export function manifestOf(object: ApiObject): Manifest {
  const manifest = objectJson(object) as Manifest;
  if (isClusterScoped(manifest.kind)) {
    delete manifest.metadata.namespace;
  }
  return manifest;
}

/** The manifest with annotations of its unit; its own stay. */
export function annotated(manifest: Manifest, annotations: Readonly<Record<string, string>>): Manifest {
  return Object.keys(annotations).length === 0 ? manifest
    : { ...manifest, metadata: { ...manifest.metadata, annotations: { ...annotations, ...manifest.metadata.annotations } } };
}

/** One object a file; RBAC names may hold a colon, which file systems and git on other machines do not take. */
export function fileNameOf(manifest: Manifest): string {
  return `${manifest.kind}-${manifest.metadata.name}.yaml`.toLowerCase().replace(/[^a-z0-9.-]/g, '-');
}

/** A folder that `kubectl apply -k` takes: its resources, and what else it says. */
export function kustomizationOf(resources: readonly string[] | undefined, more: { readonly [field: string]: unknown } = {}): string {
  return toYaml({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...(resources ? { resources } : {}), ...more });
}
