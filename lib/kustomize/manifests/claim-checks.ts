import { Manifest } from './manifest';
import { PodSpec } from './pod-checks';
import { Refusal } from '../../common/refusal';

const SHARED_MODES = ['ReadOnlyMany', 'ReadWriteMany'];
/** Workloads, and the field that says how many pods they have at once. */
const COUNTED_BY: { readonly [kind: string]: string } = {
  Deployment: 'replicas', Job: 'parallelism', ReplicaSet: 'replicas', StatefulSet: 'replicas',
};

interface WorkloadSpec {
  readonly template?: { readonly spec?: PodSpec };
  readonly [count: string]: unknown;
}

/** Autoscalers, and the field that says how many pods they can ask for. */
const AUTOSCALED_BY: { readonly [kind: string]: string } = { HorizontalPodAutoscaler: 'maxReplicas', ScaledObject: 'maxReplicaCount' };

interface AutoscalerSpec {
  readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
  readonly [most: string]: unknown;
}

/** A claim for one node cannot serve pods on several: all but those on its node would wait for ever. */
export function checkClaims(manifests: readonly Manifest[]): void {
  const exclusive = manifests.filter(manifest => manifest.kind === 'PersistentVolumeClaim' && !isShared(manifest));
  if (exclusive.length === 0) {
    return;
  }
  for (const workload of manifests.filter(({ kind }) => kind in COUNTED_BY)) {
    const pods = mostPods(workload, manifests);
    const { template } = (workload.spec ?? {}) as WorkloadSpec;
    const mounted = template?.spec?.volumes?.map(volume => volume.persistentVolumeClaim?.claimName);
    const claim = exclusive.find(({ metadata }) => metadata.namespace === workload.metadata.namespace && mounted?.includes(metadata.name));
    if (claim && pods > 1) {
      throw new Refusal(`${workload.kind} '${workload.metadata.name}' has up to ${pods} pods, but its claim '${claim.metadata.name}' is`
        + ` ${modesOf(claim).join(', ') || 'without access modes'}: one node at a time. Use ReadOnlyMany, or one pod`);
    }
  }
}

function modesOf({ spec }: Manifest): readonly string[] {
  return (spec as { readonly accessModes?: readonly string[] } | undefined)?.accessModes ?? [];
}

function isShared(claim: Manifest): boolean {
  return modesOf(claim).some(mode => SHARED_MODES.includes(mode));
}

function mostPods({ kind, metadata, spec }: Manifest, manifests: readonly Manifest[]): number {
  const autoscaled = manifests
    .filter(other => other.kind in AUTOSCALED_BY)
    .map(other => ({ most: AUTOSCALED_BY[other.kind], spec: (other.spec ?? {}) as AutoscalerSpec }))
    .filter(({ spec: { scaleTargetRef } }) => scaleTargetRef?.kind === kind && scaleTargetRef.name === metadata.name)
    .map(autoscaler => Number(autoscaler.spec[autoscaler.most] ?? 1));
  return Math.max(Number((spec as WorkloadSpec | undefined)?.[COUNTED_BY[kind]] ?? 1), ...autoscaled);
}
