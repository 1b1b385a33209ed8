/**
 * CSI drivers that GKE brings as add-ons, as volumes and storage classes name them.
 *
 * @see https://cloud.google.com/kubernetes-engine/docs/concepts/storage-overview
 */
export const CSI_DRIVERS = {
  /** Cloud Storage FUSE. */
  bucket: 'gcsfuse.csi.storage.gke.io',
  /** Persistent disks and Hyperdisk. */
  disk: 'pd.csi.storage.gke.io',
  filestore: 'filestore.csi.storage.gke.io',
};
