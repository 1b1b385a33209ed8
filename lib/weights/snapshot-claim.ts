import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Model } from '../catalog';
import { GIB } from '../planning/gib';
import { shortRevisionOf, slugOf } from './model-directory';
import { WEIGHTS_VOLUME, WeightsBinding, WeightsBindingProps } from './weights-binding';

/** Files, file system and room for the next revision. */
const DISK_SHARE = 1.2;

/** `us-central1-a`, and not its region. */
export function isZone(name: string): boolean {
  return /^[a-z]+-[a-z]+\d+-[a-z]$/.test(name);
}

/** Bytes of a disk that holds the model. */
export function diskBytes(model: Model, leastBytes: number): number {
  return Math.max(leastBytes, Math.ceil(model.weightsBytes * DISK_SHARE / GIB) * GIB);
}

/** The VolumeSnapshot that the hydration of a model's weights leaves: `weights-hdml-gemma-2-9b-it-11c9b309`. */
export function snapshotNameOf(storageId: string, model: Model): string {
  return `weights-${storageId}-${slugOf(model)}`;
}

export interface SnapshotClaimProps {
  readonly storageId: string;
  readonly storageClassName: string;
  readonly sizeBytes: number;
}

/**
 * Binds weights through a claim that makes a read-only disk from a snapshot: many nodes can attach it, none can change it.
 *
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/hyperdisk-ml
 */
export function bindSnapshotClaim(scope: Construct, binding: WeightsBindingProps, props: SnapshotClaimProps): WeightsBinding {
  const claim = new k8s.KubePersistentVolumeClaim(scope, `Claim-${binding.name}`, {
    // What a claim is made from cannot be changed, so another revision is another claim.
    metadata: { name: `${binding.name}-${shortRevisionOf(binding.model)}`, labels: { ...binding.labels } },
    spec: {
      accessModes: ['ReadOnlyMany'],
      storageClassName: props.storageClassName,
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: snapshotNameOf(props.storageId, binding.model) },
      resources: { requests: { storage: k8s.Quantity.fromString(`${props.sizeBytes / GIB}Gi`) } },
    },
  });
  return {
    volume: { name: WEIGHTS_VOLUME, persistentVolumeClaim: { claimName: claim.name, readOnly: true } },
    volumes: [],
    podAnnotations: {},
    reachesGoogleApis: false,
  };
}
