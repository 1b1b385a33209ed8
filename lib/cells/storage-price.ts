import { STORAGE_PRICES } from '../catalog/storage-prices';
import { GIB } from '../common/bytes';
import { VllmServer } from '../serving';

/** A year's hours by twelve, as Google's price tables count. https://cloud.google.com/compute/vm-instance-pricing */
export const HOURS_PER_MONTH = 730;

/**
 * US dollars a month for the weights of a server where it reads them, for all its replicas together; undefined where no price is known.
 */
export function storageMonthlyUsd({ storage, plan: { memory: { model } } }: Pick<VllmServer, 'storage' | 'plan'>): number | undefined {
  const gibMonthUsd = STORAGE_PRICES.gibMonthUsd[storage.diskType ?? 'bucket'];
  const bytes = storage.hydrationDisk?.(model).sizeBytes ?? model.weightsBytes;
  const isKept = storage.diskType !== undefined || storage.bucket !== undefined;
  return gibMonthUsd === undefined || !isKept ? undefined : gibMonthUsd * bytes / GIB;
}
