import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { CSI_DRIVERS } from '../common/csi-drivers';

/** Name of the class that snapshots are made with. */
export const SNAPSHOT_CLASS = 'weights';
export const SNAPSHOT_API = 'snapshot.storage.k8s.io/v1';

/**
 * The class by which snapshots of disks with weights are made, which GKE itself has none of. One a cluster.
 *
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/volume-snapshots
 */
export class WeightsSnapshotClass extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new ApiObject(this, 'Resource', {
      apiVersion: SNAPSHOT_API, kind: 'VolumeSnapshotClass', metadata: { name: SNAPSHOT_CLASS }, driver: CSI_DRIVERS.disk, deletionPolicy: 'Delete',
    });
  }
}
