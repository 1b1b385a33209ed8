import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { CSI_DRIVERS } from '../common/csi-drivers';

/** Snapshots are made with it; one a cluster. */
export const SNAPSHOT_CLASS = 'weights';
export const SNAPSHOT_API = 'snapshot.storage.k8s.io/v1';

/**
 * How snapshots of disks with weights are made. GKE has no such class of its own.
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
