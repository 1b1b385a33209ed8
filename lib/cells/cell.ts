import { Accelerator, Model } from '../catalog';
import { DnsName } from '../common/dns-name';
import { joinedName } from '../common/short-name';
import { defaultServerName } from '../serving/server-name';
import { IWeightsStorage, StorageId } from '../weights';

const LONGEST_FOLDER = DnsName.LABEL.maxLength;

/** One point of the matrix: what is served, on what, from where. */
export interface CellPoint {
  /** Accelerator of the server. */
  readonly accelerator: Accelerator;
  /** Id of a storage, which is then made for the cell's region and bucket; or a storage of one's own making. */
  readonly storage: StorageId | IWeightsStorage;
  /** Model that is served. */
  readonly model: Model;
  /**
   * Word that tells it from another cell of the same accelerator and storage; part of its names.
   * @default - none: there is no other
   */
  readonly variant?: string;
}

export function storageIdOf({ storage }: Pick<CellPoint, 'storage'>): string {
  return typeof storage === 'string' ? storage : storage.id;
}

/** Id of the cell, which is the name of its folder: `l4-gcs`, `a100-gcs-llama33-70b`. */
export function cellId(point: Omit<CellPoint, 'model'>): string {
  return joinedName([point.accelerator.id, storageIdOf(point), point.variant], LONGEST_FOLDER);
}

/** Name of the cell's server, as the guides have it: `vllm-openai-gcs-l4`, `vllm-openai-gcs-llama33-70b-a100`. */
export function serverName(point: Omit<CellPoint, 'model'>): string {
  return defaultServerName({ storage: storageIdOf(point), accelerator: point.accelerator.id, variant: point.variant });
}
