import { IWeightsStorage, MachineType, WeightsStorage } from '../lib';
import { Cell } from './matrix';
import { Settings } from './settings';

/** Each zone has a disk of its own, which costs. */
const MOST_DISK_ZONES = 2;

/** Why a combination of accelerator and storage cannot exist at all, whatever the model. */
export class ImpossibleCell {
  constructor(readonly cell: Cell, readonly reason: string) {}
}

/** Where no zone is known to have a machine, the one in which most new ones appear first. */
export function likelyZone(region: string): string {
  return `${region}-b`;
}

/** The storage of a cell in the region that is set, or why there can be none. */
export function cellStorage(cell: Cell, settings: Settings): IWeightsStorage | ImpossibleCell {
  const { accelerator, storage } = cell;
  const machines = MachineType.forAccelerator(accelerator);
  const known = [...new Set(machines.flatMap(machine => machine.zones))].sort();
  const zones = known.filter(zone => zone.startsWith(`${settings.region}-`));
  if (known.length > 0 && zones.length === 0) {
    const regions = [...new Set(known.map(zone => zone.slice(0, -2)))].join(', ');
    return new ImpossibleCell(cell, `no machine with ${accelerator.displayName} is known in ${settings.region}; there are some in ${regions}`);
  }
  if (storage === 'gcs') {
    return WeightsStorage.gcsFuse({ bucket: settings.bucket });
  }
  const diskZones = zones.length > 0 ? zones : [likelyZone(settings.region)];
  const made = storage === 'hdml'
    ? WeightsStorage.hyperdiskMl({ zones: diskZones.slice(0, MOST_DISK_ZONES) })
    : WeightsStorage.persistentDisk({ zone: diskZones[0] });
  if (!machines.some(machine => machine.attaches(made.diskType!))) {
    const attachable = [...new Set(machines.flatMap(machine => machine.diskTypes))].join(', ');
    return new ImpossibleCell(cell, `no machine with ${accelerator.displayName} attaches a ${made.diskType} disk; they take ${attachable}`);
  }
  return made;
}
