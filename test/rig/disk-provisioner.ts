import { ControlPlane } from './control-plane';
import { KubernetesObject, Node } from './kubernetes-api';

const ZONE = 'topology.gke.io/zone';
const ROUND_MILLISECONDS = 100;

interface StorageClass extends KubernetesObject {
  readonly provisioner: string;
  readonly reclaimPolicy: string;
  readonly parameters?: Record<string, string>;
  readonly volumeBindingMode: string;
  readonly allowedTopologies?: { matchLabelExpressions: { key: string; values: string[] }[] }[];
}

interface Claim extends KubernetesObject {
  readonly spec: {
    readonly storageClassName?: string;
    readonly accessModes: string[];
    readonly volumeName?: string;
    readonly volumeMode: string;
    readonly resources: { requests: { storage: string } };
    readonly dataSource?: { kind: string; name: string };
  };
}

interface Volume extends KubernetesObject {
  readonly spec: { readonly persistentVolumeReclaimPolicy: string };
  readonly status: { readonly phase: string };
}

/**
 * Plays the CSI provisioners of GKE, which need a cloud: makes the volume of a claim once its storage class allows it, in the
 * zone of the node that the scheduler chose, and removes it with the claim. Binding and placement stay real.
 */
export class DiskProvisioner {
  static start(plane: ControlPlane, ...drivers: string[]): DiskProvisioner {
    return new DiskProvisioner(plane, drivers.length > 0 ? drivers : ['pd.csi.storage.gke.io', 'filestore.csi.storage.gke.io']);
  }

  private stopping = false;
  private failure?: unknown;
  private readonly done: Promise<void>;

  private constructor(private readonly plane: ControlPlane, private readonly drivers: string[]) {
    this.done = this.run();
  }

  /** Throws what went wrong on the way, if anything did. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.done;
    if (this.failure) {
      throw this.failure;
    }
  }

  private async run(): Promise<void> {
    while (!this.stopping && !this.failure) {
      await this.round().catch(error => this.failure = error);
      await new Promise(resolve => setTimeout(resolve, ROUND_MILLISECONDS));
    }
  }

  private async round(): Promise<void> {
    const { api } = this.plane;
    const [classes, claims, volumes] = await Promise.all([
      api.list<StorageClass>('/apis/storage.k8s.io/v1/storageclasses'),
      api.list<Claim>('/api/v1/persistentvolumeclaims'),
      api.list<Volume>('/api/v1/persistentvolumes'),
    ]);
    const known = new Set(volumes.map(volume => volume.metadata.name));
    for (const claim of claims.filter(candidate => !candidate.spec.volumeName && !known.has(volumeName(candidate)))) {
      const storageClass = classes.find(candidate => candidate.metadata.name === claim.spec.storageClassName);
      if (storageClass && this.drivers.includes(storageClass.provisioner)) {
        await this.provision(claim, storageClass);
      }
    }
    for (const volume of volumes) {
      const ours = this.drivers.includes(volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] ?? '');
      const unused = volume.status.phase === 'Released' && volume.spec.persistentVolumeReclaimPolicy === 'Delete';
      if (ours && unused && !volume.metadata.deletionTimestamp) {
        await api.delete(`/api/v1/persistentvolumes/${volume.metadata.name}`);
      }
    }
  }

  private async provision(claim: Claim, storageClass: StorageClass): Promise<void> {
    const zones = await this.zonesOf(claim, storageClass);
    if (!zones || !await this.sourceExists(claim)) {
      return;
    }
    const { name, namespace, uid } = claim.metadata;
    await this.plane.api.create('/api/v1/persistentvolumes', {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volumeName(claim), annotations: { 'pv.kubernetes.io/provisioned-by': storageClass.provisioner } },
      spec: {
        storageClassName: claim.spec.storageClassName,
        accessModes: claim.spec.accessModes,
        volumeMode: claim.spec.volumeMode,
        capacity: { storage: claim.spec.resources.requests.storage },
        persistentVolumeReclaimPolicy: storageClass.reclaimPolicy,
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
        csi: { driver: storageClass.provisioner, volumeHandle: `disks/${volumeName(claim)}` },
        ...zones.length > 0 && {
          nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: ZONE, operator: 'In', values: zones }] }] } },
        },
      },
    });
  }

  /** The zones that the volume can be reached from, none for all of them; undefined while the scheduler has not chosen. */
  private async zonesOf(claim: Claim, storageClass: StorageClass): Promise<string[] | undefined> {
    const selected = claim.metadata.annotations?.['volume.kubernetes.io/selected-node'];
    if (selected) {
      const node = await this.plane.api.ask<Node>('GET', `/api/v1/nodes/${selected}`);
      // a node may go while its pod is being placed; the scheduler then chooses again
      return node.status === 200 ? [node.body.metadata.labels![ZONE]] : undefined;
    }
    if (storageClass.volumeBindingMode === 'WaitForFirstConsumer') {
      return undefined;
    }
    const allowed = storageClass.allowedTopologies?.flatMap(term => term.matchLabelExpressions)
      .filter(expression => expression.key === ZONE).flatMap(expression => expression.values) ?? [];
    // one volume over a disk in each zone, else one disk: https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/hyperdisk-ml
    return storageClass.parameters?.['enable-multi-zone-provisioning'] === 'true' ? allowed : allowed.slice(0, 1);
  }

  /** A claim from a snapshot waits until there is one. */
  private async sourceExists(claim: Claim): Promise<boolean> {
    const { dataSource } = claim.spec;
    if (dataSource?.kind !== 'VolumeSnapshot') {
      return true;
    }
    const path = `/apis/snapshot.storage.k8s.io/v1/namespaces/${claim.metadata.namespace}/volumesnapshots/${dataSource.name}`;
    return (await this.plane.api.ask('GET', path)).status === 200;
  }
}

function volumeName(claim: Claim): string {
  return `pvc-${claim.metadata.uid}`;
}
