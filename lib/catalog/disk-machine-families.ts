import { Refusal } from '../common/refusal';

/**
 * Machine families without GPUs that attach each type of disk, as nodes of GKE are labelled by `cloud.google.com/machine-family`.
 *
 * kubernetes-sigs/gcp-compute-persistent-disk-csi-driver deploy/kubernetes/overlays/node-labeler/configmap.yaml@30038a46; it lacks the
 * disks of c3, with which Google's own guide fills a Hyperdisk ML: GoogleCloudPlatform/ai-on-gke
 * tutorials-and-examples/storage/hyperdisk-ml/README.md. Families of another processor architecture are left out.
 */
const MACHINE_FAMILIES: { readonly [diskType: string]: readonly string[] } = {
  'hyperdisk-ml': ['c3', 'c3d'],
  'pd-balanced': ['c2', 'c2d', 'c3', 'c3d', 'e2', 'n1', 'n2', 'n2d', 't2d'],
  'pd-ssd': ['c2', 'c2d', 'c3', 'c3d', 'e2', 'n1', 'n2', 'n2d', 't2d'],
};

/** @throws on a type of disk that is not known here */
export function machineFamiliesFor(diskType: string): string[] {
  if (!Object.hasOwn(MACHINE_FAMILIES, diskType)) {
    throw new Refusal(`no machine family is known that attaches disks of type '${diskType}'; known are ${Object.keys(MACHINE_FAMILIES).join(', ')}`);
  }
  return [...MACHINE_FAMILIES[diskType]];
}
