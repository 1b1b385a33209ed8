import { MachineType } from '../catalog';
import { CAPACITIES, Capacity, CAPACITY_LABELS } from '../catalog/capacity';
import { Refusal } from '../common/refusal';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const LONGEST_LABEL = 63;

/** https://cloud.google.com/compute/docs/instances/reservations-consume */
export const RESERVATION = /^(projects\/[a-z0-9:.-]+\/reservations\/)?[a-z]([a-z0-9-]*[a-z0-9])?(\/reservationBlocks\/[a-z0-9-]+)?$/;

/** What says that a node is of a capacity: its label, and its taint where pods that did not ask for it must stay away. */
export interface CapacityMark {
  /** Name of the label and key of the taint. */
  readonly key: string;
  /** Value of both. */
  readonly value: string;
}

/** A capacity that was asked for by name, and of which reservation. */
export interface AskedCapacity {
  readonly machineType: MachineType;
  readonly capacity: Capacity;
  readonly reservation?: string;
}

/** Whether the machines go after at most a week. What is queued is given as flex-start is. */
export function isLent(capacity: Capacity): boolean {
  return capacity === 'flex-start' || capacity === 'queued';
}

/** What is not sold on demand is lent for a week. */
export function usualCapacity({ provisioning }: MachineType): Capacity {
  return provisioning.includes('on-demand') ? 'on-demand' : 'flex-start';
}

/** Of the nodes of that capacity; undefined on demand, where any will do, and for what is queued, which a ProvisioningRequest places. */
export function capacityMark(capacity: Capacity, reservation?: string): CapacityMark | undefined {
  const key = CAPACITY_LABELS[capacity];
  return key === undefined ? undefined : { key, value: reservation === undefined ? 'true' : reservationLabel(reservation) };
}

/** Whether only pods that said so are put on such nodes. Where a machine is lent only, whoever wants it takes it so. */
export function isTainted(capacity: Capacity, machineType: MachineType): boolean {
  return CAPACITY_LABELS[capacity] !== undefined && (capacity !== 'flex-start' || machineType.provisioning.includes('on-demand'));
}

/** @throws on an unknown word, on one that the machine is not sold under, and on what `requireReservation` refuses */
export function requireCapacity({ capacity, machineType, reservation }: AskedCapacity): void {
  if (!CAPACITIES.includes(capacity)) {
    throw new Refusal(`'capacity' (${capacity}) must be one of ${CAPACITIES.join(', ')}`);
  }
  if (!machineType.provisioning.includes(isLent(capacity) ? 'flex-start' : capacity)) {
    throw new Refusal(`'capacity' (${capacity}): ${machineType.name} is to be had by ${machineType.provisioning.join(', ')} only`);
  }
  requireReservation(capacity, reservation);
}

/** @throws on a reservation without its name, a name without its capacity, and on what is no name of one */
export function requireReservation(capacity: Capacity | undefined, reservation: string | undefined): void {
  if (capacity === 'reservation' && reservation === undefined) {
    throw new Refusal('\'capacity\' (reservation) needs the name of the reservation; give \'reservation\'');
  }
  if (reservation === undefined) {
    return;
  }
  if (capacity !== 'reservation') {
    throw new Refusal(`'reservation' (${reservation}) goes with capacity reservation, not with ${capacity ?? 'none'}`);
  }
  if (!RESERVATION.test(reservation)) {
    throw new Refusal(`'reservation' (${reservation}) is no name of a reservation: lower case letters, digits and '-', or`
      + ' projects/PROJECT/reservations/NAME');
  }
  const { length } = reservationLabel(reservation);
  if (length > LONGEST_LABEL) {
    throw new Refusal(`'reservation' (${reservation}): nodes and pods find each other by a label of its name, which would have ${length}`
      + ` characters > ${LONGEST_LABEL}; take a reservation or a block with a shorter name`);
  }
}

/** `projects/p/reservations/mine/reservationBlocks/b`: `mine.b` */
function reservationLabel(reservation: string): string {
  return reservation.replace(/^.*\/reservations\//, '').replace('/reservationBlocks/', '.');
}
