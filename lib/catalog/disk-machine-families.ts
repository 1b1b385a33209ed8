import { Refusal } from '../common/refusal';

/** A machine family without GPUs, as nodes of GKE are labelled by `cloud.google.com/machine-family`. */
export interface MachineFamily {
  /** Types of disks that its nodes are labelled to attach. */
  readonly diskTypes: readonly string[];
  /** Types of disks that a guide of Google's attaches although the labels lack them. */
  readonly guideDiskTypes?: readonly string[];
}

const PERSISTENT_DISKS = ['pd-standard', 'pd-balanced', 'pd-ssd', 'pd-extreme'];

/**
 * The labels: kubernetes-sigs/gcp-compute-persistent-disk-csi-driver
 * deploy/kubernetes/overlays/node-labeler/configmap.yaml@30038a469b7aebc7267b77b2f79ce092f71a2992. They give C3 but hyperdisk-extreme, yet
 * GoogleCloudPlatform/ai-on-gke tutorials-and-examples/storage/hyperdisk-ml/README.md fills a Hyperdisk ML with it, and
 * https://cloud.google.com/compute/docs/general-purpose-machines#c3_disks has it take persistent disks. Families of another processor architecture are left out.
 */
export const MACHINE_FAMILIES: { readonly [name: string]: MachineFamily } = {
  c2: { diskTypes: PERSISTENT_DISKS },
  c2d: { diskTypes: PERSISTENT_DISKS },
  c3: { diskTypes: ['hyperdisk-extreme'], guideDiskTypes: ['pd-balanced', 'pd-ssd', 'hyperdisk-ml'] },
  c3d: {
    diskTypes: [
      'pd-balanced', 'pd-ssd', 'hyperdisk-balanced', 'hyperdisk-balanced-high-availability', 'hyperdisk-extreme', 'hyperdisk-throughput',
      'hyperdisk-ml',
    ],
  },
  e2: { diskTypes: PERSISTENT_DISKS },
  n1: { diskTypes: PERSISTENT_DISKS },
  n2: { diskTypes: [...PERSISTENT_DISKS, 'hyperdisk-balanced', 'hyperdisk-throughput', 'hyperdisk-extreme'] },
  n2d: { diskTypes: [...PERSISTENT_DISKS, 'hyperdisk-throughput'] },
  t2d: { diskTypes: ['pd-standard', 'pd-balanced', 'pd-ssd', 'hyperdisk-throughput'] },
};

/**
 * Families whose nodes may be asked to attach a disk. Those of the guides count: a family too many in a pod's affinity costs nothing,
 * one too few leaves the pod pending beside a node that would do. A node pool is made by the labels alone: see `CpuMachine`.
 *
 * @throws on a type of disk that is not known here
 */
export function machineFamiliesFor(diskType: string): string[] {
  const families = Object.entries(MACHINE_FAMILIES).filter(([, family]) => attachedBy(family).includes(diskType)).map(([name]) => name);
  if (families.length === 0) {
    const known = [...new Set(Object.values(MACHINE_FAMILIES).flatMap(attachedBy))].sort().join(', ');
    throw new Refusal(`no machine family is known that attaches disks of type '${diskType}'; known are ${known}`);
  }
  return families;
}

function attachedBy({ diskTypes, guideDiskTypes = [] }: MachineFamily): readonly string[] {
  return [...diskTypes, ...guideDiskTypes];
}
