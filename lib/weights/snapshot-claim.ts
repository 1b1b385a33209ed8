import { Construct } from 'constructs';
import { Model } from '../catalog';
import { GIB } from '../common/bytes';
import { k8s } from '../pods/k8s';
import { diskNames } from './disk-names';
import { WEIGHTS_VOLUME, WeightsBinding, WeightsBindingProps } from './weights-binding';

/** Files, file system and room for the next revision. */
const DISK_SHARE = 1.2;

/** Bytes of a disk that holds the model. */
export function diskBytes(model: Model, leastBytes: number): number {
  return Math.max(leastBytes, Math.ceil(model.weightsBytes * DISK_SHARE / GIB) * GIB);
}

export function gibibytes(bytes: number): k8s.Quantity {
  return k8s.Quantity.fromString(`${bytes / GIB}Gi`);
}

export interface SnapshotClaimProps {
  readonly storageClassName: string;
  readonly sizeBytes: number;
}

/**
 * Binds weights through a claim that makes a read-only disk from a snapshot: many nodes can attach it, none can change it.
 *
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/hyperdisk-ml
 */
export function bindSnapshotClaim(scope: Construct, binding: WeightsBindingProps, props: SnapshotClaimProps): WeightsBinding {
  const names = diskNames(binding.name, binding.model);
  const claim = new k8s.KubePersistentVolumeClaim(scope, `Claim-${binding.name}`, {
    metadata: { name: names.claim, labels: { ...binding.labels } },
    spec: {
      accessModes: ['ReadOnlyMany'],
      storageClassName: props.storageClassName,
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: names.snapshot },
      resources: { requests: { storage: gibibytes(props.sizeBytes) } },
    },
  });
  return {
    volume: { name: WEIGHTS_VOLUME, persistentVolumeClaim: { claimName: claim.name, readOnly: true } },
    volumes: [],
    podAnnotations: {},
    egress: [],
  };
}
