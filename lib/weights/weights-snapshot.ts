import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { WeightsHydration } from './weights-hydration';
import { SNAPSHOT_API, SNAPSHOT_CLASS } from './weights-snapshot-class';

export interface WeightsSnapshotProps {
  /** What fills the disk; the snapshot is for afterwards. */
  readonly hydration: WeightsHydration;
}

/** The snapshot of a disk with weights that the server's disks are made from. To be applied when the hydration is complete. */
export class WeightsSnapshot extends Construct {
  readonly name: string;
  readonly labels: { readonly [label: string]: string };

  constructor(scope: Construct, id: string, props: WeightsSnapshotProps) {
    super(scope, id);
    const { hydration } = props;
    const namespace = Chart.of(this).namespace ?? 'default';
    if (namespace !== hydration.identity.namespace) {
      throw new Error(`WeightsSnapshot '${id}' is in namespace ${namespace}, its disk in ${hydration.identity.namespace}; make both in one namespace`);
    }
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
