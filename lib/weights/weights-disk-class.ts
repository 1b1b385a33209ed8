import { Construct } from 'constructs';
import { CSI_DRIVERS } from '../common/csi-drivers';
import { requirePropsOf } from '../common/props';
import { k8s } from '../pods/k8s';
import { DiskClass } from './weights-binding';

/** Reads ahead of the loader, as Google's samples do for weights on disks; in KiB. */
const READ_AHEAD_KIB = 4096;

/** The StorageClass of disks that hold weights. One a cluster. */
export class WeightsDiskClass extends Construct {
  constructor(scope: Construct, id: string, props: DiskClass) {
    super(scope, id);
    requirePropsOf(this, 'DiskClass', props);
    new k8s.KubeStorageClass(this, 'Resource', {
      metadata: { name: props.name },
      provisioner: CSI_DRIVERS.disk,
      parameters: { ...props.parameters },
      reclaimPolicy: 'Delete',
      allowVolumeExpansion: false,
      mountOptions: [`read_ahead_kb=${READ_AHEAD_KIB}`],
      volumeBindingMode: props.zones.length > 0 ? 'Immediate' : 'WaitForFirstConsumer',
      allowedTopologies: props.zones.length > 0
        ? [{ matchLabelExpressions: [{ key: 'topology.gke.io/zone', values: [...props.zones] }] }]
        : undefined,
    });
  }
}
