import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { requireNamespace } from '../../pods';
import { WeightsHydration } from './weights-hydration';
import { SNAPSHOT_API, SNAPSHOT_CLASS } from '../../weights/weights-snapshot-class';
import { refusing } from '../../common/refusal';
import { requirePropsOf } from '../../common/props';

/** Props of `WeightsSnapshot`. */
export interface WeightsSnapshotProps {
  /** Hydration that fills the disk; the snapshot is for afterwards. */
  readonly hydration: WeightsHydration;
}

/** The snapshot of a disk with weights that the server's disks are made from. To be applied when the hydration is complete. */
export class WeightsSnapshot extends Construct {
  /** Name of the snapshot. */
  readonly name: string;
  /** Labels of the snapshot. */
  readonly labels: { readonly [label: string]: string };

  constructor(scope: Construct, id: string, props: WeightsSnapshotProps) {
    super(scope, id);
    requirePropsOf(this, 'WeightsSnapshotProps', props);
    const { hydration } = props;
    refusing(this, () => requireNamespace(this, hydration.identity.namespace));
    this.name = hydration.snapshotName;
    this.labels = hydration.labels;
    new ApiObject(this, 'Resource', {
      apiVersion: SNAPSHOT_API,
      kind: 'VolumeSnapshot',
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: { volumeSnapshotClassName: SNAPSHOT_CLASS, source: { persistentVolumeClaimName: hydration.claimName } },
    });
  }
}
