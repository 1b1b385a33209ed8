import { Accelerator, MachineType } from '../catalog';
import { Refusal } from '../common/refusal';
import { Region } from '../common/region';
import { GcsFuse } from './gcs-fuse';
import { HyperdiskMl } from './hyperdisk-ml';
import { PersistentDisk } from './persistent-disk';
import { IWeightsStorage, NoStorage, StorageFacts, StorageKind } from './weights-binding';

/** Id of a storage that a cell can have: part of the cell's name and of its objects' names. */
export type StorageId = 'gcs' | 'hdml' | 'pd';

/** Every kind of storage by its id. All that is said of storages elsewhere follows from this list. */
const STORAGES: { readonly [id in StorageId]: StorageKind } = {
  gcs: GcsFuse,
  hdml: HyperdiskMl,
  pd: PersistentDisk,
};

/** Ids of all storages that a cell can have, in the order of the matrix. */
export const STORAGE_IDS = Object.keys(STORAGES) as StorageId[];

/**
 * The storage of a cell in its region, or why there can be none, whatever the model.
 *
 * @throws on an id that is not in the list, and on what is no region or bucket
 */
export function storageFor(id: StorageId, facts: StorageFacts): IWeightsStorage | NoStorage {
  if (!STORAGE_IDS.includes(id)) {
    throw new Refusal(`'storage' (${id}) is unknown; there are ${STORAGE_IDS.join(', ')}`);
  }
  const { accelerator } = facts;
  const region = Region.of(facts.region);
  const machines = MachineType.forAccelerator(accelerator);
  const known = [...new Set(machines.flatMap(machine => machine.zones))].sort();
  const zones = region.zonesOf({ zones: known });
  if (known.length > 0 && zones.length === 0) {
    const regions = [...new Set(known.map(zone => Region.ofZone(zone).name))].join(', ');
    return { reason: `no machine with ${accelerator.displayName} is known in ${region.name}; there are some in ${regions}` };
  }
  const made = STORAGES[id].forCell(facts, zones.length > 0 ? zones : [region.likelyZone]);
  return isNone(made) ? made : attachable(made, accelerator, machines);
}

export function isNone(storage: IWeightsStorage | NoStorage): storage is NoStorage {
  return 'reason' in storage;
}

function attachable(storage: IWeightsStorage, accelerator: Accelerator, machines: readonly MachineType[]): IWeightsStorage | NoStorage {
  const { diskType } = storage;
  if (diskType === undefined || machines.some(machine => machine.attaches(diskType))) {
    return storage;
  }
  const types = [...new Set(machines.flatMap(machine => machine.diskTypes))].join(', ');
  return { reason: `no machine with ${accelerator.displayName} attaches a ${diskType} disk; they take ${types}` };
}
