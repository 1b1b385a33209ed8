import { GIB } from '../common/bytes';

/** The most nodes of a Standard cluster. https://cloud.google.com/kubernetes-engine/quotas */
export const MOST_NODES = 15_000;

/** The boot disk of a node with GPUs: holds the unpacked server image, some 25 GB, twice, because during an update both are there. */
export const BOOT_DISK_BYTES = 200 * GIB;
